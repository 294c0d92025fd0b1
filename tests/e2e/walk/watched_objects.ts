/** What `kubectl get --watch` says, object by object. */
import type { KubeObject } from "./admin.ts";

/** A watch to be run again and again, until somebody has seen enough. */
export interface WatchOptions {
  program: string;
  /** Arguments that get the objects, without those of the watch and the output. */
  args: readonly string[];
  /** The cluster's directory. */
  home: string;
  signal: AbortSignal;
}

/** Objects of a watch, each time that they change. */
export class WatchedObjects {
  readonly #options: WatchOptions;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** The objects, as they are and as they become; throws when the signal fires. */
  async *objects(): AsyncGenerator<KubeObject> {
    while (true) {
      // The API server ends a watch after some minutes, and refuses one whose kind is not served yet.
      yield* this.#once();
      await this.#pause();
    }
  }

  async *#once(): AsyncGenerator<KubeObject> {
    const { program, args, home, signal } = this.#options;
    signal.throwIfAborted();
    const child = new Deno.Command(program, {
      args: [...args, "--watch", "--output=json"],
      env: { KUBECACHEDIR: `${home}/kubectl-cache` },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const end = (): void => {
      try {
        child.kill("SIGKILL");
      } catch {
        // it has ended
      }
    };
    signal.addEventListener("abort", end);
    try {
      let text = "";
      for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += piece;
        // Each object is printed over several lines, and its last one is a brace alone.
        for (let at = text.indexOf("\n}\n"); at >= 0; at = text.indexOf("\n}\n")) {
          yield JSON.parse(text.slice(0, at + 2)) as KubeObject;
          text = text.slice(at + 3);
        }
      }
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await child.status;
    }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#options;
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, 200);
    const abort = (): void => over.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      await over.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }
}

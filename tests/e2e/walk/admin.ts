/** The cluster, as whoever installs the product on it sees it. */
import { runKubectl } from "../../cluster/kubectl.ts";
import { WatchedObjects } from "./watched_objects.ts";

/** What is read of any object. */
export interface KubeObject {
  metadata: {
    name: string;
    uid?: string;
    deletionTimestamp?: string;
    annotations?: Record<string, string>;
  };
  // deno-lint-ignore no-explicit-any
  [field: string]: any;
}

/** How to get at the cluster. */
export interface AdminOptions {
  /** The cluster's directory. */
  home: string;
  /** Path of kubectl. */
  program: string;
  namespace: string;
  /** When it fires, whoever waits is told its reason. */
  signal: AbortSignal;
}

/** kubectl as the cluster's admin, in the product's namespace. */
export class Admin {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  get #arguments(): string[] {
    const { home, namespace } = this.#options;
    return ["--kubeconfig", `${home}/admin.kubeconfig`, "--namespace", namespace];
  }

  /** Runs kubectl; gives all that there is to say, also where it fails. */
  async try(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { home, program } = this.#options;
    return await runKubectl({ program, home, args: [...this.#arguments, ...args] });
  }

  /** Runs kubectl, which must succeed, and gives what it says. */
  async run(...args: string[]): Promise<string> {
    this.#options.signal.throwIfAborted();
    const { code, stdout, stderr } = await this.try(...args);
    this.#options.signal.throwIfAborted();
    if (code !== 0) {
      throw new Error(`"kubectl ${args.join(" ")}" ended with ${code}: ${stderr.trim()}`);
    }
    return stdout;
  }

  /** An object; undefined where there is none. */
  async get(kind: string, name: string): Promise<KubeObject | undefined> {
    const text = await this.run("get", kind, name, "-o", "json", "--ignore-not-found");
    return text.trim() === "" ? undefined : JSON.parse(text) as KubeObject;
  }

  /** All objects of a kind that a selector fits. */
  async list(kind: string, ...selector: string[]): Promise<KubeObject[]> {
    const text = await this.run("get", kind, "-o", "json", ...selector);
    return (JSON.parse(text) as { items: KubeObject[] }).items;
  }

  /**
   * Waits until an object that is there, or comes, is as it should be, and gives it. Where that takes longer than
   * `seconds`, throws with what the object was at last.
   */
  async until(
    what: string,
    kind: string,
    name: string,
    fits: (object: KubeObject) => boolean,
    seconds = 120,
  ): Promise<KubeObject> {
    const { home, program, signal } = this.#options;
    const late = AbortSignal.timeout(seconds * 1000);
    const watched = new WatchedObjects({
      program,
      args: [...this.#arguments, "get", kind, `--field-selector=metadata.name=${name}`],
      home,
      signal: AbortSignal.any([signal, late]),
    });
    let last: KubeObject | undefined;
    try {
      for await (const object of watched.objects()) {
        last = object;
        if (fits(object)) return object;
      }
    } catch (cause) {
      signal.throwIfAborted();
      if (!late.aborted) throw cause;
      const seen = last === undefined ? "there is none" : JSON.stringify(last, undefined, 1);
      throw new Error(
        `Waited ${seconds} s until ${what}; ${kind} ${name} is: ${seen.slice(0, 6000)}`,
      );
    }
    throw new Error(`The watch of ${kind} ${name} ended`);
  }
}

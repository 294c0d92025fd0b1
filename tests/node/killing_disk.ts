import { type Disk, localDisk } from "../../src/node/disk.ts";
import type { Aide } from "../../src/node/aide_process.ts";

/** Ends this very process as a power cut would: nothing runs after it. */
function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  for (;;) { /* the signal is on its way */ }
}

/**
 * Counts every step of disk and AIDE; ends the process with SIGKILL before step `fatal`, or, where `torn` and the step
 * writes a file, in the middle of it.
 */
export class KillingSteps {
  readonly #fatal: number;
  readonly #torn: boolean;
  #step = 0;

  constructor(fatal: number, torn: boolean) {
    this.#fatal = fatal;
    this.#torn = torn;
  }

  /** Steps so far. */
  get count(): number {
    return this.#step;
  }

  #next(): boolean {
    return ++this.#step === this.#fatal;
  }

  #wrap<A extends unknown[], R>(work: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return (...args) => {
      if (this.#next()) die();
      return work(...args);
    };
  }

  async #write(path: string, content: string | ReadableStream<Uint8Array>): Promise<void> {
    if (!this.#next()) return await localDisk.write(path, content);
    if (this.#torn) {
      const text = typeof content === "string" ? content : await new Response(content).text();
      await Deno.writeTextFile(path, text.slice(0, text.length / 2));
    }
    die();
  }

  /** The local disk, with these steps. */
  disk(): Disk {
    return {
      makeDirectory: this.#wrap(localDisk.makeDirectory),
      list: this.#wrap(localDisk.list),
      readText: this.#wrap(localDisk.readText),
      open: this.#wrap(localDisk.open),
      write: (path, content) => this.#write(path, content),
      sync: this.#wrap(localDisk.sync),
      rename: this.#wrap(localDisk.rename),
      link: this.#wrap(localDisk.link),
      remove: this.#wrap(localDisk.remove),
    };
  }

  /** An AIDE, with these steps: it never starts, or it has come to its end and nothing has been done about it. */
  aide(real: Aide): Aide {
    return {
      version: (signal) => real.version(signal),
      run: async (run) => {
        if (this.#next()) die();
        const outcome = await real.run(run);
        if (this.#next()) die();
        return outcome;
      },
    };
  }
}

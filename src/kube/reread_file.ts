import { type MonotonicClock, systemClock } from "../system/clock.ts";

const every = 60_000;

/** A file whose content is replaced now and then, as the kubelet does with tokens and certificates. */
export class RereadFile {
  #text: string | undefined;
  #readAt = -Infinity;
  #reading: Promise<string> | undefined;

  /** `complete` tells whether a text is the whole of one, and not a part of what is still being written. */
  constructor(
    readonly path: string,
    private readonly clock: MonotonicClock = systemClock,
    private readonly complete: (text: string) => boolean = (text) => text !== "",
  ) {}

  /**
   * Its text without white space around it, read again where the last time is at least a minute ago. What was read
   * last where the file is missing or not complete now; rejects with Deno's error where nothing was ever read.
   */
  text(): Promise<string> {
    if (this.#text !== undefined && this.clock.monotonic() - this.#readAt < every) {
      return Promise.resolve(this.#text);
    }
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  /** Makes the next `text` read the file. */
  expire(): void {
    this.#readAt = -Infinity;
  }

  async #read(): Promise<string> {
    const startedAt = this.clock.monotonic();
    try {
      const text = (await Deno.readTextFile(this.path)).trim();
      if (!this.complete(text)) throw new Deno.errors.InvalidData("it is empty, or not complete");
      this.#text = text;
      this.#readAt = startedAt;
      return text;
    } catch (error) {
      if (this.#text === undefined || error instanceof Deno.errors.NotCapable) throw error;
      return this.#text;
    }
  }
}

/** Whether a text holds certificates or keys in PEM, and no half of one. */
export function isPem(text: string): boolean {
  const marks = text.match(/-----(BEGIN|END) /g) ?? [];
  return marks.length > 0 &&
    marks.every((mark, at) => mark === (at % 2 === 0 ? "-----BEGIN " : "-----END ")) &&
    marks.length % 2 === 0;
}

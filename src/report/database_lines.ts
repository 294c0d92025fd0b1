import { isText, startsWith } from "../base/byte_buffer.ts";

type Part = "start" | "head" | "entries" | "ended";

/**
 * Follows the lines of an AIDE database, in pieces of any size, without keeping them: only the first bytes of a line
 * matter, so that a line may be of any length.
 */
export class DatabaseLines {
  entries = 0;
  fault: string | undefined;
  #part: Part = "start";
  readonly #head = new Uint8Array(16);
  #known = 0;
  #length = 0;

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && this.fault === undefined) {
      const found = chunk.indexOf(0x0a, at);
      const end = found === -1 ? chunk.length : found;
      if (this.#length === 0 && found !== -1) {
        this.#line(chunk, at, Math.min(end, at + this.#head.length), end - at);
      } else {
        const take = Math.min(end - at, this.#head.length - this.#known);
        this.#head.set(chunk.subarray(at, at + take), this.#known);
        this.#known += take;
        this.#length += end - at;
        if (found !== -1) {
          this.#line(this.#head, 0, this.#known, this.#length);
          this.#known = this.#length = 0;
        }
      }
      at = end + 1;
    }
  }

  /** Whether the database is whole; otherwise `fault` says why not. */
  end(): boolean {
    if (this.fault === undefined && (this.#part !== "ended" || this.#length > 0)) {
      this.fault = this.#part === "ended" ? "data follows @@end_db" : "@@end_db is missing";
    }
    return this.fault === undefined;
  }

  #line(bytes: Uint8Array, start: number, headEnd: number, length: number): void {
    const first = bytes[start];
    if (this.#part === "ended") this.fault = "data follows @@end_db";
    else if (first === 0x2f) {
      if (this.#part !== "entries") this.fault = "an entry stands before @@db_spec";
      this.entries++;
    } else if (first === 0x40) this.#mark(bytes, start, headEnd, length);
    else if (first !== 0x23 || this.#part === "start") this.fault = "a line can't be read";
  }

  #mark(bytes: Uint8Array, start: number, headEnd: number, length: number): void {
    const whole = headEnd - start === length;
    if (this.#part === "start" && whole && isText(bytes, start, headEnd, "@@begin_db")) {
      this.#part = "head";
    } else if (
      this.#part === "head" && startsWith(bytes, start, headEnd, "@@db_spec name ")
    ) this.#part = "entries";
    else if (this.#part === "entries" && whole && isText(bytes, start, headEnd, "@@end_db")) {
      this.#part = "ended";
    } else this.fault = "a mark (@@) stands where it does not belong, or is unknown";
  }
}

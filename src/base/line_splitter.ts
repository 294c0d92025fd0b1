/** Takes one line without its newline: `bytes[start, end)`, valid only during the call. */
export type LineSink = (bytes: Uint8Array, start: number, end: number) => void;

const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines without copying the lines that lie within one piece. A line of more than `limit`
 * bytes is not kept: `overlong` is told once, with its first bytes, and the rest of it is skipped.
 */
export class LineSplitter {
  #carry: Uint8Array = new Uint8Array(256);
  #carried = 0;
  #skipping = false;

  constructor(
    private readonly limit: number,
    private readonly line: LineSink,
    private readonly overlong: LineSink,
  ) {}

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const found = chunk.indexOf(newline, at);
      const end = found === -1 ? chunk.length : found;
      if (this.#skipping) this.#skipping = found === -1;
      else if (this.#carried === 0 && found !== -1 && end - at <= this.limit) {
        this.line(chunk, at, end);
      } else this.#take(chunk, at, end, found !== -1);
      at = end + 1;
    }
  }

  /** Bytes of a last line that no newline ended. */
  end(): Uint8Array {
    const rest = this.#carry.slice(0, this.#carried);
    this.#carried = 0;
    return rest;
  }

  #take(chunk: Uint8Array, start: number, end: number, ended: boolean): void {
    const room = Math.min(end - start, this.limit - this.#carried);
    this.#reserve(this.#carried + room);
    this.#carry.set(chunk.subarray(start, start + room), this.#carried);
    this.#carried += room;
    if (room < end - start) {
      const length = this.#carried;
      this.#carried = 0;
      this.#skipping = !ended;
      this.overlong(this.#carry, 0, length);
    } else if (ended) {
      const length = this.#carried;
      this.#carried = 0;
      this.line(this.#carry, 0, length);
    }
  }

  #reserve(size: number): void {
    if (size <= this.#carry.length) return;
    const larger = new Uint8Array(Math.max(size, this.#carry.length * 2));
    larger.set(this.#carry.subarray(0, this.#carried));
    this.#carry = larger;
  }
}

/** Bytes that grow at the end; cleared and used again, so that a stream of values needs no garbage. */
export class ByteBuffer {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  append(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    // Short copies are quicker by hand than through a view.
    if (size < 128) {
      for (let at = start; at < end; at++) {
        this.bytes[this.length++] = source[at]!;
      }
    } else {
      this.bytes.set(source.subarray(start, end), this.length);
      this.length += size;
    }
  }

  push(byte: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** The bytes so far, as a view that the next change makes stale. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    larger.set(this.view());
    this.bytes = larger;
  }
}

/** Whether `bytes[start, end)` is the ASCII text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && startsWith(bytes, start, end, text);
}

/** Whether `bytes[start, end)` begins with the ASCII text. */
export function startsWith(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let at = 0; at < text.length; at++) {
    if (bytes[start + at] !== text.charCodeAt(at)) return false;
  }
  return true;
}

/** Whether two byte strings are equal: all of `a`, and `b[start, end)`. */
export function sameBytes(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  if (a.length !== end - start) return false;
  for (let at = a.length - 1; at >= 0; at--) if (a[at] !== b[start + at]) return false;
  return true;
}

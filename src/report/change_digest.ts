import { createHash } from "node:crypto";

const room = 64 * 1024;

/** SHA-256 over tagged, NUL-ended byte strings, none of which holds a NUL, so that no two sequences share a digest. */
export class ChangeDigest {
  readonly #hash = createHash("sha256");
  readonly #buffer = new Uint8Array(room);
  #used = 0;

  /** Adds one string: a tag letter, the bytes, and a NUL. */
  add(tag: number, bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#used + size + 2 > room) this.#flush();
    if (size + 2 > room) {
      this.#hash.update(Uint8Array.of(tag));
      this.#hash.update(bytes.subarray(start, end));
      this.#hash.update(Uint8Array.of(0));
      return;
    }
    const buffer = this.#buffer;
    let to = this.#used;
    buffer[to++] = tag;
    if (size < 128) { for (let at = start; at < end; at++) buffer[to++] = bytes[at]!; }
    else {
      buffer.set(bytes.subarray(start, end), to);
      to += size;
    }
    buffer[to++] = 0;
    this.#used = to;
  }

  /** The digest as "sha256:<hex>"; nothing can be added after it. */
  end(): string {
    this.#flush();
    return `sha256:${this.#hash.digest("hex")}`;
  }

  #flush(): void {
    if (this.#used > 0) this.#hash.update(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

import { encodePath } from "../base/path_text.ts";

/** `text` cut to `limit` characters, between escapes. */
function shorten(text: string, limit: number): string {
  let at = limit;
  for (let back = 1; back <= 3; back++) {
    if (text[limit - back] === "\\") at = limit - back;
  }
  const last = text.charCodeAt(at - 1);
  if (last >= 0xd800 && last < 0xdc00) at--;
  return text.slice(0, at);
}

/**
 * Printable text of an attribute's value: its items joined with newlines, each written as `encodePath` does. Of a longer
 * one the first `limit` characters are kept, and a note says how many bytes it had.
 */
export class ValueText {
  cut = false;
  #text = "";
  #items = 0;
  #bytes = 0;

  constructor(private readonly limit: number) {}

  add(bytes: Uint8Array, start: number, end: number): void {
    const first = this.#items++ === 0;
    this.#bytes += end - start + (first ? 0 : 1);
    if (this.cut) return;
    if (!first) this.#text += "\n";
    // An item cut here is too long in any case: a byte makes at least a third of a character.
    const few = Math.min(end, start + this.limit * 4 + 4);
    this.#text += encodePath(bytes.subarray(start, few));
    this.cut = this.#text.length > this.limit;
    if (this.cut) this.#text = shorten(this.#text, this.limit);
  }

  end(): string {
    return this.cut ? `${this.#text}… (cut, ${this.#bytes} bytes in all)` : this.#text;
  }
}

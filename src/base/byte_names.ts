import { latin1 } from "./latin1.ts";

interface Known<T> {
  bytes: Uint8Array;
  value: T;
}

/** Looks up short byte strings that recur, in about the order they were first seen, without making text of each. */
export class ByteNames<T> {
  readonly #known: Known<T>[] = [];
  #at = 0;

  /** `find` gives the value of a name that was not seen before; only found ones are remembered, at most 128. */
  constructor(private readonly find: (name: string) => T | undefined) {}

  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    const known = this.#known;
    for (let tried = 0; tried < known.length; tried++) {
      if (this.#at >= known.length) this.#at = 0;
      const candidate = known[this.#at++]!;
      if (same(candidate.bytes, bytes, start, end)) return candidate.value;
    }
    const value = end - start > 64 ? undefined : this.find(latin1(bytes, start, end));
    if (value !== undefined && known.length < 128) {
      known.push({ bytes: bytes.slice(start, end), value });
    }
    return value;
  }
}

function same(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const size = name.length;
  if (size !== end - start) return false;
  for (let at = 0; at < size; at++) if (name[at] !== bytes[start + at]) return false;
  return true;
}

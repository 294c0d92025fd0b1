import { ByteBuffer } from "../base/byte_buffer.ts";

/** Takes the tokens of a JSON text in order. Strings are raw: without quotes, with their escapes. */
export interface JsonSink {
  open(kind: "object" | "array"): void;
  close(): void;
  key(bytes: Uint8Array, start: number, end: number): void;
  string(bytes: Uint8Array, start: number, end: number): void;
  number(bytes: Uint8Array, start: number, end: number): void;
}

/** Bounds on a JSON text. */
export interface JsonLimits {
  depth: number;
  /** Bytes of a string or number, with its escapes. */
  token: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const braces = { object: 0x7b, endObject: 0x7d, array: 0x5b, endArray: 0x5d };

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isNumber = (byte: number): boolean => (byte >= 0x30 && byte <= 0x39) || byte === 0x2d;

// What may come next.
type Next = "value" | "firstKey" | "key" | "colon" | "firstValue" | "separator" | "nothing";

/**
 * Cuts JSON into tokens, byte by byte and in pieces of any size, as AIDE really writes it: control characters and bytes
 * that are not UTF-8 stand raw in its strings. Only what AIDE writes is taken: objects, arrays, strings and whole numbers.
 * After the first error everything else is ignored.
 */
export class JsonTokens {
  error: string | undefined;
  /** The outermost object has been closed, and the last byte was a newline. */
  ended = false;
  #next: Next = "value";
  readonly #stack: ("object" | "array")[] = [];
  readonly #partial = new ByteBuffer();
  #inside: "none" | "string" | "number" = "none";
  #escaping = false;

  constructor(private readonly limits: JsonLimits, private readonly sink: JsonSink) {}

  push(chunk: Uint8Array): void {
    let at = 0;
    if (this.#inside === "string") at = this.#string(chunk, 0);
    else if (this.#inside === "number") at = this.#number(chunk, 0);
    while (at < chunk.length && this.error === undefined) {
      const byte = chunk[at]!;
      if (isSpace(byte)) {
        this.ended = this.#next === "nothing" && byte === 0x0a;
        at++;
      } else if (byte === quote) {
        if (this.#mayStart(true)) at = this.#string(chunk, at + 1);
      } else if (isNumber(byte)) {
        if (this.#mayStart(false)) at = this.#number(chunk, at);
      } else {
        this.#mark(byte);
        at++;
      }
    }
  }

  #fail(sentence: string): void {
    this.error ??= sentence;
    this.#inside = "none";
    this.ended = false;
  }

  #mayStart(string: boolean): boolean {
    const value = this.#stack.length > 0 &&
      (this.#next === "value" || this.#next === "firstValue");
    const key = string && (this.#next === "key" || this.#next === "firstKey");
    if (!value && !key) this.#fail("The report is not JSON: a value stands where none may");
    return value || key;
  }

  #mark(byte: number): void {
    const next = this.#next;
    const value = next === "value" || next === "firstValue";
    const inside = this.#stack.at(-1);
    if (byte === comma && next === "separator") {
      this.#next = inside === "object" ? "key" : "value";
    } else if (byte === colon && next === "colon") this.#next = "value";
    else if (byte === braces.object && value) this.#open("object");
    else if (byte === braces.array && value && inside !== undefined) this.#open("array");
    else if (byte === braces.endObject && inside === "object" && this.#mayClose("firstKey")) {
      this.#close();
    } else if (byte === braces.endArray && inside === "array" && this.#mayClose("firstValue")) {
      this.#close();
    } else this.#fail("The report is not JSON");
  }

  #mayClose(empty: Next): boolean {
    return this.#next === "separator" || this.#next === empty;
  }

  #open(kind: "object" | "array"): void {
    if (this.#stack.length >= this.limits.depth) return this.#fail("The report's JSON is too deep");
    this.#stack.push(kind);
    this.#next = kind === "object" ? "firstKey" : "firstValue";
    this.sink.open(kind);
  }

  #close(): void {
    this.#stack.pop();
    this.#next = this.#stack.length === 0 ? "nothing" : "separator";
    this.sink.close();
  }

  /** Takes a string from after its quote; gives the place after its end. */
  #string(chunk: Uint8Array, start: number): number {
    let at = start;
    if (this.#inside === "string" && this.#escaping && at < chunk.length) {
      this.#escaping = false;
      at++;
    }
    while (at < chunk.length) {
      const byte = chunk[at]!;
      if (byte === quote) break;
      if (byte === backslash) at++;
      at++;
    }
    const end = Math.min(at, chunk.length);
    const room = this.limits.token - this.#partial.length;
    if (end - start > room) {
      this.#fail("The report has a string that is too long");
      return chunk.length;
    }
    if (at >= chunk.length) {
      this.#partial.append(chunk, start, end);
      this.#escaping = at > chunk.length;
      this.#inside = "string";
      return chunk.length;
    }
    if (this.#inside === "none") this.#give(chunk, start, end);
    else {
      this.#partial.append(chunk, start, end);
      this.#inside = "none";
      this.#give(this.#partial.bytes, 0, this.#partial.length);
      this.#partial.clear();
    }
    return at + 1;
  }

  #give(bytes: Uint8Array, start: number, end: number): void {
    if (this.#next === "key" || this.#next === "firstKey") {
      this.#next = "colon";
      this.sink.key(bytes, start, end);
    } else {
      this.#next = "separator";
      this.sink.string(bytes, start, end);
    }
  }

  #number(chunk: Uint8Array, start: number): number {
    let at = start;
    while (at < chunk.length && isNumber(chunk[at]!)) at++;
    if (this.#partial.length + at - start > 32) {
      this.#fail("The report has a number that is too long");
      return chunk.length;
    }
    this.#partial.append(chunk, start, at);
    this.#inside = "number";
    if (at < chunk.length) {
      this.#inside = "none";
      this.#next = "separator";
      this.sink.number(this.#partial.bytes, 0, this.#partial.length);
      this.#partial.clear();
    }
    return at;
  }
}

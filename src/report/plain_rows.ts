import { ByteBuffer } from "../base/byte_buffer.ts";
import { latin1 } from "../base/latin1.ts";
import { attributeName } from "./attribute_names.ts";
import { looksEscaped, unescapeText } from "./aide_escape.ts";
import { ByteNames } from "../base/byte_names.ts";

// Columns of a row: label in 1 to 11 (0.16 starts it at 2), ":" or " " at 11, old value from 13, "|" at 46, new from 48.
const labelEnd = 11;
const oldStart = 13;
const width = 32;
const bar = 46;
const newStart = 48;
const space = 0x20;

type Sides = "old" | "new" | "both";

/**
 * What the rows of an entry may show, where AIDE prints names raw and a link target with a newline could pass for a row of
 * its own. At the usual report level every attribute has both values; at a higher one all of an entry must show the same
 * sides, which makes some honest reports incomplete, and no forged one whole. Where names are escaped, anything.
 */
export type RowSides = "both" | "same" | "any";

const oneItem: readonly number[] = [0];
const aclItem = /^[AD]: /;

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== space) return false;
  return true;
}

function sidesOf(bytes: Uint8Array, start: number, size: number): Sides | undefined {
  if (size < newStart) return size <= oldStart + width ? "old" : undefined;
  if (size > newStart + width) return undefined;
  const mark = bytes[start + bar];
  // 0.15 separates with a comma.
  if ((mark === 0x7c || mark === 0x2c) && bytes[start + bar - 1] === space) {
    return bytes[start + bar + 1] === space ? "both" : undefined;
  }
  return isBlank(bytes, start + oldStart, start + newStart) ? "new" : undefined;
}

/** Takes attributes and their values as they come: a name, then its old values, then its new ones. */
export interface AttributeSink {
  attribute(name: string): void;
  value(side: "old" | "new", bytes: Uint8Array, start: number, end: number): void;
}

/** Puts the wrapped, two-column rows of one entry's details together again. */
export class PlainRows {
  #name: string | undefined;
  #sides: Sides = "old";
  #allowed: RowSides = "any";
  #first: Sides | undefined;
  #block = 0;
  readonly #seen = new Map<string, number>();
  readonly #labels = new ByteNames(attributeName);
  readonly #scratch = new ByteBuffer();
  readonly #old = new ByteBuffer();
  readonly #new = new ByteBuffer();
  // Where each row's cell ends in the buffers: pairs of old and new.
  readonly #ends: number[] = [];

  constructor(
    private readonly sink: AttributeSink,
    private readonly fault: (sentence: string) => void,
  ) {}

  /** Starts the rows of the next entry. `sides` says what they may show: see `RowSides`. */
  begin(sides: RowSides): void {
    this.#allowed = sides;
    this.#first = undefined;
    this.#block++;
    this.#name = undefined;
  }

  /** Takes a row. When it starts an attribute, the one before it is handed on. */
  row(bytes: Uint8Array, start: number, end: number, escaped: boolean): void {
    const size = end - start;
    const first = bytes[start + labelEnd] === 0x3a;
    const shaped = size >= oldStart && bytes[start] === space && bytes[start + 12] === space &&
      (first || isBlank(bytes, start, start + oldStart));
    const sides = shaped ? sidesOf(bytes, start, size) : undefined;
    if (sides === undefined) {
      this.fault("A line among the details can't be read");
      return;
    }
    if (first) {
      this.flush(escaped);
      this.#start(bytes, start);
      this.#sides = sides;
      if (!this.#fits(sides)) this.fault("The details show a value in a place that is not its own");
    } else if (this.#name === undefined || sides !== this.#sides) {
      this.fault("A line among the details continues nothing");
      return;
    } else if (!escaped && !this.#goesOn()) {
      this.fault("A line among the details continues a value that has ended");
    }
    this.#cells(bytes, start, end);
  }

  /** Hands on the attribute whose rows were the last ones. */
  flush(escaped: boolean): void {
    const name = this.#name;
    this.#name = undefined;
    if (name === undefined) return;
    const rows = name === "acl" || name === "xattrs" ? this.#items(name) : oneItem;
    this.sink.attribute(name);
    if (this.#sides !== "new") this.#column("old", rows, escaped);
    if (this.#sides !== "old") this.#column("new", rows, escaped);
  }

  #start(bytes: Uint8Array, start: number): void {
    let from = start + 1;
    let to = start + labelEnd;
    while (from < to && bytes[from] === space) from++;
    while (to > from && bytes[to - 1] === space) to--;
    const known = this.#labels.get(bytes, from, to);
    if (known === undefined) this.fault("The details name an unknown attribute");
    const name = known ?? "unknown";
    if (this.#seen.get(name) === this.#block) {
      this.fault(`The details of a path name its attribute ${name} twice`);
    }
    this.#seen.set(name, this.#block);
    this.#name = name;
    this.#old.clear();
    this.#new.clear();
    this.#ends.length = 0;
  }

  #fits(sides: Sides): boolean {
    // An ACL can be empty, which AIDE shows as no value at all.
    if (this.#name === "acl" || this.#allowed === "any") return true;
    const expected = this.#first ??= this.#allowed === "both" ? "both" : sides;
    return sides === expected;
  }

  /** Whether the value of the last row can go on: one of its cells is full. Items of lists may follow at any time. */
  #goesOn(): boolean {
    if (this.#name === "acl" || this.#name === "xattrs") return true;
    const full = (buffer: ByteBuffer, side: 0 | 1): boolean => {
      const end = this.#ends.at(side - 2)!;
      const start = this.#ends.length > 2 ? this.#ends.at(side - 4)! : 0;
      return end - start === width && buffer.bytes[end - 1] !== space;
    };
    return full(this.#old, 0) || full(this.#new, 1);
  }

  #cells(bytes: Uint8Array, start: number, end: number): void {
    const sides = this.#sides;
    if (sides !== "new") {
      const to = sides === "both" ? start + oldStart + width : end;
      this.#old.append(bytes, start + oldStart, to);
    }
    if (sides !== "old") this.#new.append(bytes, start + newStart, end);
    this.#ends.push(this.#old.length, this.#new.length);
  }

  /** The rows at which an item of a list starts: those that show the mark of the next item, in either column. */
  #items(name: "acl" | "xattrs"): number[] {
    const rows = [0];
    for (let row = 1; row * 2 < this.#ends.length; row++) {
      const mark = name === "acl" ? aclItem : new RegExp(`^\\[0*${rows.length}\\] `);
      const old = this.#cellHead(this.#old, row, 0);
      const now = this.#cellHead(this.#new, row, 1);
      const starts = (text: string): boolean => mark.test(text);
      const fits = (text: string): boolean => text.trimEnd() === "" || starts(text);
      if ((starts(old) || starts(now)) && fits(old) && fits(now)) rows.push(row);
    }
    return rows;
  }

  #cellHead(buffer: ByteBuffer, row: number, side: 0 | 1): string {
    const from = this.#ends[row * 2 + side - 2]!;
    const to = this.#ends[row * 2 + side]!;
    return latin1(buffer.bytes, from, Math.min(to, from + 12));
  }

  #column(name: "old" | "new", rows: readonly number[], escaped: boolean): void {
    const side = name === "old" ? 0 : 1;
    const { bytes, length } = name === "old" ? this.#old : this.#new;
    const padded = name === "old" && this.#sides === "both";
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      const from = row === 0 ? 0 : this.#ends[row * 2 + side - 2]!;
      const next = rows[index + 1];
      let to = next === undefined ? length : this.#ends[next * 2 + side - 2]!;
      // Old cells are filled up with spaces: a value's own spaces at its end can't be told from these.
      if (padded) { while (to > from && bytes[to - 1] === space) to--; }
      // A blank cell in a list means that the other side has more items.
      if (to === from && rows.length > 1) continue;
      if (!escaped || !looksEscaped(bytes, from, to)) this.sink.value(name, bytes, from, to);
      else {
        // AIDE itself loses characters of some long values where it wraps them, so a cut escape is no fault.
        unescapeText(bytes, from, to, this.#scratch);
        this.sink.value(name, this.#scratch.bytes, 0, this.#scratch.length);
      }
    }
  }
}

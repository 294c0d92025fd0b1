import { latin1 } from "../base/latin1.ts";
import { LineSplitter } from "../base/line_splitter.ts";
import { encodePath } from "../base/path_text.ts";

/** Links whose targets AIDE can't compare: how many, and the first of them, as path texts. */
export interface LongLinks {
  total: number;
  items: string[];
}

/**
 * Bytes of a link's target that AIDE keeps, measured with 0.18.3 and 0.19.1: what differs behind them is invisible to
 * 0.19, and 0.18 reports such links as changed when they are not.
 */
const keptBytes = 257;

const most = 100;
const longestLine = 64 * 1024;
const lname = "@@db_spec name lname ";
const space = 0x20;
const percent = 0x25;

function decoded(name: string): Uint8Array {
  const plain = name.replaceAll(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function decodedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = end - start;
  for (let at = start; at < end; at++) if (bytes[at] === percent) length -= 2;
  return length;
}

/** Finds, in the text of a database, the links whose targets are too long for AIDE. */
export class LongLinkFinder {
  readonly found: LongLinks = { total: 0, items: [] };
  #targets = false;
  readonly #lines: LineSplitter;

  constructor() {
    const line = (bytes: Uint8Array, start: number, end: number): void =>
      this.#line(bytes, start, end);
    this.#lines = new LineSplitter(longestLine, line, line);
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  #line(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] === 0x40) {
      this.#targets ||= latin1(bytes, start, Math.min(end, start + lname.length)) === lname;
    }
    if (!this.#targets || bytes[start] !== 0x2f) return;
    const target = bytes.indexOf(space, start) + 1;
    const targetEnd = target === 0 ? -1 : bytes.indexOf(space, target);
    if (targetEnd < 0 || targetEnd > end || targetEnd - target < keptBytes) return;
    if (decodedLength(bytes, target, targetEnd) < keptBytes) return;
    this.found.total++;
    if (this.found.items.length < most) {
      this.found.items.push(encodePath(decoded(latin1(bytes, start, target - 1))));
    }
  }
}

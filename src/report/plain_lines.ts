import { startsWith } from "../base/byte_buffer.ts";
import type { ChangeKind, FileType } from "../api/node_status.ts";
import type { Outline } from "./report.ts";

const slash = 0x2f;

/** A line of a list: what happened, and where its path starts. */
export interface ListLine {
  kind: ChangeKind;
  /** First letter of the attribute string; nothing where the report does not summarise. */
  letter?: number;
  /** Length of the attribute string, the same in all lines of a report; 0 where the report does not summarise. */
  columns: number;
  path: number;
}

const words: readonly [string, ChangeKind][] = [
  ["added: /", "added"],
  ["changed: /", "changed"],
  ["removed: /", "removed"],
];

// Letters, and = < > : . + - ! ? space: what attribute strings are made of.
const inMarks = new Uint8Array(256);
for (const char of "=<>:.+-!? ") inMarks[char.charCodeAt(0)] = 1;
for (let code = 0x41; code <= 0x5a; code++) inMarks[code] = inMarks[code + 32] = 1;

/** Reads `f >.... ....H..   : /path`, `f+++++++++++++++++: /path` or `changed: /path`. */
export function listLine(bytes: Uint8Array, start: number, end: number): ListLine | undefined {
  const last = Math.min(end, start + 32);
  let at = start;
  while (at < last && inMarks[bytes[at]!] === 1) at++;
  const columns = at - 2 - start;
  if (bytes[at] !== slash || at >= last || bytes[at - 1] !== 0x20 || bytes[at - 2] !== 0x3a) {
    return undefined;
  }
  for (const [word, kind] of words) {
    if (startsWith(bytes, start, end, word)) return { kind, columns: 0, path: at };
  }
  if (columns < 12) return undefined;
  const mark = bytes[start + 1]!;
  let same = mark === 0x2b || mark === 0x2d;
  for (let to = start + 2; same && to < at - 2; to++) same = bytes[to] === mark;
  const kind = same ? (mark === 0x2b ? "added" : "removed") : "changed";
  return { kind, letter: bytes[start]!, columns, path: at };
}

const headings: readonly [string, FileType][] = [
  ["File: /", "file"],
  ["Directory: /", "directory"],
  ["Link: /", "link"],
  ["FIFO: /", "fifo"],
  ["Socket: /", "socket"],
  ["Block device: /", "blockDevice"],
  ["Character device: /", "characterDevice"],
  ["Door: /", "other"],
  ["Port: /", "other"],
  ["Unknown file type: /", "other"],
];

/** Reads the heading of an entry's details, `File: /path`, or the bare path where AIDE does not know the type. */
export function detailHeading(
  bytes: Uint8Array,
  start: number,
  end: number,
): { fileType?: FileType; path: number } | undefined {
  if (bytes[start] === slash && end > start) return { path: start };
  for (const [text, fileType] of headings) {
    if (startsWith(bytes, start, end, text)) return { fileType, path: start + text.length - 1 };
  }
  return undefined;
}

const between = " in databases has different attributes: ";

/** Reads `Entry /path in databases has different attributes: -sha512`: where path and attributes lie. */
export function entryLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): { path: number; pathEnd: number; attributes: number } | undefined {
  if (!startsWith(bytes, start, end, "Entry /")) return undefined;
  // The last one: a name can hold these words too, the list of attributes after them can't.
  for (let at = end - between.length; at > start; at--) {
    if (startsWith(bytes, at, end, between)) {
      return { path: start + 6, pathEnd: at, attributes: at + between.length };
    }
  }
  return undefined;
}

/** Whether the line is the rule above and below a title. */
export function isRule(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 51) return false;
  for (let at = start; at < end; at++) if (bytes[at] !== 0x2d) return false;
  return true;
}

/** What a section of the report holds; `kinds` are those that its list may name. */
export interface Section {
  part: "list" | "details" | "databases";
  rank: number;
  kinds: readonly ChangeKind[];
}

const list = (rank: number, ...kinds: ChangeKind[]): Section => ({ part: "list", rank, kinds });

const sections: Readonly<Record<string, Section>> = {
  "Added entries": list(1, "added"),
  "Removed entries": list(2, "removed"),
  "Changed entries": list(3, "changed"),
  "Added files": list(1, "added"),
  "Removed files": list(2, "removed"),
  "Changed files": list(3, "changed"),
  "Added, removed and changed entries": list(3, "added", "removed", "changed"),
  "Added and removed entries": list(3, "added", "removed"),
  "Added and changed entries": list(3, "added", "changed"),
  "Removed and changed entries": list(3, "removed", "changed"),
  "Detailed information about changes": { part: "details", rank: 4, kinds: [] },
  "The attributes of the (uncompressed) database(s)": { part: "databases", rank: 5, kinds: [] },
};

/** The section that a title line such as `Added entries:` opens. */
export function sectionOf(title: string): Section | undefined {
  if (!title.endsWith(":")) return undefined;
  const name = title.slice(0, -1);
  return Object.hasOwn(sections, name) ? sections[name] : undefined;
}

/** What an outline sentence says, in the words of any version. */
export function outlineOf(sentence: string): Outline {
  if (/^AIDE (?:[\d.]+ )?found differences between /.test(sentence)) return "differences";
  if (/^AIDE (?:[\d.]+ )?found NO differences between /.test(sentence)) return "none";
  if (/^AIDE(?: [\d.]+,)? (?:successfully )?initialized (?:AIDE )?database/.test(sentence)) {
    return "initialized";
  }
  return "unknown";
}

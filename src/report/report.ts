import type { Change } from "../api/node_status.ts";

/** How many entries differ, by kind. */
export interface Counts {
  added: number;
  changed: number;
  removed: number;
}

/** What a report says in its first sentence. */
export type Outline = "none" | "differences" | "initialized" | "unknown";

/** A path whose attributes differ between baseline and scan; `attributes` as AIDE writes it, for example "-sha512". */
export interface DifferentAttributes {
  path: string;
  attributes: string;
}

/** One AIDE report, whatever its format. Both parsers give the same changes and the same digest for the same run. */
export interface Report {
  format: "plain" | "json";
  /** Start and end were seen, the summary's counts equal the lists, and nothing between could not be read. */
  complete: boolean;
  aideVersion?: string;
  outline: Outline;
  /** Total entries of the scan; 0 where the report does not say. */
  entries: number;
  /** Counts of the report's own summary; zeros when AIDE says that nothing differs. */
  claimed: Counts;
  /** Entries that the report's lists really hold. */
  listed: Counts;
  /** Bounded by `ReportLimits`: changed entries first, then removed, then added, each in report order. */
  changes: Change[];
  /** More entries are listed than `changes` holds, or a value in it was cut. */
  truncated: boolean;
  /** "sha256:<hex>" over every change in report order: kind, path, and attributes with old and new. */
  digest: string;
  differentAttributes: { total: number; items: DifferentAttributes[] };
  /** Why the report is not complete: sentences, printable, at most `ReportLimits.faults`. */
  faults: string[];
}

/** Takes a report in pieces of any size. `push` and `end` never throw, whatever the bytes. */
export interface ReportParser {
  push(chunk: Uint8Array): void;
  /** The report as far as it was read. Call it once, after the last piece. */
  end(): Report;
}

/** Bounds on what a parser keeps. What goes beyond them is counted and is in the digest all the same. */
export interface ReportLimits {
  /** Entries in `changes`. */
  changes: number;
  /** Characters of all paths, names and values in `changes`. */
  text: number;
  /** Characters of one old or new value. */
  value: number;
  /** Items in `differentAttributes`. */
  differentAttributes: number;
  /** Sentences in `faults`. */
  faults: number;
  /** Bytes of a line, or of a JSON string; a longer one makes the report incomplete. */
  line: number;
}

/** The bounds that a node uses: what it keeps fits into one object of the API. */
export const reportLimits: ReportLimits = {
  changes: 100,
  text: 64 * 1024,
  value: 1024,
  differentAttributes: 100,
  faults: 20,
  line: 1024 * 1024,
};

import { ByteBuffer, isText } from "../base/byte_buffer.ts";
import { ByteNames } from "../base/byte_names.ts";
import { latin1 } from "../base/latin1.ts";
import { encodePath } from "../base/path_text.ts";
import type { ChangeKind } from "../api/node_status.ts";
import { attributeOfName } from "./attribute_names.ts";
import { assembleReport } from "./assemble_report.ts";
import { ChangeCollector, fileTypeOf } from "./change_collector.ts";
import { DifferentEntries } from "./different_entries.ts";
import { Faults } from "./faults.ts";
import { JsonHeader } from "./json_header.ts";
import { type ControlRadix, controlRadix, hasJsonEscapes, unescapeJson } from "./json_string.ts";
import { type JsonSink, JsonTokens } from "./json_tokens.ts";
import { type Report, type ReportLimits, reportLimits, type ReportParser } from "./report.ts";

// The object, a section of it, a path, an attribute, a list of values.
const depth = 5;
const itemsOfValue = 4096;
const kinds: Readonly<Record<string, ChangeKind>> = {
  added: "added",
  changed: "changed",
  removed: "removed",
};

function kindOfMarks(bytes: Uint8Array, start: number, end: number): ChangeKind | undefined {
  if (end - start < 12 || end - start > 30) return undefined;
  const mark = bytes[start + 1]!;
  let same = mark === 0x2b || mark === 0x2d;
  for (let at = start + 2; same && at < end; at++) same = bytes[at] === mark;
  return same ? (mark === 0x2b ? "added" : "removed") : "changed";
}

/** Follows AIDE's JSON writer token by token; what it can't have written is a fault. */
class JsonReportParser implements ReportParser, JsonSink {
  readonly #faults: Faults;
  readonly #collector: ChangeCollector;
  readonly #different: DifferentEntries;
  readonly #tokens: JsonTokens;
  readonly #header: JsonHeader;
  readonly #path = new ByteBuffer();
  #depth = 0;
  #section = "";
  #array = false;
  #columns: number | undefined;
  #radix: ControlRadix = 16;
  #attributes = new Set<string>();
  #side: "old" | "new" | undefined;
  // Sides that the attribute has had: 1 for old, 2 for new.
  #sides = 0;
  #items = 0;
  readonly #names = new ByteNames(attributeOfName);

  constructor(limits: Partial<ReportLimits>) {
    const all = { ...reportLimits, ...limits };
    this.#faults = new Faults(all.faults);
    this.#collector = new ChangeCollector(all);
    this.#different = new DifferentEntries(all.differentAttributes);
    this.#tokens = new JsonTokens({ depth, token: all.line }, this);
    this.#header = new JsonHeader((sentence) => this.#faults.add(sentence));
  }

  push(chunk: Uint8Array): void {
    this.#tokens.push(chunk);
  }

  end(): Report {
    this.#check();
    // Before `complete`: reading their paths can fail too.
    const differentAttributes = this.#different.list((bytes) => encodePath(this.#unescaped(bytes)));
    return assembleReport("json", this.#header, this.#collector, this.#faults, differentAttributes);
  }

  open(kind: "object" | "array"): void {
    this.#depth++;
    this.#array = kind === "array";
    if (this.#depth === 2) this.#opened(kind);
    else if (this.#depth === 3) {
      if (kind !== "object" || (this.#section !== "details" && this.#section !== "databases")) {
        this.#misplaced();
      }
      this.#attributes.clear();
    } else if (this.#depth === 4 && this.#section === "details") {
      if (kind !== "object") this.#misplaced();
    } else if (this.#depth > 3) {
      const list = kind === "array" && (this.#section === "databases" || this.#side !== undefined);
      if (!list) this.#misplaced();
    }
  }

  close(): void {
    this.#depth--;
    this.#array = false;
    if (this.#depth < 5) this.#side = undefined;
    if (this.#depth === 1) this.#section = "";
  }

  key(bytes: Uint8Array, start: number, end: number): void {
    if (this.#depth === 1) {
      this.#section = this.#header.nameOf(latin1(bytes, start, Math.min(end, start + 64)));
      this.#header.key(this.#section);
    } else if (this.#depth === 2) this.#entryKey(bytes, start, end);
    else if (this.#section === "details") this.#detailKey(bytes, start, end);
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    if (this.#depth === 1) {
      const text = latin1(bytes, start, Math.min(end, start + 4096));
      this.#header.text(this.#section, text);
      this.#radix = controlRadix(this.#header.version);
    } else if (this.#depth === 2) this.#entryValue(bytes, start, end);
    else this.#value(bytes, start, end, true);
  }

  number(bytes: Uint8Array, start: number, end: number): void {
    if (this.#depth > 2) return this.#value(bytes, start, end, false);
    const value = Number(latin1(bytes, start, end));
    if (!Number.isSafeInteger(value) || value < 0) this.#faults.add("A count is not a number");
    else if (this.#depth === 1) this.#header.runTime(this.#section);
    else this.#header.count(this.#section, value);
  }

  #opened(kind: "object" | "array"): void {
    const lists = this.#section in kinds;
    const objects = lists || this.#header.isSection(this.#section);
    if (!(kind === "object" ? objects : lists)) this.#misplaced();
    this.#columns = this.#section === "entries" || lists ? this.#columns : undefined;
  }

  #entryKey(bytes: Uint8Array, start: number, end: number): void {
    if (this.#section === "number_of_entries") {
      this.#header.countKey(latin1(bytes, start, Math.min(end, start + 64)));
    } else if (this.#section === "details") {
      this.#decode(bytes, start, end);
      this.#collector.detail(this.#path.bytes, 0, this.#path.length);
    } else if (this.#section === "different_attributes") {
      // How to read escapes is known only once the version is.
      this.#path.clear();
      this.#path.append(bytes, start, end);
    } else this.#decode(bytes, start, end);
    const rooted = this.#section === "number_of_entries" || this.#section === "databases" ||
      bytes[start] === 0x2f;
    if (!rooted || start === end) this.#faults.add("The report names an entry that is not a path");
  }

  #entryValue(bytes: Uint8Array, start: number, end: number): void {
    const section = this.#section;
    if (section === "different_attributes") {
      this.#different.add(this.#path.view(), bytes.subarray(start, end));
    } else if (this.#array && section in kinds) {
      this.#decode(bytes, start, end);
      if (bytes[start] !== 0x2f) this.#faults.add("The report names an entry that is not a path");
      this.#collector.entry(kinds[section]!, this.#path.bytes, 0, this.#path.length);
    } else if (section === "entries" || section in kinds) {
      this.#listed(bytes, start, end);
    } else this.#misplaced();
  }

  #listed(bytes: Uint8Array, start: number, end: number): void {
    const word = end - start <= 7 ? latin1(bytes, start, end) : "";
    const marks = Object.hasOwn(kinds, word) ? undefined : end - start;
    const kind = marks === undefined ? kinds[word] : kindOfMarks(bytes, start, end);
    this.#columns ??= marks ?? 0;
    const expected = kinds[this.#section] ?? kind;
    if (kind === undefined || kind !== expected || this.#columns !== (marks ?? 0)) {
      this.#faults.add("The lists name entries in a form or place that is not theirs");
    }
    const fileType = marks === undefined ? undefined : fileTypeOf(bytes[start]!);
    this.#collector.entry(kind ?? "changed", this.#path.bytes, 0, this.#path.length, fileType);
  }

  #detailKey(bytes: Uint8Array, start: number, end: number): void {
    if (this.#depth === 3) {
      const name = this.#names.get(bytes, start, end);
      if (name === undefined || this.#attributes.has(name)) {
        this.#faults.add("The details name an unknown attribute, or one twice");
      }
      if (name !== undefined) this.#attributes.add(name);
      this.#sides = 0;
      this.#collector.attribute(name ?? "unknown");
      return;
    }
    const old = isText(bytes, start, end, "old");
    const bit = old ? 1 : 2;
    // The writer gives the old value first.
    if ((old || isText(bytes, start, end, "new")) && this.#depth === 4 && this.#sides < bit) {
      this.#side = old ? "old" : "new";
      this.#sides |= bit;
      this.#items = 0;
    } else this.#misplaced();
  }

  #value(bytes: Uint8Array, start: number, end: number, string: boolean): void {
    if (this.#section === "databases" && this.#depth < 5) return;
    const side = this.#side;
    if (this.#section !== "details" || side === undefined) return this.#misplaced();
    if (++this.#items > itemsOfValue) this.#faults.add("A list of values is too long");
    if (!string || !hasJsonEscapes(bytes, start, end)) {
      this.#collector.value(side, bytes, start, end);
    } else {
      this.#decode(bytes, start, end);
      this.#collector.value(side, this.#path.bytes, 0, this.#path.length);
    }
    if (this.#depth === 4) this.#side = undefined;
  }

  #decode(bytes: Uint8Array, start: number, end: number): void {
    if (!unescapeJson(bytes, start, end, this.#radix, this.#path)) {
      this.#faults.add("A string has an escape that this version of AIDE does not write");
    }
  }

  #unescaped(bytes: Uint8Array): Uint8Array {
    this.#decode(bytes, 0, bytes.length);
    return this.#path.view();
  }

  #misplaced(): void {
    this.#faults.add("The report has a value where AIDE writes none");
  }

  #check(): void {
    const { error, ended } = this.#tokens;
    if (error !== undefined) this.#faults.add(error);
    else if (!ended) {
      this.#faults.add(
        this.#depth > 0 || this.#header.started
          ? "The report breaks off"
          : "There is no report, or not from its start",
      );
    }
    this.#header.check();
    const { added, changed, removed } = this.#collector.listed;
    const { claimed, outline } = this.#header;
    const counts = added === claimed.added && changed === claimed.changed &&
      removed === claimed.removed;
    if (outline !== "initialized" ? !counts : changed + removed > 0) {
      this.#faults.add(
        `The summary counts ${claimed.added} added, ${claimed.changed} changed and ${claimed.removed} removed ` +
          `entries, the lists hold ${added}, ${changed} and ${removed}`,
      );
    }
    if (!this.#collector.detailsMatch(this.#header.scope)) {
      this.#faults.add("The details do not describe the entries that the lists name");
    }
  }
}

/** Reads AIDE's JSON report (`report_format=json`), of AIDE 0.18 and 0.19 and any report level that lists entries. */
export function jsonReportParser(limits: Partial<ReportLimits> = {}): ReportParser {
  return new JsonReportParser(limits);
}

import { ByteBuffer, startsWith } from "../base/byte_buffer.ts";
import { LineSplitter } from "../base/line_splitter.ts";
import { encodePath } from "../base/path_text.ts";
import { escapesNames, looksEscaped, unescapeText } from "./aide_escape.ts";
import { assembleReport } from "./assemble_report.ts";
import { ChangeCollector, type DetailScope, fileTypeOf } from "./change_collector.ts";
import { DifferentEntries } from "./different_entries.ts";
import { Faults } from "./faults.ts";
import { PlainHeader } from "./plain_header.ts";
import {
  detailHeading,
  entryLine,
  isRule,
  listLine,
  type Section,
  sectionOf,
} from "./plain_lines.ts";
import { type AttributeSink, PlainRows } from "./plain_rows.ts";
import { type Report, type ReportLimits, reportLimits, type ReportParser } from "./report.ts";

type State = "header" | "title" | "rule" | "list" | "details" | "databases" | "ended";

interface Range {
  bytes: Uint8Array;
  start: number;
  end: number;
}

const utf8 = new TextDecoder();
const endLine =
  /^End timestamp: \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4} \(run time: \d+m \d+s\)$/;
const longest = 4096;

/**
 * Follows AIDE's writer line by line. What the writer can't have written is a fault, down to the number of empty lines:
 * an AIDE that prints names raw (0.16 and 0.17) would otherwise let a name with newlines in it speak for the report.
 */
class PlainReportParser implements ReportParser, AttributeSink {
  readonly #limits: ReportLimits;
  readonly #faults: Faults;
  readonly #collector: ChangeCollector;
  readonly #different: DifferentEntries;
  readonly #splitter: LineSplitter;
  readonly #rows: PlainRows;
  readonly #header = new PlainHeader();
  readonly #scratch = new ByteBuffer();
  readonly #range: Range = { bytes: new Uint8Array(), start: 0, end: 0 };
  #state: State = "header";
  #section: Section = { part: "list", rank: 0, kinds: [] };
  #empty = 0;
  #columns: number | undefined;
  #fresh = false;
  #escaped = false;

  constructor(limits: Partial<ReportLimits>) {
    this.#limits = { ...reportLimits, ...limits };
    this.#faults = new Faults(this.#limits.faults);
    this.#collector = new ChangeCollector(this.#limits);
    this.#different = new DifferentEntries(this.#limits.differentAttributes);
    this.#rows = new PlainRows(this, (sentence) => this.#faults.add(sentence));
    this.#splitter = new LineSplitter(
      this.#limits.line,
      (bytes, start, end) => this.#line(bytes, start, end),
      () => this.#faults.add("The report has a line that is too long to read"),
    );
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  end(): Report {
    this.#check();
    // Before `complete`: reading their paths can fail too.
    const differentAttributes = this.#different.list((bytes) => this.#pathText(bytes));
    return assembleReport(
      "plain",
      this.#header,
      this.#collector,
      this.#faults,
      differentAttributes,
    );
  }

  attribute(name: string): void {
    if (this.#state === "details") this.#collector.attribute(name);
  }

  value(side: "old" | "new", bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === "details") this.#collector.value(side, bytes, start, end);
  }

  #line(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) {
      this.#empty++;
      return;
    }
    const empty = this.#empty;
    this.#empty = 0;
    switch (this.#state) {
      case "list":
        return this.#listed(bytes, start, end, empty);
      case "details":
      case "databases":
        return this.#described(bytes, start, end, empty);
      case "header":
        return this.#headed(bytes, start, end, empty);
      case "title":
        return this.#titled(bytes, start, end, empty);
      case "rule":
        if (empty > 0 || !isRule(bytes, start, end)) this.#faults.add("A title is not underlined");
        this.#state = this.#section.part;
        this.#fresh = true;
        return;
      case "ended":
        this.#faults.add("The report goes on after its end");
    }
  }

  #headed(bytes: Uint8Array, start: number, end: number, empty: number): void {
    const header = this.#header;
    if (header.counted && this.#leaves(bytes, start, end, empty, 1)) return;
    if (startsWith(bytes, start, end, "Entry /")) {
      const entry = header.counted ? undefined : entryLine(bytes, start, end);
      if (entry === undefined || empty > 0) this.#unreadable("header");
      else {
        const { path, pathEnd, attributes } = entry;
        this.#different.add(
          bytes.subarray(path, pathEnd),
          bytes.subarray(attributes, end),
        );
      }
      return;
    }
    const text = utf8.decode(bytes.subarray(start, Math.min(end, start + longest)));
    if (!header.line(text, empty)) this.#unreadable("header");
    this.#escaped = escapesNames(header.version);
  }

  #listed(bytes: Uint8Array, start: number, end: number, empty: number): void {
    const line = listLine(bytes, start, end);
    if (line === undefined) {
      if (!this.#leaves(bytes, start, end, empty, 1)) this.#unreadable("list");
      return;
    }
    this.#spaced(empty, this.#fresh ? 1 : 0);
    this.#fresh = false;
    this.#columns ??= line.columns;
    if (!this.#section.kinds.includes(line.kind) || line.columns !== this.#columns) {
      this.#faults.add(`The lists name ${line.kind} entries in a form or place that is not theirs`);
    }
    const fileType = line.letter === undefined || line.columns === 0
      ? undefined
      : fileTypeOf(line.letter);
    const path = this.#path(bytes, line.path, end);
    this.#collector.entry(line.kind, path.bytes, path.start, path.end, fileType);
  }

  #described(bytes: Uint8Array, start: number, end: number, empty: number): void {
    const entries = this.#state === "details";
    if (bytes[start] === 0x20) {
      if (this.#fresh) this.#unreadable("details");
      this.#spaced(empty, 0);
      return this.#rows.row(bytes, start, end, this.#escaped);
    }
    const heading = detailHeading(bytes, start, end);
    if (heading === undefined) {
      this.#rows.flush(this.#escaped);
      if (!this.#leaves(bytes, start, end, empty, 2)) this.#unreadable("details");
      return;
    }
    this.#rows.flush(this.#escaped);
    this.#spaced(empty, 1);
    this.#fresh = false;
    const sides = this.#escaped ? "any" : this.#header.detailed ? "same" : "both";
    this.#rows.begin(entries ? sides : "any");
    if (!entries) return;
    const path = this.#path(bytes, heading.path, end);
    this.#collector.detail(path.bytes, path.start, path.end, heading.fileType);
  }

  #titled(bytes: Uint8Array, start: number, end: number, empty: number): void {
    const text = utf8.decode(bytes.subarray(start, Math.min(end, start + longest)));
    const section = sectionOf(text);
    this.#spaced(empty, 0);
    if (section === undefined || section.rank <= this.#section.rank) {
      this.#faults.add("The report has a section twice, out of order, or of an unknown name");
    }
    if (section !== undefined) this.#section = section;
    this.#state = "rule";
  }

  /** Whether the line ends the section; then the next state is set. */
  #leaves(
    bytes: Uint8Array,
    start: number,
    end: number,
    empty: number,
    expected: number,
  ): boolean {
    if (isRule(bytes, start, end)) this.#state = "title";
    else if (
      startsWith(bytes, start, end, "End timestamp: ") && end - start < 100 &&
      endLine.test(utf8.decode(bytes.subarray(start, end)))
    ) this.#state = "ended";
    else return false;
    if (this.#fresh) this.#faults.add("The report has an empty section");
    this.#spaced(empty, expected);
    return true;
  }

  #spaced(empty: number, expected: number): void {
    if (empty !== expected && !this.#header.old) {
      this.#faults.add("The report has empty lines where it should not, or lacks them");
    }
  }

  #unreadable(where: string): void {
    this.#faults.add(`A line of the report's ${where} can't be read`);
  }

  /** The raw bytes of a path that the report may show escaped, valid until the next call. */
  #path(bytes: Uint8Array, start: number, end: number): Range {
    const range = this.#range;
    range.bytes = bytes;
    range.start = start;
    range.end = end;
    if (!this.#escaped || !looksEscaped(bytes, start, end)) return range;
    if (!unescapeText(bytes, start, end, this.#scratch)) {
      this.#faults.add("A path is not written as this version of AIDE writes paths");
    }
    range.bytes = this.#scratch.bytes;
    range.start = 0;
    range.end = this.#scratch.length;
    return range;
  }

  #pathText(raw: Uint8Array): string {
    const { bytes, start, end } = this.#path(raw, 0, raw.length);
    return encodePath(bytes.subarray(start, end));
  }

  #check(): void {
    const rest = this.#splitter.end();
    this.#rows.flush(this.#escaped);
    if (rest.length > 0 || this.#state !== "ended" || this.#empty > 0) {
      this.#faults.add(
        this.#header.started
          ? "The report breaks off"
          : "There is no report, or not from its start",
      );
    }
    const { added, changed, removed } = this.#collector.listed;
    const { claimed, outline } = this.#header;
    if (outline === "unknown") this.#faults.add("The report does not say what AIDE found");
    if ((outline === "differences") !== (claimed.added + claimed.changed + claimed.removed > 0)) {
      this.#faults.add("The report's outline and its summary disagree");
    }
    const counts = added === claimed.added && changed === claimed.changed &&
      removed === claimed.removed;
    if (outline !== "initialized" ? !counts : changed + removed > 0) {
      this.#faults.add(
        `The summary counts ${claimed.added} added, ${claimed.changed} changed and ${claimed.removed} removed ` +
          `entries, the lists hold ${added}, ${changed} and ${removed}`,
      );
    }
    const scope: DetailScope = this.#header.scope;
    if (!this.#collector.detailsMatch(scope)) {
      this.#faults.add("The details do not describe the entries that the lists name");
    }
  }
}

/**
 * Reads AIDE's plain text report, of AIDE 0.15 to 0.19 and any report level that lists entries. AIDE's columns do not show
 * spaces at the end of an old value, and lose the last bytes of some values of 65 bytes or more (it counts 33 bytes a row and
 * prints 32): of such a value the JSON report alone tells all, and the digests of the two differ.
 */
export function plainReportParser(limits: Partial<ReportLimits> = {}): ReportParser {
  return new PlainReportParser(limits);
}

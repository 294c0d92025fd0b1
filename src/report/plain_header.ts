import type { DetailScope } from "./change_collector.ts";
import { outlineOf } from "./plain_lines.ts";
import type { Counts, Outline } from "./report.ts";

const startLine =
  /^Start timestamp: \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?: [+-]\d{4}(?: \(AIDE ([0-9A-Za-z.+~-]{1,40})\))?)?$/;
const oldOutline = /^AIDE ([0-9][0-9A-Za-z.+~-]{0,39}) found /;
const optionLine = /^(?!Start |End |Summary:|Number )[A-Z][A-Za-z0-9 ]*: /;
const newDatabase = /^New AIDE database written to /;
const total =
  /^(?:Number of (?:entries|files):\t| {2}Total number of (?:entries|files):\s+)(\d{1,15})$/;
const count = /^ {2}(Added|Removed|Changed) (?:entries|files):\s+(\d{1,15})$/;
const kinds: Readonly<Record<string, keyof Counts>> = {
  Added: "added",
  Removed: "removed",
  Changed: "changed",
};
const order = ["Added", "Removed", "Changed"];

/** Which entries have details at a report level; AIDE names the level only when it is not the default. */
export function scopeOfLevel(level: string | undefined): DetailScope {
  switch (level) {
    case "minimal":
    case "summary":
    case "database_attributes":
    case "list_entries":
      return "none";
    case "added_removed_entries":
      return "all";
    default:
      return "changed";
  }
}

/** The lines of a plain report before its first section: start, outline, options and summary, each once. */
export class PlainHeader {
  version: string | undefined;
  outline: Outline = "unknown";
  entries = 0;
  claimed: Counts = { added: 0, changed: 0, removed: 0 };
  started = false;
  /** The summary, or the number of entries, is complete. */
  counted = false;
  /** The report is one of AIDE 0.15, which spaces its lines in another way. */
  old = false;
  #level: string | undefined;
  #summary = -1;

  /** Which entries the report has details of. */
  get scope(): DetailScope {
    return this.outline === "differences" || this.#level === "added_removed_entries"
      ? scopeOfLevel(this.#level)
      : "none";
  }

  /** The report level is one at which an attribute may show one value only. */
  get detailed(): boolean {
    return this.#level !== undefined && this.#level !== "changed_attributes";
  }

  /** Takes a line after `empty` empty ones. False when it has no place here. */
  line(text: string, empty: number): boolean {
    if (this.counted) return false;
    if (this.#summary >= 0) return empty === 0 && this.#counts(text);
    const start = startLine.exec(text);
    if (start !== null) return this.#start(start[1], empty);
    const outline = outlineOf(text);
    if (outline !== "unknown") return this.#outline(text, outline, empty);
    if (!this.started || this.outline === "unknown") return false;
    const spaced = empty === 1 || this.old;
    if (text === "Summary:") {
      this.#summary = 0;
      return spaced && this.outline === "differences";
    }
    const number = total.exec(text);
    if (number !== null && text.startsWith("N")) {
      this.entries = Number(number[1]);
      this.counted = true;
      return spaced && this.outline !== "differences";
    }
    if (empty > 0 && !this.old) return false;
    // An update also writes a database.
    if (newDatabase.test(text)) return true;
    if (!optionLine.test(text)) return false;
    this.#level ??= /(?:^| \| )Report level: (\w+)$/.exec(text)?.[1];
    return true;
  }

  #start(version: string | undefined, empty: number): boolean {
    if (this.started) return false;
    this.started = true;
    this.version ??= version;
    return empty === 0 || this.old;
  }

  #outline(text: string, outline: Outline, empty: number): boolean {
    if (this.outline !== "unknown") return false;
    const version = oldOutline.exec(text)?.[1];
    if (version !== undefined) {
      this.old = true;
      this.version = version;
    }
    this.outline = outline;
    return (this.started && empty === 0) || this.old;
  }

  #counts(text: string): boolean {
    const step = this.#summary++;
    this.counted = this.#summary === 4;
    const all = step === 0 ? total.exec(text) : null;
    if (all !== null) {
      this.entries = Number(all[1]);
      return true;
    }
    const one = count.exec(text);
    const kind = kinds[one?.[1] ?? ""];
    if (one === null || kind === undefined || one[1] !== order[step - 1]) return false;
    this.claimed[kind] = Number(one[2]);
    return true;
  }
}

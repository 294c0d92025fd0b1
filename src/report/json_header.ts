import type { DetailScope } from "./change_collector.ts";
import { scopeOfLevel } from "./plain_header.ts";
import { outlineOf } from "./plain_lines.ts";
import type { Counts, Outline } from "./report.ts";

// AIDE's own order. Keys of one number may come in any order; none comes twice.
const ranks = new Map(Object.entries({
  different_attributes: 0,
  start_time: 1,
  aide_version: 2,
  outline: 3,
  new_database: 4,
  config_version: 4,
  limit: 4,
  root_prefix: 4,
  report_level: 4,
  report_ignore_added_attrs: 4,
  report_ignore_removed_attrs: 4,
  report_ignore_changed_attrs: 4,
  report_force_attrs: 4,
  report_ignore_e2fsattrs: 4,
  number_of_entries: 5,
  added: 6,
  removed: 7,
  changed: 8,
  entries: 8,
  details: 9,
  databases: 10,
  end_time: 11,
  run_time_seconds: 12,
}));
const names = new Map([...ranks.keys()].map((name) => [name, name]));
const required = ["start_time", "aide_version", "outline", "number_of_entries", "end_time"];
const objects = new Set([
  "different_attributes",
  "number_of_entries",
  "entries",
  "details",
  "databases",
]);
const time = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}$/;
const versionText = /^[0-9A-Za-z.+~-]{1,40}$/;

/** The keys of a JSON report's outermost object, and its values that are not lists. */
export class JsonHeader {
  version: string | undefined;
  outline: Outline = "unknown";
  entries = 0;
  claimed: Counts = { added: 0, changed: 0, removed: 0 };
  #level: string | undefined;
  #rank = -1;
  #ran = false;
  readonly #seen = new Set<string>();
  readonly #given = new Set<string>();
  readonly #counts = new Set<string>();
  #count = "";

  constructor(private readonly fault: (sentence: string) => void) {}

  get started(): boolean {
    return this.#seen.size > 0;
  }

  get scope(): DetailScope {
    return this.outline === "differences" || this.#level === "added_removed_entries"
      ? scopeOfLevel(this.#level)
      : "none";
  }

  isSection(name: string): boolean {
    return objects.has(name);
  }

  /** The same name, as the one string that stands for it, so that comparing it is quick; "" for an unknown one. */
  nameOf(name: string): string {
    return names.get(name) ?? "";
  }

  key(name: string): void {
    const rank = ranks.get(name);
    if (rank === undefined || rank < this.#rank || this.#seen.has(name)) {
      this.fault("The report has a key twice, out of order, or of an unknown name");
    }
    this.#rank = rank ?? this.#rank;
    if (this.#seen.size < 64) this.#seen.add(name);
  }

  /** Takes a string of the outermost object. */
  text(name: string, text: string): void {
    if (name === "outline") this.outline = outlineOf(text);
    else if (name === "report_level") this.#level = text;
    else if (name === "aide_version" && versionText.test(text)) this.version = text;
    else if (name === "start_time" || name === "end_time") {
      if (!time.test(text)) this.fault("The report's times can't be read");
    } else if (name === "aide_version" || ranks.get(name) !== 4) {
      this.fault("The report has a value where AIDE writes none");
    }
    if (this.#given.size < 64) this.#given.add(name);
  }

  /** Takes the one number of the outermost object. */
  runTime(name: string): void {
    this.#ran = name === "run_time_seconds";
    if (!this.#ran) this.fault("The report has a value where AIDE writes none");
  }

  countKey(name: string): void {
    this.#count = name;
    if (this.#counts.has(name)) this.fault("The summary counts something twice");
    if (this.#counts.size < 8) this.#counts.add(name);
  }

  /** Takes a number that stands in a section. */
  count(section: string, value: number): void {
    const name = this.#count;
    if (section !== "number_of_entries") {
      this.fault("The report has a value where AIDE writes none");
    } else if (name === "total") this.entries = value;
    else if (name === "added" || name === "changed" || name === "removed") {
      this.claimed[name] = value;
    } else this.fault("The summary counts something unknown");
  }

  /** Says what is missing at the end of the report. */
  check(): void {
    const { added, changed, removed } = this.claimed;
    if (this.outline === "unknown") this.fault("The report does not say what AIDE found");
    else if ((this.outline === "differences") !== (added + changed + removed > 0)) {
      this.fault("The report's outline and its summary disagree");
    }
    const missing = required.find((name) =>
      name === "number_of_entries" ? !this.#counts.has("total") : !this.#given.has(name)
    );
    if (missing !== undefined || !this.#ran) {
      this.fault(`The report lacks its ${missing ?? "run_time_seconds"}`);
    }
  }
}

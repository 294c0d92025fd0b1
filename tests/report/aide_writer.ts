/**
 * A model of the code in AIDE that writes reports (`report_plain.c` and `report_json.c`, 0.16 to 0.19), to make reports of any
 * file names with. It knows nothing of the parsers.
 */
import type { ChangeKind } from "../../src/api/node_status.ts";

/** An attribute of an entry; `name` is a key of `labels`. */
export interface ModelAttribute {
  name: keyof typeof labels;
  old?: Uint8Array[];
  new?: Uint8Array[];
}

/** An entry that differs. */
export interface ModelEntry {
  kind: ChangeKind;
  path: Uint8Array;
  letter: "f" | "d" | "l";
  attributes: ModelAttribute[];
}

/** A report to write. Entries are in tree order. */
export interface ModelReport {
  version: string;
  /** How names are written: raw (0.16, 0.17, 0.18.8), or escaped, in JSON with decimal (0.18.3 of Debian) or hex numbers. */
  names: "raw" | "decimal" | "hex";
  entries: ModelEntry[];
  total: number;
  different?: { path: Uint8Array; attributes: string }[];
  grouped?: boolean;
  summarize?: boolean;
  level?:
    | "list_entries"
    | "changed_attributes"
    | "added_removed_attributes"
    | "added_removed_entries";
  rootPrefix?: string;
  configVersion?: string;
}

const labels = {
  size: "Size",
  link_name: "Lname",
  modify_time: "Mtime",
  sha512: "SHA512",
  acl: "ACL",
  xattrs: "XAttrs",
  perm: "Perm",
} as const;

const encoder = new TextEncoder();
const types = { f: "File", d: "Directory", l: "Link" } as const;
const time = "2026-11-23 13:10:55 +0000";
const rule = "-".repeat(51);

class Bytes {
  readonly parts: Uint8Array[] = [];
  add(...parts: (string | Uint8Array)[]): this {
    for (const part of parts) {
      this.parts.push(typeof part === "string" ? encoder.encode(part) : part);
    }
    return this;
  }
  end(): Uint8Array {
    return Uint8Array.from(this.parts.flatMap((part) => [...part]));
  }
}

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 48 && byte <= 57;

function stresc(bytes: Uint8Array): Uint8Array {
  const out = new Bytes();
  bytes.forEach((byte, at) => {
    const guarded = byte === 92 && isDigit(bytes[at + 1]) && isDigit(bytes[at + 2]) &&
      isDigit(bytes[at + 3]);
    if (byte < 0x1f || byte === 0x7f || guarded) {
      out.add("\\" + byte.toString(8).padStart(3, "0"));
    } else out.add(Uint8Array.of(byte));
  });
  return out.end();
}

const short = new Map([[10, "n"], [9, "t"], [8, "b"], [12, "f"], [13, "r"], [34, '"'], [92, "\\"]]);

function jsonEscape(bytes: Uint8Array, names: ModelReport["names"]): Uint8Array {
  const out = new Bytes();
  for (const byte of bytes) {
    const letter = short.get(byte);
    if (names === "raw") out.add(byte === 92 ? "\\\\" : Uint8Array.of(byte));
    else if (letter !== undefined) out.add("\\" + letter);
    else if (byte < 0x1f || byte === 0x7f) {
      out.add("\\u" + byte.toString(names === "hex" ? 16 : 10).padStart(4, "0"));
    } else out.add(Uint8Array.of(byte));
  }
  return out.end();
}

const columns = (report: ModelReport): number =>
  report.version.startsWith("0.16") ? 17 : report.version.startsWith("0.19") ? 19 : 18;

function marks(report: ModelReport, entry: ModelEntry): string {
  const fill = { added: "+", removed: "-", changed: "." }[entry.kind];
  if (entry.kind !== "changed") return entry.letter.padEnd(columns(report), fill);
  return `${entry.letter} =.... ....H..`.padEnd(columns(report));
}

const described = (report: ModelReport): ModelEntry[] =>
  report.level === "list_entries"
    ? []
    : report.entries.filter((entry) =>
      entry.kind === "changed" || report.level === "added_removed_entries"
    );

const countOf = (report: ModelReport, kind: ChangeKind): number =>
  report.entries.filter((entry) => entry.kind === kind).length;

function ungroupedTitle(report: ModelReport): string {
  const kinds = (["added", "removed", "changed"] as const).filter((kind) =>
    countOf(report, kind) > 0
  );
  const words = kinds.length < 3 ? kinds.join(" and ") : "added, removed and changed";
  return words[0]!.toUpperCase() + words.slice(1) + " entries";
}

function plainAttribute(out: Bytes, report: ModelReport, attribute: ModelAttribute): void {
  const wide = (bytes: Uint8Array | undefined, from: number): Uint8Array =>
    (bytes ?? new Uint8Array()).subarray(from, from + 32);
  const pad = (bytes: Uint8Array): Uint8Array => {
    const cell = new Uint8Array(Math.max(33, bytes.length)).fill(32);
    cell.set(bytes);
    return cell;
  };
  const write = (value: Uint8Array | undefined): Uint8Array | undefined =>
    value === undefined || report.names === "raw" ? value : stresc(value);
  const { old = [], new: now = [] } = attribute;
  const label = report.version.startsWith("0.16")
    ? `  ${labels[attribute.name].padEnd(9)}`
    : ` ${labels[attribute.name].padEnd(10)}`;
  for (let item = 0; item < Math.max(old.length, now.length); item++) {
    const [from, to] = [write(old[item]), write(now[item])];
    const longest = Math.max(from?.length ?? 0, to?.length ?? 0);
    for (let row = 0; longest - 33 * row >= 0; row++) {
      const head = item + row === 0 ? `${label}: ` : " ".repeat(13);
      const [left, right] = [wide(from, row * 32), wide(to, row * 32)];
      if (old.length === 0) out.add(head, " ".repeat(35), right, "\n");
      else if (now.length === 0) out.add(head, left, "\n");
      else out.add(head, pad(left), "| ", right, "\n");
    }
  }
}

function plainHeader(
  out: Bytes,
  report: ModelReport,
  path: (bytes: Uint8Array) => Uint8Array,
): void {
  for (const { path: name, attributes } of report.different ?? []) {
    out.add("Entry ", path(name), ` in databases has different attributes: ${attributes}\n`);
  }
  out.add(`Start timestamp: ${time} (AIDE ${report.version})\n`);
  const options = [
    ...(report.configVersion === undefined ? [] : [`Config version used: ${report.configVersion}`]),
    ...(report.rootPrefix === undefined ? [] : [`Root prefix: ${report.rootPrefix}`]),
    ...(report.level === undefined || report.level === "changed_attributes"
      ? []
      : [`Report level: ${report.level}`]),
  ];
  const line = options.length === 0 ? "" : options.join(" | ") + "\n";
  if (report.entries.length === 0) {
    out.add("AIDE found NO differences between database and filesystem. Looks okay!!\n", line);
    out.add(`\nNumber of entries:\t${report.total}`);
    return;
  }
  out.add("AIDE found differences between database and filesystem!!\n", line);
  out.add(`\nSummary:\n  Total number of entries:\t${report.total}\n`);
  out.add(`  Added entries:\t\t${countOf(report, "added")}\n`);
  out.add(`  Removed entries:\t\t${countOf(report, "removed")}\n`);
  out.add(`  Changed entries:\t\t${countOf(report, "changed")}`);
}

/** The plain report of AIDE. */
export function writePlain(report: ModelReport): Uint8Array {
  const out = new Bytes();
  const path = report.names === "raw" ? (bytes: Uint8Array): Uint8Array => bytes : stresc;
  const title = (text: string): Bytes => out.add(`\n\n${rule}\n${text}:\n${rule}\n`);
  plainHeader(out, report, path);
  const list = (entries: ModelEntry[]): void => {
    for (const entry of entries) {
      const head = report.summarize === false ? entry.kind : marks(report, entry);
      out.add(`\n${head}: `, path(entry.path));
    }
  };
  if (report.grouped === false && report.entries.length > 0) {
    title(ungroupedTitle(report));
    list(report.entries);
  } else {
    for (const kind of ["added", "removed", "changed"] as const) {
      if (countOf(report, kind) === 0) continue;
      title(kind[0]!.toUpperCase() + kind.slice(1) + " entries");
      list(report.entries.filter((entry) => entry.kind === kind));
    }
  }
  if (described(report).length > 0) {
    title("Detailed information about changes");
    for (const entry of described(report)) {
      out.add(`\n${types[entry.letter]}: `, path(entry.path), "\n");
      for (const attribute of entry.attributes) plainAttribute(out, report, attribute);
    }
  }
  title("The attributes of the (uncompressed) database(s)");
  out.add("\n/var/lib/file-integrity/aide.db.gz\n SHA256    : dWk3kMEjKuCyoGFcUO1HKTwxXz3kTWQO\n");
  out.add("             94Pyi0gAaow=\n");
  return out.add(`\n\nEnd timestamp: ${time} (run time: 0m 0s)\n`).end();
}

const numbers = new Set(["size"]);

function jsonAttribute(out: Bytes, report: ModelReport, attribute: ModelAttribute): void {
  out.add(`      "${attribute.name}": {\n`);
  const sides = (["old", "new"] as const).filter((side) => (attribute[side] ?? []).length > 0);
  sides.forEach((side, index) => {
    const values = (attribute[side] ?? []).map((value) => jsonEscape(value, report.names));
    if (index > 0) out.add(",\n");
    if (values.length === 1) {
      const quote = numbers.has(attribute.name) ? "" : '"';
      out.add(`        "${side}": ${quote}`, values[0]!, quote);
    } else {
      out.add(`        "${side}": [\n`);
      values.forEach((value, at) =>
        out.add('          "', value, at + 1 < values.length ? '",\n' : '"\n')
      );
      out.add("        ]");
    }
  });
  out.add("\n      }");
}

/** The JSON report of AIDE 0.18 and later. */
export function writeJson(report: ModelReport): Uint8Array {
  const out = new Bytes().add("{\n");
  const string = (bytes: Uint8Array): Uint8Array => jsonEscape(bytes, report.names);
  const different = report.different ?? [];
  if (different.length > 0) {
    out.add('  "different_attributes": {\n');
    different.forEach(({ path, attributes }, at) =>
      out.add('    "', string(path), `": "${attributes}"${at + 1 < different.length ? "," : ""}\n`)
    );
    out.add("  },\n");
  }
  const outline = report.entries.length > 0
    ? "AIDE found differences between database and filesystem!!"
    : "AIDE found NO differences between database and filesystem. Looks okay!!";
  out.add(`  "start_time": "${time}",\n  "aide_version": "${report.version}",\n`);
  out.add(`  "outline": "${outline}",\n`);
  if (report.configVersion !== undefined) {
    out.add('  "config_version": "', string(encoder.encode(report.configVersion)), '",\n');
  }
  if (report.rootPrefix !== undefined) out.add(`  "root_prefix": "${report.rootPrefix}",\n`);
  if (report.level !== undefined && report.level !== "changed_attributes") {
    out.add(`  "report_level": "${report.level}",\n`);
  }
  out.add(`  "number_of_entries": {\n    "total": ${report.total}`);
  if (report.entries.length > 0) {
    for (const kind of ["added", "removed", "changed"] as const) {
      out.add(`,\n    "${kind}": ${countOf(report, kind)}`);
    }
  }
  out.add("\n  },\n");
  const object = report.summarize !== false || report.grouped === false;
  const list = (name: string, entries: ModelEntry[]): void => {
    out.add(`  "${name}": ${object ? "{" : "["}\n`);
    entries.forEach((entry, at) => {
      const value = report.summarize === false ? entry.kind : marks(report, entry);
      out.add(at > 0 ? ",\n" : "", '    "', string(entry.path), object ? `": "${value}"` : '"');
    });
    out.add(`\n  ${object ? "}" : "]"},\n`);
  };
  if (report.grouped === false && report.entries.length > 0) list("entries", report.entries);
  else {
    for (const kind of ["added", "removed", "changed"] as const) {
      const entries = report.entries.filter((entry) => entry.kind === kind);
      if (entries.length > 0) list(kind, entries);
    }
  }
  if (described(report).length > 0) {
    out.add('  "details": {\n');
    described(report).forEach((entry, at) => {
      out.add(at > 0 ? ",\n" : "", '    "', string(entry.path), '": {\n');
      entry.attributes.forEach((attribute, index) => {
        if (index > 0) out.add(",\n");
        jsonAttribute(out, report, attribute);
      });
      out.add("\n    }");
    });
    out.add("\n  },\n");
  }
  out.add('  "databases": {\n    "/var/lib/file-integrity/aide.db.gz": {\n');
  out.add('      "sha256": "dWk3kMEjKuCyoGFcUO1HKTwxXz3kTWQO94Pyi0gAaow="\n    }\n  },\n');
  return out.add(`  "end_time": "${time}",\n  "run_time_seconds": 0\n}\n`).end();
}

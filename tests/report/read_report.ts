import { decodePath, encodePath } from "../../src/base/path_text.ts";
import type { Change } from "../../src/api/node_status.ts";
import { jsonReportParser } from "../../src/report/json_report.ts";
import { plainReportParser } from "../../src/report/plain_report.ts";
import type { Report, ReportLimits } from "../../src/report/report.ts";
import type { ModelReport } from "./aide_writer.ts";

/** The two implementations of the same interface, which one table of cases runs against. */
export const parsers = { plain: plainReportParser, json: jsonReportParser } as const;

/** Bounds that keep everything. */
export const unbounded: Partial<ReportLimits> = { changes: 1e6, text: 1e9, value: 1e6 };

/** Reads a report in pieces of a size. */
export function readReport(
  format: keyof typeof parsers,
  bytes: Uint8Array | string,
  { piece = bytes.length, ...limits }: Partial<ReportLimits> & { piece?: number } = {},
): Report {
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const parser = parsers[format](limits);
  for (let at = 0; at < data.length; at += Math.max(piece, 1)) {
    parser.push(data.subarray(at, at + Math.max(piece, 1)));
  }
  return parser.end();
}

const fileTypes = { f: "file", d: "directory", l: "link" } as const;
const kinds = ["changed", "removed", "added"] as const;
const valueText = (items: Uint8Array[]): string => items.map(encodePath).join("\n");

/** The changes that a report of this model states, as both parsers must give them. */
export function modelChanges(report: ModelReport): Change[] {
  const level = report.level ?? "changed_attributes";
  return kinds.flatMap((kind) => report.entries.filter((entry) => entry.kind === kind)).map(
    (entry) => ({
      path: encodePath(entry.path),
      kind: entry.kind,
      fileType: fileTypes[entry.letter],
      attributes: level === "list_entries" ||
          (entry.kind !== "changed" && level !== "added_removed_entries")
        ? []
        : entry.attributes.map(({ name, old, new: now }) => ({
          name,
          ...(old !== undefined && { old: valueText(old) }),
          ...(now !== undefined && { new: valueText(now) }),
        })),
    }),
  );
}

/** Changes without the file type, which a report does not always tell. */
export const withoutType = (changes: Change[]): Change[] =>
  changes.map(({ fileType: _, ...change }) => change);

/** Bytes of a path given as text. */
export const bytes = (text: string): Uint8Array => decodePath(text);

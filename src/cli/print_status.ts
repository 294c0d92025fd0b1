import { stringify } from "@std/yaml";
import type { Change, FileIntegrityNodeStatus } from "../api/node_status.ts";

/** The forms of a scan's output. */
export type OutputFormat = "table" | "yaml" | "json";

const sign: Record<Change["kind"], string> = { added: "+", changed: "~", removed: "-" };

function changeLine({ kind, path, attributes }: Change): string {
  const what = attributes.map(({ name, old, new: now }) => {
    const short = (value: string | undefined): string =>
      value === undefined
        ? ""
        : value.length > 20
        ? `${value.slice(0, 20).toWellFormed()}…`
        : value;
    return kind === "changed" && name !== "acl" && name !== "xattrs"
      ? `${name}: ${short(old)} -> ${short(now)}`.replaceAll("\n", " ")
      : name;
  }).join(", ");
  return `  ${sign[kind]} ${path}${what === "" || kind !== "changed" ? "" : `  (${what})`}`;
}

function table(status: FileIntegrityNodeStatus, header: boolean): string {
  const { metadata, nodeName, lastResult } = status;
  const titles = ["NAME", "NODE", "STATUS"];
  const row = [metadata.name ?? "", nodeName, lastResult.condition];
  const widths = titles.map((title, column) => Math.max(title.length, row[column]?.length ?? 0));
  const lines = [...header ? [titles] : [], row].map((row) =>
    `${(row[0] ?? "").padEnd(widths[0] ?? 0)}   ${(row[1] ?? "").padEnd(widths[1] ?? 0)}   ${
      row[2]
    }`
  );
  const { changes, unverified, errorMessage } = lastResult;
  if (errorMessage !== undefined) lines.push(`  ${errorMessage}`);
  if (changes !== undefined) {
    const { added, changed, removed, items } = changes;
    lines.push(
      `  ${added} added, ${changed} changed, ${removed} removed`,
      ...items.map(changeLine),
    );
    const hidden = added + changed + removed - items.length;
    if (hidden > 0) lines.push(`  … and ${hidden} more, in the log`);
  }
  if (unverified !== undefined) {
    const { total, items } = unverified;
    lines.push(...items.map(({ path, reason }) => `  ? ${path}  (${reason})`));
    if (total > items.length) lines.push(`  … and ${total - items.length} more`);
  }
  return lines.join("\n") + "\n";
}

/** A status, or another object, as text: `first` says whether it is the first of the output. */
export function objectText(object: unknown, format: "yaml" | "json", first: boolean): string {
  if (format === "json") return JSON.stringify(object, undefined, 2) + "\n";
  return `${first ? "" : "---\n"}${stringify(object, { lineWidth: -1, useAnchors: false })}`;
}

/** A FileIntegrityNodeStatus as text: what `kubectl get` would print, and the changes below it, in a table. */
export function statusText(
  status: FileIntegrityNodeStatus,
  format: OutputFormat,
  first: boolean,
): string {
  return format === "table" ? table(status, first) : objectText(status, format, first);
}

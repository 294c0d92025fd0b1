/** Options that need more than a table entry. */

import type { AssignmentLine } from "./config_line.ts";
import type { LineResult } from "./line_result.ts";
import { changed, refused, takenOut, unchanged } from "./line_result.ts";
import { hostRoot } from "./rebase.ts";

/** An option to convert; `value` is undefined where a macro's value isn't certain. */
export interface SpecialOption {
  name: string;
  value: string | undefined;
  parsed: AssignmentLine;
}

const reportLevels = [
  "minimal",
  "summary",
  "database_attributes",
  "list_entries",
  "changed_attributes",
  "added_removed_attributes",
  "added_removed_entries",
];

const logLevels = /^(error|warning|notice|info|compare|rule|config|debug|limit|thread|trace)$/;

const logLevelLine = "log_level=warning";
const reportLevelLine = "report_level=changed_attributes";

function logLevel(line: string, value: string | undefined): LineResult {
  if (!logLevels.test(value ?? "")) {
    return refused(line, "bad-value", "log_level has no such value; write warning");
  }
  if (value === "warning") return unchanged(line);
  const message =
    "AIDE's warnings tell which files it could not check; more than them fills the log";
  return changed(logLevelLine, "our-log-level", message);
}

function verbose(line: string, value: string | undefined): LineResult {
  if (!/^\d{1,3}$/.test(value ?? "")) {
    return refused(line, "bad-value", "verbose is a number; write log_level=warning");
  }
  return changed(logLevelLine, "renamed-option", "verbose is now log_level and report_level");
}

function reportLevel(line: string, value: string | undefined): LineResult {
  const level = reportLevels.indexOf(value ?? "");
  if (level < 0) {
    return refused(line, "bad-value", "report_level has no such value; write changed_attributes");
  }
  if (level >= reportLevels.indexOf("changed_attributes")) return unchanged(line);
  return changed(
    reportLevelLine,
    "hides-changes",
    "a lower level leaves changes out of the report",
  );
}

function rootPrefix(line: string, value: string | undefined): LineResult {
  const prefix = value?.replace(/(.)\/+$/, "$1");
  if (prefix === hostRoot || prefix === "/") {
    return takenOut(line, "root-prefix", `every rule is below ${hostRoot} already`);
  }
  const message =
    `only ${hostRoot} is the host's root; remove root_prefix and write the whole path in the rules`;
  return refused(line, "root-prefix", message);
}

// What chattr(1) calls read-only: the file system sets these by itself.
const readOnlyFlags = "VNIE";

function ignoredFlags(line: string, option: SpecialOption): LineResult {
  const value = option.value ?? "";
  if (value === "0") return unchanged(line);
  if (!/^[A-Za-z]+$/.test(value)) {
    return refused(line, "bad-value", `${option.name} takes letters of chattr(1), or 0`);
  }
  const kept = [...value].filter((flag) => readOnlyFlags.includes(flag)).join("");
  if (kept === value) return unchanged(line);
  const message =
    `only the flags that the file system sets by itself (${readOnlyFlags}) can be ignored`;
  if (kept === "") return takenOut(line, "hides-changes", message);
  return changed(`${option.name}=${kept}`, "hides-changes", message);
}

/** Converts an option that `optionByName` calls special. */
export function convertSpecialOption(line: string, option: SpecialOption): LineResult {
  switch (option.name) {
    case "log_level":
      return logLevel(line, option.value);
    case "verbose":
      return verbose(line, option.value);
    case "report_level":
      return reportLevel(line, option.value);
    case "root_prefix":
      return rootPrefix(line, option.value);
    default:
      return ignoredFlags(line, option);
  }
}

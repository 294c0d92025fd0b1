/** The configuration of one AIDE run on one machine. */

import type { AideVersion } from "./aide_version.ts";
import { atLeast } from "./aide_version.ts";
import { formatCondition, parseCondition } from "./condition.ts";
import type { ConfigLine } from "./config_line.ts";
import { parseConfigLine } from "./config_line.ts";
import { escapeString, stringParts } from "./config_string.ts";
import { optionByName } from "./option_policy.ts";
import { hostRoot } from "./rebase.ts";
import { regexShape } from "./regex_text.ts";

/** Where one AIDE run reads and writes. All paths are absolute paths of the machine that it runs on. */
export interface Place {
  /** Root of the host's file system: "/", or where it is mounted, for example "/hostroot". */
  root: string;
  databaseIn: string;
  databaseOut: string;
  /** File that takes the plain report; the JSON report goes to stdout. */
  textReport: string;
  /** Directory that every scan changes: where it is below the root, it is left out. */
  stateDirectory?: string;
  aide: AideVersion;
  /** Threads that hash; 0 hashes in the thread that scans. */
  workers: number;
}

/** Options that the appended lines set: AIDE takes the first of some and the last of others, so none may stay. */
const replaced: ReadonlySet<string> = new Set([
  "database_in",
  "database_out",
  "database_attrs",
  "report_url",
  "report_format",
  "root_prefix",
  "num_workers",
]);

function pathString(path: string, what: string): string {
  if (!path.startsWith("/")) throw new RangeError(`The ${what} must be an absolute path: ${path}`);
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]|[\ud800-\udfff]/u.test(path)) {
    throw new RangeError(`The ${what} has a character that AIDE's configuration can't express`);
  }
  return escapeString(path);
}

/** A rule's pattern as AIDE sees it behind `root_prefix`, where the host's root is "/". */
function withoutRoot(regex: string, line: number): string {
  const rest = regex.slice(hostRoot.length);
  if (!regex.startsWith(hostRoot) || !/^($|[/$(])/.test(rest)) {
    throw new RangeError(
      `Line ${line} is not of a converted configuration: ${regex.slice(0, 200)}`,
    );
  }
  // AIDE wants a slash first. `/{0}` is one that matches nothing.
  if (rest.startsWith("(")) return `/{0}${rest}`;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function localizeCondition(text: string, parsed: ConfigLine, root: string): string {
  const condition = parsed.kind === "macro" ? parseCondition(parsed.rest.text) : undefined;
  if (condition?.operator !== "exists" || !condition.argument.startsWith(hostRoot)) return text;
  const argument = (root === "/" ? "" : root) + condition.argument.slice(hostRoot.length);
  return formatCondition({ ...condition, argument: argument === "" ? "/" : argument });
}

function localizeLine(text: string, line: number, root: string, pruning: boolean): string {
  const parsed = parseConfigLine(text);
  if (parsed.kind === "macro" && parsed.name.text === "if") {
    return localizeCondition(text, parsed, root);
  }
  if (parsed.kind === "assignment") {
    const name = optionByName(parsed.name.text)?.name;
    return name !== undefined && replaced.has(name) ? `# replaced: ${text}` : text;
  }
  if (parsed.kind !== "rule") return text;
  const { sign, regex, fileTypes, expression } = parsed;
  const restricted = (fileTypes ?? expression)?.text ?? "0";
  const pattern = withoutRoot(regex.text, line);
  // With file types, 0.18 looks below what `!` leaves out as well.
  const excludes = sign.text === "!" && restricted === "0" && pruning;
  const written = excludes ? pruningExclude(pattern) : sign.text + pattern;
  return text.slice(0, sign.start) + written + text.slice(regex.end);
}

/**
 * An exclude that means for 0.19 what `!` means for 0.18. From 0.19 on `!` looks below what it leaves out, and `-` does
 * not. Where another rule comes first and does look there, only a pattern that matches what is below keeps it out; and
 * what matches "/" itself leaves out just that, so that `-` would do too much.
 */
function pruningExclude(pattern: string): string {
  const regex = stringParts(pattern).map((part) => "text" in part ? part.text : "@").join("");
  const before = /^(.*)\$$/s.exec(regex)?.[1];
  const anchored = before !== undefined && before !== "/" && !regex.includes("\\Q") &&
    /(?:^|[^\\])(?:\\\\)*$/.test(before);
  const below = anchored ? `${pattern.slice(0, -1)}(/|$)` : pattern;
  return matchesMoreThanRoot(regex) ? `-${below}` : `!${below}`;
}

/** Whether a pattern certainly does not match "/": its first name starts with a plain character, or it has two slashes. */
function matchesMoreThanRoot(regex: string): boolean {
  if (/^\/(?:\\[^A-Za-z0-9]|[^\\.([{$^|*+?@])(?![*?{])/.test(regex)) return true;
  const { marks } = regexShape(regex);
  const open = marks.find((mark) => mark.char === "(" && mark.depth === 0)?.at ?? regex.length;
  const close = marks.findLast((mark) => mark.char === ")" && mark.depth === 0)?.at ?? 0;
  return [regex.slice(2, open), regex.slice(Math.max(2, close + 1))]
    .some((part) => /^[^[\\]*\/(?![*?{])/.test(part));
}

/**
 * Rules that leave the state directory out. The second is filed under the directory itself, deeper than any rule for
 * what is around it, and so wins for everything in it; only a rule that names the directory can still select that.
 */
function leaveOut(root: string, directory: string, pruning: boolean): string[] {
  const below = root === "/" ? directory : directory.slice(root.length);
  if (!`${directory}/`.startsWith(root === "/" ? "/" : `${root}/`) || below === "") return [];
  const path = pathString(below.replaceAll(/[^A-Za-z0-9/_-]/gu, "\\$&"), "state directory");
  const sign = pruning ? "-" : "!";
  return [`${sign}${path}(/|$)`, `${sign}${path}/`];
}

/**
 * Makes the configuration of one AIDE run out of a converted one (`convertConfig` without faults). Every line keeps its
 * number, so that a line in AIDE's errors is the user's. Throws a RangeError for a text that is not converted, for paths
 * that AIDE's configuration can't express and for an AIDE before 0.18.
 */
export function localizeConfig(converted: string, at: Place): string {
  if (!atLeast(at.aide, 0, 18)) {
    throw new RangeError(
      `Cannot write a configuration for AIDE ${at.aide.text}, which is older than 0.18`,
    );
  }
  if (!Number.isSafeInteger(at.workers) || at.workers < 0) {
    throw new RangeError(`The number of workers must be 0 or more: ${at.workers}`);
  }
  const root = pathString(at.root, "root").replace(/(.)\/+$/, "$1");
  const pruning = atLeast(at.aide, 0, 19);
  const lines = converted.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const local = lines.map((text, index) => localizeLine(text, index + 1, root, pruning));
  return [
    ...local,
    ...(at.stateDirectory === undefined
      ? []
      : leaveOut(at.root.replace(/(.)\/+$/, "$1"), at.stateDirectory, pruning)),
    ...(root === "/" ? [] : [`root_prefix=${root}`]),
    `database_in=file:${pathString(at.databaseIn, "database to read")}`,
    `database_out=file:${pathString(at.databaseOut, "database to write")}`,
    "database_attrs=E",
    `num_workers=${at.workers}`,
    "report_format=plain",
    `report_url=file:${pathString(at.textReport, "report file")}`,
    "report_format=json",
    "report_url=stdout",
    "",
  ].join("\n");
}

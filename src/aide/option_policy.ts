/** What becomes of each option of aide.conf. */

import type { NoteReason } from "./conversion.ts";

/** The treatment of an option. */
export type OptionPolicy =
  /** Kept when its value is yes, true, no or false. */
  | { kind: "flag" }
  /** Kept as it is. */
  | { kind: "text" }
  /** Kept; the value is an attribute expression. */
  | { kind: "attributes"; hashesOnly: boolean }
  /** Kept with the one value that the operator works with, otherwise taken out. */
  | { kind: "fixed"; values: readonly string[]; reason: NoteReason; why: string }
  /** Replaced by the operator's line, which stands once. */
  | { kind: "ours"; line: string; reason: NoteReason; why: string }
  /** Taken out. */
  | { kind: "remove"; reason: NoteReason; why: string }
  /** Has a converter of its own. */
  | { kind: "special" };

/** An option by any name that it had: `name` is the one of AIDE 0.18 and 0.19. */
export interface Option {
  name: string;
  policy: OptionPolicy;
}

const yes = ["yes", "true"];
const no = ["no", "false"];

/** Where the converted configuration defines the operator's directories. */
export const stateDirectory = "/var/lib/file-integrity";

/** Lines that every converted configuration has, in the order in which missing ones are added. */
export const ourLines = {
  DBDIR: `@@define DBDIR ${stateDirectory}`,
  LOGDIR: `@@define LOGDIR ${stateDirectory}`,
  database_in: "database_in=file:@@{DBDIR}/aide.db.gz",
  database_out: "database_out=file:@@{DBDIR}/aide.db.gz.new",
  gzip_dbout: "gzip_dbout=yes",
  report_url: "report_url=file:@@{LOGDIR}/aide.log.new",
} as const;

const flag: OptionPolicy = { kind: "flag" };

function database(line: string): OptionPolicy {
  return {
    kind: "ours",
    line,
    reason: "our-database",
    why: "the database is kept, checked and replaced by the operator, in its own directory",
  };
}

function hides(why: string): OptionPolicy {
  return { kind: "remove", reason: "hides-changes", why };
}

function fixed(values: readonly string[], reason: NoteReason, why: string): OptionPolicy {
  return { kind: "fixed", values, reason, why };
}

const ignoring = hides(
  "it would keep changes out of the report and the result; leave the attributes out of the groups instead",
);

const grouped = fixed(yes, "our-report", "the operator reads the report in its grouped form");
const summarized = fixed(yes, "our-report", "the operator reads the report in its summarized form");

const policies: Record<string, OptionPolicy> = {
  database_in: database(ourLines.database_in),
  database_out: database(ourLines.database_out),
  database_new: {
    kind: "remove",
    reason: "our-database",
    why: "the operator compares with the host, not with another database",
  },
  database_attrs: { kind: "attributes", hashesOnly: true },
  database_add_metadata: flag,
  gzip_dbout: fixed(yes, "our-database", "the database is compressed"),
  log_level: { kind: "special" },
  report_level: { kind: "special" },
  root_prefix: { kind: "special" },
  report_ignore_e2fsattrs: { kind: "special" },
  acl_no_symlink_follow: flag,
  warn_dead_symlinks: flag,
  config_check_warn_unrestricted_rules: flag,
  config_version: { kind: "text" },
  num_workers: {
    kind: "remove",
    reason: "our-workers",
    why: "the number of workers follows the processors that the scanner may use",
  },
  report_url: {
    kind: "ours",
    line: ourLines.report_url,
    reason: "our-report",
    why: "the report goes to the operator, and nowhere else",
  },
  report_format: fixed(
    ["plain"],
    "our-report",
    "the operator takes the report in the forms that it needs",
  ),
  report_base16: flag,
  report_detailed_init: fixed(no, "our-report", "a new baseline would list every file of the host"),
  report_quiet: fixed(no, "our-report", "a scan without a report proves nothing"),
  report_append: fixed(no, "our-report", "each scan has its own report"),
  report_grouped: grouped,
  report_summarize_changes: summarized,
  report_ignore_added_attrs: ignoring,
  report_ignore_removed_attrs: ignoring,
  report_ignore_changed_attrs: ignoring,
  report_force_attrs: { kind: "attributes", hashesOnly: false },
  verbose: { kind: "special" },
  recstop: { kind: "remove", reason: "removed-option", why: "AIDE never implemented it" },
};

/** Names that options had in older versions of AIDE. */
const oldNames: Record<string, string> = {
  database: "database_in",
  grouped: "report_grouped",
  summarize_changes: "report_summarize_changes",
  ignore_list: "report_ignore_changed_attrs",
  report_attributes: "report_force_attrs",
};

/** Finds an option by the name that it has, or had, in AIDE 0.15 to 0.19. */
export function optionByName(name: string): Option | undefined {
  const current = Object.hasOwn(oldNames, name) ? oldNames[name] ?? name : name;
  const policy = Object.hasOwn(policies, current) ? policies[current] : undefined;
  return policy === undefined ? undefined : { name: current, policy };
}

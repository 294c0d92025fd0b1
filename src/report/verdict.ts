import type { ExitMeaning } from "../aide/exit_code.ts";
import type { Change, Unverified } from "../api/node_status.ts";
import type { ErrorReason } from "../api/error_reasons.ts";
import type { Counts, Report } from "./report.ts";
import type { Evidence } from "./stderr.ts";

/** What one full check left behind. */
export interface CheckEvidence {
  exit: ExitMeaning;
  /** The plain report that people read. */
  plain: Report;
  /** The JSON report, from which typed changes come. */
  json: Report;
  stderr: Evidence;
  /** Entries of the baseline; nothing when only some paths were looked at, which proves nothing about coverage. */
  baselineEntries?: number;
}

/** Paths that could not be verified: how many, and a bounded list of them. */
export interface UnverifiedPaths {
  total: number;
  items: Unverified[];
}

/** A difference to the baseline, exactly counted, with a bounded list. */
export interface Differences {
  counts: Counts;
  items: Change[];
  truncated: boolean;
  digest: string;
}

/** What a scan proves. `Succeeded` is only ever said with proof; everything doubtful is `Errored`. */
export type Verdict =
  | { condition: "Succeeded" }
  | { condition: "Failed"; differences: Differences; unverified: UnverifiedPaths }
  | {
    condition: "Errored";
    reason: ErrorReason;
    message: string;
    unverified?: UnverifiedPaths;
    /** What was listed all the same. */
    differences?: Differences;
  };

/** A baseline of fewer entries may lose more than half of them in an honest way. */
const collapseFrom = 100;

const total = (counts: Counts): number => counts.added + counts.changed + counts.removed;

const sameCounts = (a: Counts, b: Counts): boolean =>
  a.added === b.added && a.changed === b.changed && a.removed === b.removed;

const say = (counts: Counts): string =>
  `${counts.added} added, ${counts.changed} changed, ${counts.removed} removed`;

function errored(reason: ErrorReason, message: string, said: readonly string[] = []): Verdict {
  return { condition: "Errored", reason, message: [message, ...said].join("; ") };
}

/** Paths whose attributes differ although AIDE lists no change of them: their hash was dropped on one side. */
function attributeGaps(json: Report): UnverifiedPaths {
  const listed = new Set(json.changes.map((change) => change.path));
  const gaps = json.differentAttributes.items.filter((item) => !listed.has(item.path));
  const hidden = json.differentAttributes.total - json.differentAttributes.items.length;
  return {
    total: gaps.length + hidden,
    items: gaps.map(({ path, attributes }) => ({
      path,
      reason: attributes.includes("+") ? "not-in-baseline-hash" : "attributes-differ",
    })),
  };
}

/** Joins what stderr and the report say could not be verified; a path that both name counts once. */
export function unverifiedPaths(stderr: Evidence, json: Report): UnverifiedPaths {
  const known = new Set(stderr.unverified.items.map((item) => item.path));
  const gaps = attributeGaps(json);
  const more = gaps.items.filter((item) => !known.has(item.path));
  return {
    total: stderr.unverified.total + gaps.total - (gaps.items.length - more.length),
    items: [...stderr.unverified.items, ...more],
  };
}

function incomplete({ plain, json, stderr }: CheckEvidence): Verdict | undefined {
  const fault = [...json.faults, ...plain.faults][0];
  if (!json.complete) {
    const seen = total(json.listed) > 0 ? `, after listing ${say(json.listed)}` : "";
    return errored(
      "report-incomplete",
      `AIDE's report is incomplete${seen}${fault === undefined ? "" : `: ${fault}`}`,
      stderr.errors,
    );
  }
  if (!plain.complete) {
    return errored(
      "report-incomplete",
      `AIDE's log is incomplete (its other report lists ${say(json.claimed)})` +
        (fault === undefined ? "" : `: ${fault}`),
      stderr.errors,
    );
  }
  if (!sameCounts(plain.claimed, json.claimed) || plain.entries !== json.entries) {
    return errored(
      "report-contradicts",
      `AIDE's two reports disagree: ${say(plain.claimed)} against ${say(json.claimed)}`,
    );
  }
  return undefined;
}

function contradiction({ exit, json }: CheckEvidence): Verdict | undefined {
  if (exit.kind === "error") return undefined;
  const bits = exit.kind === "none"
    ? { added: false, changed: false, removed: false }
    : { added: exit.added, changed: exit.changed, removed: exit.removed };
  const agrees = bits.added === json.claimed.added > 0 &&
    bits.changed === json.claimed.changed > 0 &&
    bits.removed === json.claimed.removed > 0;
  const outline = json.outline === (exit.kind === "none" ? "none" : "differences");
  if (agrees && outline) return undefined;
  return errored(
    "report-contradicts",
    `AIDE's exit status and its report disagree: the report lists ${say(json.claimed)}`,
  );
}

function differencesOf(json: Report): Differences {
  const { claimed, changes, truncated, digest } = json;
  return { counts: claimed, items: changes, truncated, digest };
}

function coverage({ json, baselineEntries }: CheckEvidence): Verdict | undefined {
  if (baselineEntries === undefined) return undefined;
  const kept = Math.max(baselineEntries - json.claimed.removed, 0);
  const collapsed = baselineEntries >= collapseFrom ? kept * 2 < baselineEntries : kept === 0;
  if (!collapsed) return undefined;
  return {
    condition: "Errored",
    reason: "coverage-collapsed",
    message: `Only ${kept} of ${baselineEntries} entries of the baseline were found ` +
      `(${say(json.claimed)}): is the host root mounted, and all of it?`,
    differences: differencesOf(json),
  };
}

function unverified(paths: UnverifiedPaths): Verdict | undefined {
  if (paths.total === 0) return undefined;
  const named = paths.items.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`).join(", ");
  const more = paths.total > 3 ? ` and ${paths.total - 3} more` : "";
  return {
    condition: "Errored",
    reason: "unverified",
    message: `${paths.total} path${
      paths.total === 1 ? "" : "s"
    } could not be verified: ${named}${more}`,
    unverified: paths,
  };
}

/**
 * Judges one full check. AIDE's exit status alone is not a verdict: it says 0 for files whose hash it dropped, and
 * 1 to 7 for databases that it could not read. The report, its two forms, stderr and the baseline must all agree.
 */
export function judge(evidence: CheckEvidence): Verdict {
  const { exit, json, stderr } = evidence;
  if (exit.kind === "error") return errored(exit.reason, exit.message, stderr.errors);
  const doubt = incomplete(evidence) ?? contradiction(evidence);
  if (doubt !== undefined) return doubt;
  if (stderr.errors.length > 0) return errored("aide-error", "AIDE reported errors", stderr.errors);
  const lost = coverage(evidence);
  if (lost !== undefined) return lost;
  const paths = unverifiedPaths(stderr, json);
  if (exit.kind === "none") return unverified(paths) ?? { condition: "Succeeded" };
  return {
    condition: "Failed",
    differences: differencesOf(json),
    unverified: paths,
  };
}

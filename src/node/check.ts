import type { AideVersion } from "../aide/aide_version.ts";
import { limitRegex } from "../aide/limit_regex.ts";
import { plainReportParser } from "../report/plain_report.ts";
import { afterLook, concludeRecheck, type Recheck, startRecheck } from "../report/recheck.ts";
import type { Report } from "../report/report.ts";
import { judge, type Verdict } from "../report/verdict.ts";
import { requireRoot } from "./host_root.ts";
import type { LogText } from "./log_text.ts";
import type { Parts } from "./parts.ts";
import { runAide } from "./run_aide.ts";

/** The baseline that a check is made against. */
export interface CheckedBaseline {
  database: string;
  /** The configuration that built it, as a cluster holds it. */
  config: string;
  entries: number;
}

/** A full check and its log. */
export interface CheckResult {
  verdict: Verdict;
  /** Entries that AIDE looked at. */
  entries: number;
  /** The log of this very check; nothing when AIDE did not finish it. */
  log?: LogText;
}

/** How often a path that changes while it is hashed is looked at again. */
const looks = 3;

async function readPlain(parts: Parts, path: string): Promise<Report> {
  const parser = plainReportParser();
  const stream = await parts.disk.open(path);
  if (stream !== undefined) { for await (const chunk of stream) parser.push(chunk); }
  return parser.end();
}

/** One run of AIDE against the baseline, over everything or over the paths of a limit. */
async function look(
  parts: Parts,
  aide: AideVersion,
  baseline: CheckedBaseline,
  textReport: string,
  limit: string | undefined,
  signal: AbortSignal,
): Promise<{ verdict: Verdict; entries: number; plain: Report }> {
  await parts.disk.remove(textReport);
  const answer = await runAide(parts, aide, {
    config: baseline.config,
    databaseIn: baseline.database,
    databaseOut: parts.files.draft,
    textReport,
    args: limit === undefined ? [] : [`--limit=${limit}`],
  }, signal);
  const plain = await readPlain(parts, textReport);
  const coverage = limit === undefined ? { baselineEntries: baseline.entries } : {};
  return { verdict: judge({ ...answer, plain, ...coverage }), entries: answer.json.entries, plain };
}

/** More than a small file takes of a block that is not full. */
const room = 65_536;

/** Throws what the disk says where it has no room. */
async function requireRoom({ disk, files }: Parts): Promise<void> {
  await disk.write(files.draft, " ".repeat(room));
  await disk.remove(files.draft);
}

function remarkOn({ pending }: Recheck): string {
  if (pending.length === 0) return "";
  const lines = pending.map(({ path }) => `/hostroot${path}\n`).join("");
  return `\nChanged during each of ${looks + 1} attempts to hash them:\n\n${lines}`;
}

/**
 * Checks the host against a baseline with the configuration that built it. The caller has held the baseline against
 * its anchor, and does so again afterwards. Throws faults; every other outcome is in the verdict.
 */
export async function checkHost(
  parts: Parts,
  aide: AideVersion,
  baseline: CheckedBaseline,
  signal: AbortSignal,
): Promise<CheckResult> {
  await requireRoot(parts);
  const { disk, files } = parts;
  const full = await look(parts, aide, baseline, files.draftLog, undefined, signal);
  if (!full.plain.complete) {
    // A full disk cuts the log short, of which AIDE says nothing; so long as that half is there, it is full.
    await requireRoom(parts);
    // Half a log is none, and on a full disk it takes the room that the record of the fault needs.
    await disk.remove(files.draftLog);
    return { verdict: full.verdict, entries: full.entries };
  }
  await disk.sync(files.draftLog);
  await disk.rename(files.draftLog, files.log);

  const log: LogText = { files: [files.log], remark: "" };
  let recheck = startRecheck(full.verdict);
  if (recheck.pending.length === 0) return { verdict: full.verdict, entries: full.entries, log };
  for (let round = 1; round <= looks && recheck.pending.length > 0; round++) {
    const limit = limitRegex(recheck.pending.map(({ path }) => path));
    if (limit === undefined) return { verdict: full.verdict, entries: full.entries, log };
    parts.log.debug("Looking again at {count} paths that changed while they were hashed", {
      count: recheck.pending.length,
      round,
    });
    const path = `${files.pathsLog}-${round}`;
    const again = await look(parts, aide, baseline, path, limit, signal);
    recheck = afterLook(recheck, again.verdict);
    if (again.verdict.condition === "Failed") log.files.push(path);
    if (recheck.fault !== undefined) break;
  }
  log.remark = remarkOn(recheck);
  return { verdict: concludeRecheck(recheck), entries: full.entries, log };
}

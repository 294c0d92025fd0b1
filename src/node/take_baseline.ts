import type { AideVersion } from "../aide/aide_version.ts";
import { limitRegex } from "../aide/limit_regex.ts";
import type { BaselineReason } from "../api/reasons.ts";
import { type UnverifiedPaths, unverifiedPaths } from "../report/verdict.ts";
import type { BaselineStore } from "./baseline_store.ts";
import { NodeFault } from "./fault.ts";
import { requireRoot } from "./host_root.ts";
import { timestamp } from "../base/timestamp.ts";
import type { Parts } from "./parts.ts";
import { type AideAnswer, runAide } from "./run_aide.ts";

/** The record of a baseline, without what it absorbed. */
export interface TakenBaseline {
  digest: string;
  configDigest: string;
  entries: number;
  aideVersion: string;
  created: string;
  reason: BaselineReason;
  requestID?: string;
}

/** What a new baseline is to be. */
export interface BaselineTask {
  config: string;
  configDigest: string;
  reason: BaselineReason;
  requestID?: string;
  /** When the one before it was taken, RFC 3339; the new one is at least a second younger, and so are its backups. */
  after?: string;
}

/** How often a path that changes while it is hashed is hashed again. */
const attempts = 3;

function requireClean(answer: AideAnswer, doing: string): void {
  const { exit, stderr, json } = answer;
  if (exit.kind === "error") {
    throw new NodeFault(exit.reason, [`${doing}: ${exit.message}`, ...stderr.errors].join("; "));
  }
  if (stderr.errors.length > 0) {
    throw new NodeFault(
      "aide-error",
      [`${doing}: AIDE reported errors`, ...stderr.errors].join("; "),
    );
  }
  if (!json.complete) {
    const fault = json.faults[0] === undefined ? "" : `: ${json.faults[0]}`;
    throw new NodeFault("report-incomplete", `${doing}: AIDE's report is incomplete${fault}`);
  }
}

const doing = "Baseline could not be taken";

function refuseUnverified({ total, items }: UnverifiedPaths): never {
  const named = items.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`).join(", ");
  const more = total > 3 ? ` and ${total - 3} more` : "";
  throw new NodeFault(
    "unverified",
    `${doing}: ${total} path${total === 1 ? "" : "s"} can't be recorded: ${named}${more}. ` +
      "Such a baseline would never see them change: mend what the reason says, or exclude them",
  );
}

/**
 * The paths that a look for missing hashes gave no proof of: AIDE names an entry that has got its hash, and one that is
 * gone. Without this, a name that is made to be misread as another's would get a baseline without its hash.
 */
function withoutNewHash(asked: UnverifiedPaths, { json, stderr }: AideAnswer): UnverifiedPaths {
  const settled = new Set([
    ...json.differentAttributes.items.map(({ path }) => path),
    ...json.changes.filter(({ kind }) => kind === "removed").map(({ path }) => path),
    ...stderr.unverified.items.map(({ path }) => path),
  ]);
  const items = asked.items.filter(({ path }) => !settled.has(path));
  return { total: items.length, items };
}

/** Hashes again, and only, what changed while it was hashed; a path without a hash would be invisible for ever. */
async function heal(
  parts: Parts,
  aide: AideVersion,
  task: BaselineTask,
  first: UnverifiedPaths,
  signal: AbortSignal,
): Promise<void> {
  const { disk, files } = parts;
  let open = first;
  for (let attempt = 1; open.total > 0; attempt++) {
    const unstable = open.items.every((item) => item.reason === "changed-while-hashed");
    const limit = limitRegex(open.items.map((item) => item.path));
    if (attempt > attempts || !unstable || open.total > open.items.length || limit === undefined) {
      refuseUnverified(open);
    }
    const answer = await runAide(parts, aide, {
      config: task.config,
      databaseIn: files.draft,
      databaseOut: files.healed,
      textReport: files.draftLog,
      args: ["--update", `--limit=${limit}`],
    }, signal);
    requireClean(answer, doing);
    const unhealed = withoutNewHash(open, answer);
    if (unhealed.total > 0) refuseUnverified(unhealed);
    await disk.rename(files.healed, files.draft);
    open = answer.stderr.unverified;
  }
}

/**
 * Takes a new baseline and leaves it, verified and on the disk, beside the one in use. It becomes the baseline when
 * its record has been published and `BaselineStore.switchOver` has run.
 */
export async function takeBaseline(
  parts: Parts,
  aide: AideVersion,
  store: BaselineStore,
  task: BaselineTask,
  signal: AbortSignal,
): Promise<TakenBaseline> {
  const { disk, files, clock } = parts;
  await requireRoot(parts);
  await store.tidy();
  await disk.write(files.nextConfig, task.config);
  const answer = await runAide(parts, aide, {
    config: task.config,
    databaseIn: files.healed,
    databaseOut: files.draft,
    textReport: files.draftLog,
    args: ["--init"],
  }, signal);
  if (answer.exit.kind !== "error" && answer.json.complete && answer.json.entries === 0) {
    throw new NodeFault(
      "nothing-selected",
      `${doing}: the configuration selects nothing below ${parts.root}: check its rules`,
    );
  }
  requireClean(answer, doing);
  await heal(parts, aide, task, unverifiedPaths(answer.stderr, answer.json), signal);

  const facts = await store.inspect(files.draft);
  if (facts === undefined || !facts.complete || facts.entries !== answer.json.entries) {
    const why = facts?.fault ?? `${facts?.entries ?? 0} entries instead of ${answer.json.entries}`;
    throw new NodeFault("database-error", `${doing}: AIDE wrote a broken database: ${why}`);
  }
  const { total, items } = facts.longLinks;
  if (total > 0) {
    refuseUnverified({ total, items: items.map((path) => ({ path, reason: "link-too-long" })) });
  }
  await disk.sync(files.draft);
  await disk.rename(files.draft, files.nextDatabase);
  await disk.remove(files.draftLog);
  await disk.sync(files.directory);

  const earliest = task.after === undefined ? 0 : Date.parse(task.after) + 1000;
  return {
    digest: facts.digest,
    configDigest: task.configDigest,
    entries: facts.entries,
    aideVersion: aide.text,
    created: timestamp(Math.max(clock.now(), earliest)),
    reason: task.reason,
    ...(task.requestID === undefined ? {} : { requestID: task.requestID }),
  };
}

import type { AideVersion } from "../aide/aide_version.ts";
import type { NodeStep } from "../plan/node_step.ts";
import type { Verdict } from "../report/verdict.ts";
import type { ErrorReason } from "../api/error_reasons.ts";
import type { BaselineReason } from "../api/reasons.ts";
import type { BaselineStore, Settled } from "./baseline_store.ts";
import { checkHost, type CheckResult } from "./check.ts";
import { timestamp } from "../base/timestamp.ts";
import { Moment } from "../system/moment.ts";
import { NodeFault } from "./fault.ts";
import { openLog } from "./log_text.ts";
import type { Orders } from "./orders.ts";
import { requireOwnNames } from "./own_directory.ts";
import type { Parts } from "./parts.ts";
import type { Absorbed, Publication, PublishedLog } from "./publisher.ts";
import { clusterRemedies } from "./remedies.ts";
import { requireAide } from "./run_aide.ts";
import { takeBaseline, type TakenBaseline } from "./take_baseline.ts";

/** A step that does something. */
export type Work = Exclude<NodeStep, { kind: "wait" }>;

/** What a turn needs to know beside its parts. */
export interface Turn {
  parts: Parts;
  store: BaselineStore;
  orders: Orders;
  /** The record of the baseline in use; none before the first. */
  anchor: TakenBaseline | undefined;
  signal: AbortSignal;
}

/** Faults of the old baseline itself: a new one is the only way on, so they do not stand in its way. */
const unlookable: ReadonlySet<ErrorReason> = new Set<ErrorReason>([
  "baseline-lost",
  "baseline-altered",
  "config-error",
  "hash-refused",
  "version-mismatch",
  "database-error",
  "coverage-collapsed",
  "unverified",
]);

/** Of those, the ones for which somebody has to answer. */
const losses: ReadonlySet<ErrorReason> = new Set<ErrorReason>([
  "baseline-lost",
  "baseline-altered",
]);

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1000;

function publishedLog(parts: Parts, check: CheckResult): PublishedLog | undefined {
  const { log, verdict } = check;
  if (log === undefined || verdict.condition === "Succeeded") return undefined;
  const counts = verdict.differences?.counts;
  return counts === undefined ? undefined : { counts, open: () => openLog(parts.disk, log) };
}

type Errored = Extract<Verdict, { condition: "Errored" }>;

function countsOf(verdict: Verdict): Partial<Publication["result"]> {
  if (verdict.condition !== "Failed") return {};
  const { added, changed, removed } = verdict.differences.counts;
  return {
    ...(added > 0 ? { filesAdded: added } : {}),
    ...(changed > 0 ? { filesChanged: changed } : {}),
    ...(removed > 0 ? { filesRemoved: removed } : {}),
  };
}

/** What a scan without a verdict says, and what to do where a new baseline is the way on. */
function saying({ reason, message }: Errored, { remedies = clusterRemedies }: Parts): string {
  return reason === "coverage-collapsed"
    ? `${message} Where they are gone on purpose, ${remedies.newBaseline}`
    : message;
}

/** Makes what is published of a full scan that began at `began`. */
export function scanPublication(
  { parts, anchor }: Turn,
  aide: AideVersion,
  check: CheckResult,
  began: Moment,
): Publication {
  const { verdict } = check;
  const log = publishedLog(parts, check);
  const differences = verdict.condition === "Succeeded" ? undefined : verdict.differences;
  const unverified = verdict.condition === "Succeeded" ? undefined : verdict.unverified;
  return {
    result: {
      condition: verdict.condition,
      lastProbeTime: timestamp(parts.clock.now()),
      ...countsOf(verdict),
      ...(verdict.condition === "Errored"
        ? { errorMessage: saying(verdict, parts), errorReason: verdict.reason }
        : {}),
      scan: {
        start: timestamp(began.time),
        durationSeconds: seconds(began.age),
        entries: check.entries,
        configDigest: anchor?.configDigest ?? "",
        aideVersion: aide.text,
        scope: "full",
      },
      ...(differences === undefined ? {} : {
        changes: {
          ...differences.counts,
          digest: differences.digest,
          truncated: differences.truncated,
          items: differences.items,
        },
      }),
      ...(unverified === undefined || unverified.total === 0 ? {} : { unverified }),
    },
    ...(log === undefined ? {} : { log }),
  };
}

/** What new baselines that nobody has asked for come of. */
const occasions: Partial<Record<BaselineReason, string>> = {
  "config-change": "A changed configuration",
  "node-update": "An update of the node",
};

/**
 * A fault when the baseline is not the one that was recorded. `unasked` is what a new one would be for that nobody has
 * asked for, which is no answer to that.
 */
function requirePresent(settled: Settled, unasked?: BaselineReason): void {
  if (settled.state === "none" || settled.state === "present") return;
  const occasion = unasked === undefined ? undefined : occasions[unasked];
  const { state, message } = settled;
  const remedy = occasion === undefined
    ? settled.remedy
    : `${settled.remedy}. ${occasion} is no reason to replace it`;
  throw new NodeFault(state === "lost" ? "baseline-lost" : "baseline-altered", message, { remedy });
}

const recordLost = (database: string): string =>
  `Baseline lost: the node's status no longer records it, so nothing vouches for ${database} ` +
  "(was the status deleted?)";

/** Finishes a switch of baselines that was cut short; gives how the baseline in use stands to its record. */
async function settle({ store, anchor, orders, parts }: Turn): Promise<Settled> {
  await requireOwnNames(parts.disk, parts.files.directory);
  const settled = await store.settle(anchor, orders.maxBackups);
  if (settled.state === "unrecorded" && parts.recordKept === "in-cluster") {
    const { newBaseline } = parts.remedies ?? clusterRemedies;
    const remedy = `Find out why, then ${newBaseline}`;
    return { state: "lost", message: recordLost(parts.files.database), remedy };
  }
  if (settled.state === "present" && settled.switched) {
    parts.log.info("Finished the interrupted switch to the baseline {digest}", {
      digest: anchor?.digest,
    });
  }
  return settled;
}

/** Checks against the baseline, which the caller has held against its record. */
async function checkAnchored(turn: Turn, aide: AideVersion): Promise<CheckResult> {
  const { parts, anchor, signal } = turn;
  const { files, disk } = parts;
  const config = await disk.readText(files.config);
  if (anchor === undefined || config === undefined) {
    throw new NodeFault("baseline-lost", `Baseline lost: ${files.config} is missing`);
  }
  const result = await checkHost(
    parts,
    aide,
    { database: files.database, config, entries: anchor.entries },
    signal,
  );
  // AIDE read the files after they were held against the record: what it read must still be there.
  requirePresent(await turn.store.verify(anchor));
  return result;
}

async function checkTurn(turn: Turn): Promise<Publication> {
  const began = new Moment(turn.parts.clock);
  const aide = await requireAide(turn.parts, turn.signal);
  requirePresent(await settle(turn));
  await turn.store.tidy();
  return scanPublication(turn, aide, await checkAnchored(turn, aide), began);
}

function absorbedOf(parts: Parts, look: CheckResult): Absorbed {
  const { verdict } = look;
  if (verdict.condition === "Succeeded") return {};
  const log = publishedLog(parts, look);
  return {
    ...(verdict.differences === undefined ? {} : { differences: verdict.differences }),
    ...(verdict.unverified === undefined ? {} : { unverified: verdict.unverified }),
    ...(verdict.condition === "Errored" ? { note: verdict.message } : {}),
    ...(log === undefined ? {} : { log }),
  };
}

async function lookBack(
  turn: Turn,
  aide: AideVersion,
  unasked: BaselineReason | undefined,
): Promise<CheckResult | { fault: NodeFault }> {
  try {
    requirePresent(await turn.store.verify(turn.anchor), unasked);
    const look = await checkAnchored(turn, aide);
    const { verdict } = look;
    if (verdict.condition === "Errored" && !unlookable.has(verdict.reason)) {
      throw new NodeFault(verdict.reason, `Nothing was re-initialised: ${verdict.message}`);
    }
    return look;
  } catch (error) {
    if (!(error instanceof NodeFault) || !unlookable.has(error.reason)) throw error;
    if (unasked !== undefined && losses.has(error.reason)) throw error;
    return { fault: error };
  }
}

/**
 * Takes a new baseline. Where there is an old one, the host is looked at with it as well, after the new one has been
 * taken and before it counts: whatever changed before it was taken shows in that look, and what changes later shows in
 * the next scan, so no moment is left in which a change goes unseen.
 *
 * Where the old one is lost or altered, nobody knows what a new one would absorb: only one that was asked for, by
 * somebody or because the node is another one, is taken then. An update of the node asks for none of that kind.
 */
async function baselineTurn(turn: Turn, step: Work & { kind: "baseline" }): Promise<Publication> {
  const { parts, store, orders, anchor, signal } = turn;
  const began = new Moment(parts.clock);
  const aide = await requireAide(parts, signal);
  // A switch that was cut short is finished before anything new is made.
  const settled = await settle(turn);
  const isAsked = step.requestID !== undefined && occasions[step.reason] === undefined;
  const unasked = isAsked ? undefined : step.reason;
  if (!isAsked) requirePresent(settled, unasked);
  const isFirst = settled.state === "none" && step.reason !== "moved-over";
  const dropNext = async (error: unknown): Promise<never> => {
    await store.dropNext().catch(() => {}); // where that fails too, the error says why
    throw error;
  };
  const taken = await takeBaseline(parts, aide, store, {
    config: orders.config,
    configDigest: orders.configDigest,
    reason: isFirst ? "first" : step.reason,
    ...(step.requestID === undefined ? {} : { requestID: step.requestID }),
    ...(anchor === undefined ? {} : { after: anchor.created }),
  }, signal).catch(dropNext);
  let absorbed: Absorbed | undefined;
  // What lies there from before a time under another operator is as good as none, and becomes a backup.
  const lost = settled.state === "lost" && step.reason !== "moved-over";
  if (anchor === undefined && lost) absorbed = { note: settled.message };
  if (anchor !== undefined) {
    const look = await lookBack(turn, aide, unasked).catch(dropNext);
    const clean = "verdict" in look && look.verdict.condition === "Succeeded";
    if (step.reason === "config-change" && !orders.absorbOnConfigChange && !clean) {
      await store.dropNext();
      if ("fault" in look) throw look.fault;
      return { ...scanPublication(turn, aide, look, began), configWaits: true };
    }
    absorbed = "fault" in look ? { note: look.fault.problem } : absorbedOf(parts, look);
  }
  return {
    result: {
      condition: "Succeeded",
      lastProbeTime: timestamp(parts.clock.now()),
      scan: {
        start: timestamp(began.time),
        durationSeconds: seconds(began.age),
        entries: taken.entries,
        configDigest: taken.configDigest,
        aideVersion: taken.aideVersion,
        scope: "full",
      },
    },
    baseline: taken,
    ...(absorbed === undefined ? {} : { absorbed }),
  };
}

/** Carries out one step and gives what is to be published of it. Throws faults, and `CalledOff`. */
export function nodeTurn(turn: Turn, step: Work): Promise<Publication> {
  return step.kind === "check" ? checkTurn(turn) : baselineTurn(turn, step);
}

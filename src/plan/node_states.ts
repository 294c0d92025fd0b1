/** How the nodes of a FileIntegrity stand. */

import type { EffectiveSpec } from "../api/effective.ts";
import { annotations } from "../api/labels.ts";
import type { NodeCounts } from "../api/file_integrity_status.ts";
import { jitterShare } from "./node_step.ts";
import type { ObservedNode, ObservedNodeStatus } from "./observed.ts";

/** What a node is: its newest verdict, or that it builds the database for the next one. */
export type NodeVerdict = "initializing" | "succeeded" | "failed" | "errored";

/** How one node stands. */
export interface NodeState {
  node: ObservedNode;
  /** Undefined before the object was made. */
  status: ObservedNodeStatus | undefined;
  verdict: NodeVerdict;
  held: boolean;
  /** Whether it should have reported by now. */
  stale: boolean;
  /** When it is stale unless it reports; undefined where it need not report. Milliseconds since 1970. */
  reportsBy: number | undefined;
}

/** What nodes are judged by. */
export interface NodeJudgement {
  spec: EffectiveSpec;
  /** Digest of the active configuration; undefined before there is one. */
  configDigest: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

const minute = 60_000;
// How long the first baseline of a node may take, its image's download included, before somebody should look.
const firstReport = 60 * minute;
const slack = 2 * minute;

/** Whether a node has a request that its baseline does not answer yet. */
export function awaitsBaseline({ metadata, baseline }: ObservedNodeStatus): boolean {
  const asked = metadata.annotations?.[annotations.reInit];
  return asked !== undefined && asked !== baseline?.requestID;
}

function verdictOf(
  status: ObservedNodeStatus | undefined,
  configDigest: string | undefined,
): NodeVerdict {
  const condition = status?.lastResult?.condition;
  if (status === undefined || condition === undefined) return "initializing";
  if (condition === "Errored") return "errored";
  const outdated = configDigest !== undefined && status.baseline?.configDigest !== configDigest;
  if (awaitsBaseline(status) || outdated) return "initializing";
  return condition === "Failed" ? "failed" : "succeeded";
}

const hasOthersResult = ({ lastResult, baseline }: ObservedNodeStatus): boolean =>
  lastResult !== undefined && baseline === undefined && lastResult.lastTransitionTime === undefined;

/**
 * The time from which on a node is awaited, as its status has it: of its last result; of the object, where it has none;
 * or of the taking over, where the result is another operator's. Other machines wrote it, by their clocks.
 */
export function awaitedSince(status: ObservedNodeStatus): string | undefined {
  const { lastResult, metadata } = status;
  if (lastResult === undefined) return metadata.creationTimestamp;
  return hasOthersResult(status)
    ? metadata.annotations?.[annotations.movedOver]
    : lastResult.lastProbeTime;
}

function reportsBy(
  status: ObservedNodeStatus | undefined,
  spec: EffectiveSpec,
  now: number,
): number | undefined {
  if (status === undefined) return undefined;
  const { lastResult } = status;
  const said = Date.parse(awaitedSince(status) ?? "");
  const since = status.reportedAt ?? (Number.isNaN(said) ? undefined : said);
  if (lastResult === undefined) {
    return since === undefined ? undefined : since + spec.initialDelay * 1000 + firstReport;
  }
  // The first word of a node here takes as long as that of a new one.
  if (hasOthersResult(status)) return (since ?? now) + firstReport;
  if (since === undefined) return undefined;
  const scan = (lastResult.scan?.durationSeconds ?? 0) * 1000;
  // A scan may take twice as long as the last one, and a new baseline is two of them.
  return since + spec.gracePeriod * 1000 * (1 + jitterShare) + 4 * scan + slack;
}

/** How one node stands. */
export function nodeState(
  node: ObservedNode,
  status: ObservedNodeStatus | undefined,
  { spec, configDigest, now }: NodeJudgement,
): NodeState {
  const held = annotations.holdoff in (status?.metadata.annotations ?? {});
  const by = held ? undefined : reportsBy(status, spec, now);
  return {
    node,
    status,
    verdict: verdictOf(status, configDigest),
    held,
    stale: by !== undefined && now >= by,
    reportsBy: by,
  };
}

/** The numbers of nodes in each state. Held and stale nodes count under their verdict as well. */
export function nodeCounts(states: readonly NodeState[]): NodeCounts {
  const count = (has: (state: NodeState) => boolean): number => states.filter(has).length;
  return {
    desired: states.length,
    succeeded: count(({ verdict }) => verdict === "succeeded"),
    failed: count(({ verdict }) => verdict === "failed"),
    errored: count(({ verdict }) => verdict === "errored"),
    initializing: count(({ verdict }) => verdict === "initializing"),
    held: count(({ held }) => held),
    stale: count(({ stale }) => stale),
  };
}

/** How long nodes may be held before that is said louder, in milliseconds. */
const longHold = 24 * 60 * minute;

/** Since when the node is held that has been held for longest, RFC 3339; undefined where none is. */
export function oldestHold(states: readonly NodeState[]): string | undefined {
  const since = states.flatMap(({ held, status }) =>
    held ? status?.metadata.annotations?.[annotations.heldSince] ?? [] : []
  );
  return since.sort()[0];
}

/** The moment from which the longest hold is a long one, milliseconds since 1970; Infinity where there is none. */
export function holdLimit(states: readonly NodeState[]): number {
  const since = Date.parse(oldestHold(states) ?? "");
  return Number.isNaN(since) ? Infinity : since + longHold;
}

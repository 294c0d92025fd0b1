import type { BaselineReason } from "../api/reasons.ts";

/** A wish for a new baseline. `baseline.requestID` equals `id` once it has been carried out. */
export interface ReinitRequest {
  id: string;
  reason: BaselineReason;
}

/** What a node did last, so that it is not done again before it is due. */
export interface Attempt {
  /** The `stepKey` of that step. */
  key: string;
  /** When it ended, in milliseconds. */
  ended: number;
}

/**
 * Everything that decides what a node does next. Times and spans are milliseconds; times by a clock that is never set,
 * lest a time of day that is set makes a storm of scans or a long pause.
 */
export interface NodeView {
  /** The anchored baseline; none on a node that has never had one. */
  baseline?: { configDigest: string; requestID?: string };
  /** Digest of the configuration that the node should run. */
  configDigest: string;
  request?: ReinitRequest;
  /** No scan and no new baseline while true. */
  held: boolean;
  /** Nothing starts before this moment (initial delay). */
  notBefore: number;
  /** From the end of one scan to the start of the next. */
  interval: number;
  /** 0 to 1: where in the spread that keeps nodes from scanning together this pause falls. */
  jitter: number;
  /** When results that had been published were lost; what ended before does not count as done. */
  lostAt?: number;
  last?: Attempt;
}

/** Why a node waits. */
export type WaitReason = "held" | "initial-delay" | "interval";

/** The one thing that a node does next. */
export type NodeStep =
  | { kind: "wait"; why: WaitReason; until?: number }
  /** `reason` is why it is wanted; `first` where nobody asks and no baseline is recorded. */
  | { kind: "baseline"; reason: BaselineReason; requestID?: string; key: string }
  | { kind: "check"; key: string };

/** Share of the interval over which the start of a scan is spread. */
export const jitterShare = 0.1;

/** When the next scan is due after one that ended at `ended`. */
export function dueAfter(ended: number, view: Pick<NodeView, "interval" | "jitter">): number {
  return ended + Math.ceil(view.interval * (1 + jitterShare * view.jitter));
}

function wanted(view: NodeView): Exclude<NodeStep, { kind: "wait" }> {
  const { baseline, request, configDigest } = view;
  const asked = request !== undefined && request.id !== baseline?.requestID ? request : undefined;
  const unasked = baseline === undefined
    ? "first"
    : baseline.configDigest === configDigest
    ? undefined
    : "config-change";
  const reason = asked?.reason ?? unasked;
  if (reason === undefined) return { kind: "check", key: "check" };
  // What the baseline before it has answered, the one for a new configuration answers as well.
  const id = asked?.id ?? baseline?.requestID;
  return {
    kind: "baseline",
    reason,
    ...(id !== undefined && { requestID: id }),
    key: `${reason} ${asked?.id ?? ""} ${configDigest}`,
  };
}

/**
 * Decides what a node does now: a pure function of what it sees, and the only place where that is decided.
 * A step that has not been tried yet starts at once; one that was tried waits for the interval, whatever came of it,
 * so that a fault is retried but never in a tight loop.
 */
export function nextStep(view: NodeView, now: number): NodeStep {
  if (view.held) return { kind: "wait", why: "held" };
  if (now < view.notBefore) return { kind: "wait", why: "initial-delay", until: view.notBefore };
  const step = wanted(view);
  const { last } = view;
  if (last === undefined || last.ended <= (view.lostAt ?? -Infinity)) return step;
  const fresh = step.kind === "baseline" && step.key !== last.key;
  const due = dueAfter(last.ended, view);
  return !fresh && now < due ? { kind: "wait", why: "interval", until: due } : step;
}

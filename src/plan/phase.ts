import type { Phase } from "../api/file_integrity_status.ts";
import type { ConditionReason } from "../api/reasons.ts";
import type { NodeState } from "./node_states.ts";
import { listed, plural } from "./words.ts";

/** What a phase is decided by. */
export interface PhaseView {
  /** The phase that the status has; undefined for a FileIntegrity that was never looked at. */
  before: Phase | undefined;
  states: readonly NodeState[];
  /** Whether the DaemonSet is there, and its controller at work on it. */
  rolledOut: boolean;
  /** Why the wanted configuration is refused; undefined where it is not. */
  refused: string | undefined;
  /** Why there can be no pods as the spec wants them; undefined where there can. */
  refusedPods: string | undefined;
  /** The moment before which no node scans; milliseconds since 1970. */
  firstScan: number;
  now: number;
}

/** A phase, and the reason and message of the condition Ready. */
export interface PhaseDecision {
  phase: Phase;
  reason: ConditionReason;
  message: string;
}

function buildingMessage(states: readonly NodeState[]): string {
  const held = states.filter((state) => state.held).map(({ node }) => node.name);
  const built = states.filter((state) => !state.held).map(({ node }) => node.name);
  return [
    ...(built.length === 0
      ? []
      : [`Databases are being built on ${plural(built.length, "node")}: ${listed(built)}`]),
    ...(held.length === 0 ? [] : [
      `New databases wait for the hold of ${plural(held.length, "node")} to end: ${listed(held)}`,
    ]),
  ].join("; ");
}

/** Decides the phase: what a person who looks at one word should know first. */
export function decidePhase(view: PhaseView): PhaseDecision {
  const { before, states, rolledOut, refused, refusedPods, firstScan, now } = view;
  const named = (verdict: string): string[] =>
    states.filter((state) => state.verdict === verdict).map(({ node }) => node.name);
  const reported = states.some(({ status }) => status?.lastResult !== undefined);
  if (before === undefined) {
    return { phase: "Pending", reason: "DaemonSetPending", message: "It is being set up" };
  }
  if (refused !== undefined) return { phase: "Error", reason: "ConfigRefused", message: refused };
  if (refusedPods !== undefined) {
    return { phase: "Error", reason: "DaemonSetRefused", message: refusedPods };
  }
  if (states.length === 0) {
    return {
      phase: "Pending",
      reason: "NoNodes",
      message: "No node is selected: check spec.nodeSelector and spec.tolerations",
    };
  }
  const errored = named("errored");
  if (errored.length > 0) {
    return {
      phase: "Error",
      reason: "NodeErrors",
      message: `The scan of ${plural(errored.length, "node")} gave no verdict: ${listed(errored)}`,
    };
  }
  if (!rolledOut && !reported) {
    return { phase: "Pending", reason: "DaemonSetPending", message: "The pods are being set up" };
  }
  if (now < firstScan && !reported) {
    return {
      phase: "Pending",
      reason: "InitialDelay",
      message: "The first scan waits for spec.config.initialDelay",
    };
  }
  // A node that is down, or has been silent for long, must not hide how the others stand.
  const all = states.filter(({ verdict }) => verdict === "initializing");
  const up = all.filter(({ node, stale }) => node.ready && !stale);
  if (up.length > 0 || !reported) {
    const message = buildingMessage(up.length > 0 ? up : all);
    return { phase: "Initializing", reason: "Initializing", message };
  }
  return { phase: "Active", reason: "Scanning", message: "Scans go on" };
}

/** The conditions in the status of a FileIntegrity. */

import type { StatusCondition } from "../api/file_integrity_status.ts";
import type { ConditionReason, ConditionType } from "../api/reasons.ts";
import { holdLimit, type NodeState } from "./node_states.ts";
import type { Observed } from "./observed.ts";
import type { PhaseDecision } from "./phase.ts";
import { listed, plural } from "./words.ts";

/** A condition before it is held against the one that the status has. */
export interface ConditionDraft {
  type: ConditionType;
  status: "True" | "False" | "Unknown";
  reason: ConditionReason;
  message: string;
}

const longestMessage = 8_000;

/** What was said of the configuration of this very spec, by this process or one before it. */
function saidBefore({ fileIntegrity }: Observed): ConditionDraft | undefined {
  const known = fileIntegrity.status?.conditions?.find(({ type }) => type === "ConfigAccepted");
  if (known?.observedGeneration !== fileIntegrity.metadata.generation) return undefined;
  return known as ConditionDraft | undefined;
}

function configAccepted(observed: Observed): ConditionDraft {
  const { config } = observed;
  const draft = (
    status: ConditionDraft["status"],
    reason: ConditionReason,
    message: string,
  ): ConditionDraft => ({ type: "ConfigAccepted", status, reason, message });
  switch (config.state) {
    case "pending":
      // An operator that has just started must not take back what the one before it found out.
      return config.message === undefined && saidBefore(observed) || draft(
        "Unknown",
        "ConfigUnchecked",
        config.message ?? "The AIDE configuration is being read",
      );
    case "accepted": {
      const what = config.origin === "default"
        ? "The default policy is active"
        : "The user's AIDE configuration is active";
      const said = config.remarks.length === 0 ? "" : `. ${config.remarks.join("; ")}`;
      return draft(
        "True",
        config.origin === "default" ? "DefaultPolicy" : "UserConfig",
        what + said,
      );
    }
    case "not-found":
      return draft("False", "ConfigNotFound", config.message);
    case "key-not-found":
      return draft("False", "ConfigKeyNotFound", config.message);
    case "forbidden":
      return draft("False", "ConfigForbidden", config.message);
    case "refused":
      return draft("False", "ConfigRefused", config.message);
  }
}

function specAsWritten(
  { spec, adjustments, priorityClass }: Observed,
  refusedPods: string | undefined,
): ConditionDraft {
  const type = "SpecAsWritten";
  const said = adjustments.map(({ path, message }) => `${path}: ${message}`);
  if (refusedPods !== undefined) {
    said.unshift(refusedPods);
    return { type, status: "False", reason: "DaemonSetRefused", message: said.join("; ") };
  }
  if (spec.realtime.enabled) {
    said.push("spec.realtime.enabled: this version makes full scans only: it has no effect yet");
  }
  if (priorityClass === "missing") {
    said.unshift(
      `spec.priorityClassName: there is no priority class ${spec.priorityClassName}: the pods run without it ` +
        "until there is",
    );
    return { type, status: "False", reason: "PriorityClassNotFound", message: said.join("; ") };
  }
  return said.length > 0
    ? { type, status: "False", reason: "Adjusted", message: said.join("; ") }
    : { type, status: "True", reason: "AsWritten", message: "Everything is as the spec says" };
}

/** How the nodes stand, and what is said of them beside that. */
export interface NodesOverview {
  states: readonly NodeState[];
  /** Names of node statuses that another FileIntegrity has. */
  taken: readonly string[];
  /** What is said of names in the user's annotation `holdoff` that are no nodes; undefined where there are none. */
  unheld: string | undefined;
  /** Since when the longest hold lasts. */
  heldSince: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

function nodesReporting(overview: NodesOverview): ConditionDraft {
  const { states, taken, unheld, heldSince, now } = overview;
  const type = "NodesReporting";
  const names = (has: (state: NodeState) => boolean): string[] =>
    states.filter(has).map(({ node }) => node.name);
  if (states.length === 0) {
    return { type, status: "False", reason: "NoNodes", message: "No node is selected" };
  }
  const stale = names((state) => state.stale);
  const held = names((state) => state.held);
  const degraded = names(({ node }) => node.update.state === "degraded");
  const said = [
    ...(taken.length === 0 ? [] : [
      `Another FileIntegrity has the node statuses that this one would call ${listed(taken)}: ` +
      "give one of the two another name",
    ]),
    ...(stale.length === 0
      ? []
      : [`${plural(stale.length, "node")} did not report in time: ${listed(stale)}`]),
    ...(held.length === 0 ? [] : [
      `Scans are held on ${plural(held.length, "node")}: ${listed(held)}` +
      (heldSince === undefined ? "" : ` (the longest since ${heldSince})`),
    ]),
    ...(degraded.length === 0 ? [] : [
      `The update of ${plural(degraded.length, "node")} has failed, so that ${
        listed(degraded)
      } is scanned against what was before it`,
    ]),
    ...(unheld === undefined ? [] : [unheld]),
  ].join("; ");
  if (taken.length > 0) return { type, status: "False", reason: "NameTaken", message: said };
  if (stale.length > 0) return { type, status: "False", reason: "NodesStale", message: said };
  if (held.length > 0) {
    const reason = now >= holdLimit(states) ? "NodesHeldLong" : "NodesHeld";
    return { type, status: "False", reason, message: said };
  }
  return {
    type,
    status: "True",
    reason: "AllReporting",
    message: said === "" ? "Every node reports in time" : said,
  };
}

function nodesUnchanged(states: readonly NodeState[]): ConditionDraft {
  const type = "NodesUnchanged";
  const changed = states
    .filter(({ status }) => status?.lastResult?.condition === "Failed")
    .map(({ node }) => node.name);
  if (changed.length > 0) {
    return {
      type,
      status: "False",
      reason: "ChangesFound",
      message: `Files have changed on ${plural(changed.length, "node")}: ${listed(changed)}`,
    };
  }
  const known = states.length > 0 && states.every(({ verdict }) => verdict === "succeeded");
  return known
    ? { type, status: "True", reason: "NoChanges", message: "No file has changed on any node" }
    : { type, status: "Unknown", reason: "Initializing", message: "Not every node has a verdict" };
}

function daemonsConfined({ admission: { state, message = "" } }: Observed): ConditionDraft {
  const type = "DaemonsConfined";
  switch (state) {
    case "in-force":
      return {
        type,
        status: "True",
        reason: "PolicyInForce",
        message: "The API server keeps every daemon to its own node",
      };
    case "missing":
      return { type, status: "False", reason: "PolicyMissing", message };
    case "unsupported":
      return { type, status: "False", reason: "PolicyUnsupported", message };
    case "unknown":
      return { type, status: "Unknown", reason: "PolicyMissing", message };
  }
}

/** All conditions, in the order in which they are read. */
export function draftConditions(
  observed: Observed,
  overview: NodesOverview,
  { phase, reason, message }: PhaseDecision,
  refusedPods: string | undefined,
): ConditionDraft[] {
  return [
    { type: "Ready", status: phase === "Active" ? "True" : "False", reason, message },
    configAccepted(observed),
    specAsWritten(observed, refusedPods),
    nodesReporting(overview),
    nodesUnchanged(overview.states),
    daemonsConfined(observed),
  ];
}

/** The conditions as the status holds them: the time of a transition stays while the status of the condition does. */
export function keepTransitions(
  before: readonly StatusCondition[],
  drafts: readonly ConditionDraft[],
  generation: number | undefined,
  now: string,
): StatusCondition[] {
  return drafts.map(({ type, status, reason, message }) => {
    const known = before.find((one) => one.type === type);
    return {
      type,
      status,
      ...(generation !== undefined && { observedGeneration: generation }),
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : now,
      reason,
      message: message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message,
    };
  });
}

/** What events tell of a node, and the record of what they have told. */

import { annotations } from "../api/labels.ts";
import type { EventReason } from "../api/reasons.ts";
import type { ObservedNodeStatus } from "./observed.ts";

/** An event on a FileIntegrity. */
export interface EventDraft {
  type: "Normal" | "Warning";
  reason: EventReason;
  message: string;
  /** What makes it another event than the last one, and the same one when it is looked at again. */
  transition: string;
  /** Grows from one event of a reason to the next, so that they are listed in the order in which they happened. */
  order: number;
}

/** A time as the order of an event: milliseconds since 1970, 0 for what is none. */
const timeOrder = (time: string): number => Math.max(Date.parse(time) || 0, 0);

/** The transitions of a node of which events have told. */
interface Told {
  result?: string;
  baseline?: string;
}

function readTold({ metadata }: ObservedNodeStatus): Told {
  const text = metadata.annotations?.[annotations.told];
  if (text === undefined) return {};
  const [result = "", baseline = ""] = text.split("; ");
  return { ...(result !== "" && { result }), ...(baseline !== "" && { baseline }) };
}

function resultTransition({ lastResult }: ObservedNodeStatus): string | undefined {
  if (lastResult === undefined) return undefined;
  const { condition, lastTransitionTime, lastProbeTime, changes, errorReason } = lastResult;
  return [condition, lastTransitionTime ?? lastProbeTime, changes?.digest ?? errorReason ?? ""]
    .join(" ").trim();
}

function logName(
  { resultConfigMapName: name, resultConfigMapNamespace: namespace }: {
    resultConfigMapName?: string;
    resultConfigMapNamespace?: string;
  },
): string {
  return name === undefined ? "" : ` log:${namespace ?? ""}/${name}`;
}

function resultEvent(status: ObservedNodeStatus, transition: string): EventDraft | undefined {
  const { nodeName: node, lastResult } = status;
  if (lastResult === undefined) return undefined;
  const { condition, filesAdded = 0, filesChanged = 0, filesRemoved = 0 } = lastResult;
  const reason = "NodeIntegrityStatus";
  const same = {
    reason,
    // Of a node that was replaced within a second, too.
    transition: `${node} ${status.metadata.uid ?? ""} ${transition}`,
    order: timeOrder(lastResult.lastTransitionTime ?? lastResult.lastProbeTime),
  } as const;
  switch (condition) {
    case "Succeeded":
      return { ...same, type: "Normal", message: `no changes to node ${node}` };
    case "Failed": {
      const counts = `a:${filesAdded},c:${filesChanged},r:${filesRemoved}`;
      const message = `node ${node} has changed! ${counts}${logName(lastResult)}`;
      return { ...same, type: "Warning", message };
    }
    case "Errored": {
      const message = `node ${node} has an error! ${lastResult.errorMessage ?? "no reason given"}`;
      return { ...same, type: "Warning", message };
    }
  }
}

const because: Readonly<Record<string, string>> = {
  "first": "the first one",
  "requested": "as requested",
  "config-change": "for the new configuration",
  "node-update": "after its update",
  "node-replaced": "as it was replaced",
  "moved-over": "as another operator scanned it before",
};

function baselineEvent({ nodeName: node, baseline }: ObservedNodeStatus): EventDraft | undefined {
  if (baseline === undefined) return undefined;
  const { digest, entries, reason, absorbed, created } = baseline;
  const { added = 0, changed = 0, removed = 0, note } = absorbed ?? {};
  const took = absorbed === undefined || added + changed + removed === 0
    ? ""
    : `, which absorbed a:${added},c:${changed},r:${removed}${logName(absorbed)}`;
  const noted = note === undefined ? "" : `; ${note}`;
  return {
    type: took === "" && noted === "" ? "Normal" : "Warning",
    reason: "NodeBaseline",
    message: `node ${node} has a new baseline, ${because[reason] ?? reason}: ` +
      `${entries} entries${took}${noted}`,
    transition: `${node} ${digest}`,
    order: timeOrder(created),
  };
}

/** What there is to tell of a node, and the value that the annotation `told` has once it is told. */
export function nodeNews(
  status: ObservedNodeStatus,
): { events: EventDraft[]; told: string } | undefined {
  const told = readTold(status);
  const result = resultTransition(status);
  const baseline = status.baseline?.digest;
  const events: EventDraft[] = [];
  if (baseline !== undefined && baseline !== told.baseline) {
    const event = baselineEvent(status);
    if (event !== undefined) events.push(event);
  }
  if (result !== undefined && result !== told.result) {
    const event = resultEvent(status, result);
    if (event !== undefined) events.push(event);
  }
  if (events.length === 0) return undefined;
  return { events, told: `${result ?? told.result ?? ""}; ${baseline ?? told.baseline ?? ""}` };
}

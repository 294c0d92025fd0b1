/** Node statuses that the existing operator left: they hold results, and no baseline that ours could vouch for. */

import { annotations } from "../api/labels.ts";
import { appendResult } from "../api/next_node_status.ts";
import type { ScanResult, StoredNodeStatus } from "../api/node_status.ts";
import type { ObservedNodeStatus } from "./observed.ts";

type Results = Pick<StoredNodeStatus, "results" | "lastResult" | "baseline">;

/** Whether the last result is the existing operator's: ours says since when the node is as it says. */
function hasTheirResult({ lastResult, baseline }: Omit<Results, "results">): boolean {
  return baseline === undefined && lastResult !== undefined &&
    lastResult.lastTransitionTime === undefined;
}

/** Since when a node status of the existing operator waits for its first baseline of ours; undefined for any other. */
export function movedOverSince(
  status: ObservedNodeStatus,
  now: string,
): string | undefined {
  const { metadata, lastResult, baseline } = status;
  if (baseline !== undefined) return undefined;
  const noted = metadata.annotations?.[annotations.movedOver];
  if (!hasTheirResult(status)) return noted;
  // Whoever moved back in between comes anew: that operator has written since.
  const theirs = lastResult?.lastProbeTime ?? "";
  if (noted !== undefined && Date.parse(noted) >= Date.parse(theirs)) return noted;
  return Date.parse(theirs) > Date.parse(now) ? theirs : now;
}

/** A merge patch that takes a result into a node status as the existing operator does; undefined where it has it. */
export function resultPatch(
  status: Results & Pick<StoredNodeStatus, "metadata">,
  result: ScanResult,
): Record<string, unknown> | undefined {
  const { metadata: { uid, resourceVersion }, results = [], lastResult } = status;
  if (lastResult !== undefined && !hasTheirResult(status)) return undefined;
  const before = Date.parse(lastResult?.lastProbeTime ?? "");
  if (before >= Date.parse(result.lastProbeTime)) return undefined;
  const none: Record<Exclude<keyof ScanResult, "condition" | "lastProbeTime">, null> = {
    ...{ errorMessage: null, filesAdded: null, filesChanged: null, filesRemoved: null },
    ...{ resultConfigMapName: null, resultConfigMapNamespace: null },
  };
  const all = appendResult(results, result);
  return {
    metadata: { uid, resourceVersion },
    results: all,
    lastResult: { ...none, ...all.at(-1) },
  };
}

/** Counts and log of a result that is Failed, as events name them. */
export function describeFailure(
  { filesAdded = 0, filesChanged = 0, filesRemoved = 0, ...log }: ScanResult,
): string {
  const { resultConfigMapName: name, resultConfigMapNamespace: namespace } = log;
  const counts = `a:${filesAdded},c:${filesChanged},r:${filesRemoved}`;
  return counts + (name === undefined ? "" : ` log:${namespace ?? ""}/${name}`);
}

const longest = 300;

/**
 * What is to be said beside the first baseline of a node that the existing operator scanned before: that its word was
 * not "Succeeded". Undefined where it was. A first baseline of ours that failed has left the older verdicts in `results`.
 */
export function movedOverNote(status: Results): string | undefined {
  const { results = [], lastResult } = status;
  const said: string[] = [];
  const verdict = results.filter(({ condition }) => condition !== "Errored").at(-1);
  if (verdict?.condition === "Failed") {
    said.push(
      `the last verdict of the operator before, at ${verdict.lastProbeTime}, was Failed ` +
        `(${describeFailure(verdict)}), and nobody knows which of that this baseline holds`,
    );
  }
  if (hasTheirResult(status) && lastResult?.condition === "Errored") {
    const why = lastResult.errorMessage?.slice(0, longest) ?? "no reason given";
    said.push(`its last result, at ${lastResult.lastProbeTime}, was Errored (${why})`);
  }
  return said.length === 0 ? undefined : said.join("; ");
}

import type { Logger } from "@logtape/logtape";
import type { LastResult } from "../api/node_status.ts";
import { countedChanges, resultFields } from "../api/result_fields.ts";
import { sameValue } from "../plan/merge_difference.ts";
import type { ObservedNodeStatus } from "../plan/observed.ts";

function isNews(result: LastResult, before: LastResult | undefined): boolean {
  return before === undefined || result.condition !== before.condition ||
    result.errorReason !== before.errorReason || result.changes?.digest !== before.changes?.digest;
}

/**
 * Writes to the log what a node has reported, one line for each report: at info level a verdict that is another than
 * before, as a warning where that is not Succeeded, and for debugging one that says the same again. `before` is what was
 * known of the node; where that is nothing, the operator has only begun to look, and nothing was reported.
 */
export function logReport(
  log: Logger,
  fileIntegrity: string,
  status: ObservedNodeStatus,
  before: ObservedNodeStatus | undefined,
): void {
  const { nodeName: node, lastResult: result, baseline } = status;
  if (before === undefined || result === undefined) return;
  const isNewBaseline = baseline !== undefined && baseline.digest !== before.baseline?.digest;
  if (!isNewBaseline && sameValue(result, before.lastResult)) return;
  const fields = { node, fileIntegrity, ...resultFields(result) };
  if (isNewBaseline && result.condition === "Succeeded") {
    const { reason, digest, entries, absorbed } = baseline;
    const { added = 0, changed = 0, removed = 0, note } = absorbed ?? {};
    // Beside a note, no counts are none that anybody could know.
    const counted = absorbed !== undefined &&
      (note === undefined || added + changed + removed > 0);
    const took = (counted ? `; it absorbed ${countedChanges(absorbed)}` : "") +
      (note === undefined ? "" : "; {note}");
    log.info(
      `New baseline ({reason}) on node {node} for {fileIntegrity}: {entries} entries, {digest}${took}`,
      {
        ...{ ...fields, reason, digest, entries },
        ...(note !== undefined && { note }),
      },
    );
    return;
  }
  const news = isNews(result, before.lastResult);
  const say = (level: "info" | "warn", text: string, more: Record<string, unknown>): void =>
    log[news ? level : "debug"](text, { ...fields, ...more });
  if (result.condition === "Succeeded") {
    say(
      "info",
      "Succeeded: {entries} entries in {durationSeconds} s on node {node} for {fileIntegrity}",
      {},
    );
  } else if (result.condition === "Failed") {
    say("warn", "Failed: {counts} on node {node} for {fileIntegrity}", {
      counts: countedChanges(fields),
    });
  } else {
    const problem = result.errorMessage ?? "no reason given";
    say("warn", "Errored ({errorReason}) on node {node} for {fileIntegrity}: {problem}", {
      problem,
    });
  }
}

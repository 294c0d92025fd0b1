/** Takes a new result into a FileIntegrityNodeStatus. */

import { timestamp } from "../base/timestamp.ts";
import type { FileIntegrity } from "./file_integrity.ts";
import { apiVersion } from "./labels.ts";
import { nodeStatusName, ownership } from "./names.ts";
import type { Baseline, FileIntegrityNodeStatus, StoredNodeStatus } from "./node_status.ts";
import type { ObjectMeta } from "./object_meta.ts";
import type { LastResult, ScanResult } from "./scan_result.ts";

/** The value with the keys of every object in alphabetical order, as an API server gives them out. */
function withSortedKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withSortedKeys) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, withSortedKeys(child)]),
  ) as T;
}

/** The documented fields that a result of its condition has; counts of 0 are left out. */
function documentedFields(result: ScanResult): ScanResult {
  const { condition, lastProbeTime, errorMessage, filesAdded, filesChanged, filesRemoved } = result;
  const { resultConfigMapName, resultConfigMapNamespace } = result;
  const failed = condition === "Failed";
  return {
    condition,
    ...(condition === "Errored" && errorMessage !== undefined && { errorMessage }),
    ...(failed && filesAdded && { filesAdded }),
    ...(failed && filesChanged && { filesChanged }),
    ...(failed && filesRemoved && { filesRemoved }),
    lastProbeTime,
    ...(failed && resultConfigMapName !== undefined && { resultConfigMapName }),
    ...(failed && resultConfigMapNamespace !== undefined && { resultConfigMapNamespace }),
  };
}

/**
 * `results` with `result` at its end and without any older result of the same condition: at most one result for
 * each condition, the newest last. What comes last here was scanned last, even where a clock says otherwise.
 */
export function appendResult(results: readonly ScanResult[], result: ScanResult): ScanResult[] {
  return [
    ...results.filter(({ condition }) => condition !== result.condition),
    result,
  ].map(documentedFields);
}

/** What makes one result the same state of the node as another: the verdict, and what it is about. */
function stateOf({ condition, changes, errorReason }: LastResult): string {
  return JSON.stringify([condition, changes?.digest, errorReason]);
}

// A clock that is set back further than transitions of the same seconds can run ahead begins anew.
const mostAheadMs = 60_000;

/**
 * Since when the node has been as `result` says. Of transitions within one second each is a second later than the one
 * before: events are listed and told apart by these times, which have whole seconds.
 */
function transitionTime(previous: LastResult | undefined, result: LastResult): string {
  if (previous === undefined) return result.lastProbeTime;
  const before = previous.lastTransitionTime ?? previous.lastProbeTime;
  if (stateOf(previous) === stateOf(result)) return before;
  const ahead = Date.parse(before) - Date.parse(result.lastProbeTime);
  return ahead >= 0 && ahead <= mostAheadMs
    ? timestamp(Date.parse(before) + 1_000)
    : result.lastProbeTime;
}

function lastResult(result: LastResult, lastTransitionTime: string): LastResult {
  const { scan, changes, unverified, errorReason, errorMessage } = result;
  const { resultConfigMapName, resultConfigMapNamespace } = result;
  return withSortedKeys({
    ...documentedFields(result),
    lastTransitionTime,
    ...(errorReason !== undefined && { errorReason }),
    // A scan that is Failed may have something to say of its log.
    ...(errorMessage !== undefined && { errorMessage }),
    // A scan that is Errored may have a log as well.
    ...(resultConfigMapName !== undefined && { resultConfigMapName }),
    ...(resultConfigMapNamespace !== undefined && { resultConfigMapNamespace }),
    ...(scan !== undefined && { scan }),
    ...(changes !== undefined && {
      changes: { ...changes, total: changes.added + changes.changed + changes.removed },
    }),
    ...(unverified !== undefined && { unverified }),
  });
}

/** What a node has to say after a scan. */
export interface NodeReport {
  fileIntegrity: Pick<FileIntegrity, "metadata">;
  node: string;
  result: LastResult;
  /** The new baseline; when absent, the one before stays. */
  baseline?: Baseline;
}

function metadata({ fileIntegrity, node }: NodeReport): ObjectMeta {
  const { name, namespace, uid } = fileIntegrity.metadata;
  const { labels, annotations } = ownership(name, node);
  return {
    name: nodeStatusName(name, node),
    ...(namespace !== undefined && { namespace }),
    labels,
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(uid !== undefined && {
      ownerReferences: [
        {
          apiVersion,
          kind: "FileIntegrity",
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    }),
  };
}

/**
 * The status of a node after a scan: `previous` with the result and, where there is one, the new baseline; a new
 * object when there was none. `lastResult` is always the given result, also within the second of the one before.
 */
export function nextNodeStatus(
  previous: StoredNodeStatus | undefined,
  report: NodeReport,
): FileIntegrityNodeStatus {
  const baseline = report.baseline ?? previous?.baseline;
  return {
    apiVersion,
    kind: "FileIntegrityNodeStatus",
    metadata: previous?.metadata ?? metadata(report),
    nodeName: report.node,
    results: appendResult(previous?.results ?? [], report.result),
    lastResult: lastResult(report.result, transitionTime(previous?.lastResult, report.result)),
    ...(baseline !== undefined && { baseline: withSortedKeys(baseline) }),
  };
}

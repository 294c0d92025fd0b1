import type { ErrorReason } from "./error_reasons.ts";
import type { Condition, LastResult } from "./node_status.ts";

/** What a log says of a scan, beside its node and FileIntegrity. */
export interface ResultFields {
  condition: Condition;
  errorReason?: ErrorReason;
  /** Numbers of files; absent where nobody can say. */
  added?: number;
  changed?: number;
  removed?: number;
  /** Number of paths that could not be verified. */
  unverified: number;
  /** Tells one set of changes from another. */
  changesDigest?: string;
  entries?: number;
  durationSeconds?: number;
  scope?: "full" | "paths";
  /** Name of the ConfigMap with the scan's log. */
  configMap?: string;
}

/** What a log says of a scan's result. */
export function resultFields(result: LastResult): ResultFields {
  const { condition, errorReason, changes, unverified, scan, resultConfigMapName } = result;
  const { filesAdded = 0, filesChanged = 0, filesRemoved = 0 } = result;
  const counts = changes ?? { added: filesAdded, changed: filesChanged, removed: filesRemoved };
  const counted = changes !== undefined || condition !== "Errored";
  return {
    condition,
    ...(errorReason !== undefined && { errorReason }),
    ...(counted && { added: counts.added, changed: counts.changed, removed: counts.removed }),
    unverified: unverified?.total ?? 0,
    ...(changes !== undefined && { changesDigest: changes.digest }),
    ...(scan !== undefined && {
      entries: scan.entries,
      durationSeconds: scan.durationSeconds,
      scope: scan.scope,
    }),
    ...(resultConfigMapName !== undefined && { configMap: resultConfigMapName }),
  };
}

/** The counts of a result in words. */
export function countedChanges(
  { added = 0, changed = 0, removed = 0 }: { added?: number; changed?: number; removed?: number },
): string {
  return `${added} added, ${changed} changed, ${removed} removed`;
}

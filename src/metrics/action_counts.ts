import { annotations } from "../api/labels.ts";
import { existingPrefixes } from "../api/existing_operator.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { daemonSetName } from "../api/names.ts";
import type { FileIntegrityStatus } from "../api/file_integrity_status.ts";
import type { Action } from "../plan/action.ts";
import type { ObservedNodeStatus } from "../plan/observed.ts";
import type { EventDraft } from "../plan/told.ts";
import type { Sample } from "./metric.ts";
import type { productCounters } from "./product_metrics.ts";

/** By how much a counter grows. */
export type Count = Sample<keyof typeof productCounters>;

/** An action that was carried out. */
export interface CarriedOut {
  action: Action;
  /** Of its events those that were news to the API server. */
  told: readonly EventDraft[];
  /** As it was before. */
  fileIntegrity: FileIntegrity;
  /** What the plan made of its status. */
  status: FileIntegrityStatus;
  /** The node statuses as they were decided about, by name. */
  nodeStatuses: ReadonlyMap<string, ObservedNodeStatus>;
}

type Notes = Readonly<Record<string, string | null>>;

const notesOf = (patch: Record<string, unknown> | undefined): Notes =>
  (patch?.annotations ?? {}) as Notes;

function count(
  name: Count["name"],
  labels: Record<string, string>,
): Count {
  return { name, labels, value: 1 };
}

/** Why a node itself takes a new database in the place of another of ours. */
const byNode = new Set<string | null | undefined>(["node-update", "node-replaced"]);

/** What a node was asked for. */
function nodeCounts(fileintegrity: string, status: ObservedNodeStatus, patch: Notes): Count[] {
  const { nodeName: node, metadata } = status;
  const before = metadata.annotations ?? {};
  const counts: Count[] = [];
  const held = patch[annotations.holdoff];
  if (held === "node-update") {
    counts.push(count("file_integrity_operator_pause_total", { fileintegrity, node }));
  } else if (held !== undefined && before[annotations.holdoff] === "node-update") {
    counts.push(count("file_integrity_operator_unpause_total", { fileintegrity, node }));
  }
  const reason = patch[annotations.reInitReason] ?? before[annotations.reInitReason];
  const asked = typeof patch[annotations.reInit] === "string";
  if (asked && byNode.has(reason)) {
    counts.push(
      count("file_integrity_operator_reinit_total", { fileintegrity, by: "node", node }),
    );
  }
  return counts;
}

function resultCounts(fileintegrity: string, status: ObservedNodeStatus): Count[] {
  const { nodeName: node, lastResult } = status;
  if (lastResult === undefined) return [];
  const { condition, errorReason = "internal-error" } = lastResult;
  return [
    count("file_integrity_operator_node_status_total", { fileintegrity, condition, node }),
    ...(condition !== "Errored" ? [] : [
      count(
        "file_integrity_operator_node_status_error_total",
        { fileintegrity, error: errorReason, node },
      ),
    ]),
  ];
}

function statusCounts({ fileIntegrity, status }: CarriedOut): Count[] {
  const { metadata: { name: fileintegrity }, status: before } = fileIntegrity;
  const { phase, configDigest, conditions } = status;
  const counts: Count[] = [];
  if (phase !== undefined && phase !== before?.phase) {
    counts.push(count("file_integrity_operator_phase_total", { phase }));
    const error = conditions?.find(({ type }) => type === "Ready")?.reason;
    if (phase === "Error" && error !== undefined) {
      counts.push(count("file_integrity_operator_error_total", { error }));
    }
  }
  if (before?.configDigest !== undefined && configDigest !== before.configDigest) {
    counts.push(
      count("file_integrity_operator_reinit_total", { fileintegrity, by: "config", node: "" }),
    );
  }
  return counts;
}

/** What the counters make of an action that was carried out. */
export function actionCounts(done: CarriedOut): Count[] {
  const { action, told, fileIntegrity, nodeStatuses } = done;
  const fileintegrity = fileIntegrity.metadata.name;
  switch (action.kind) {
    case "create-daemon-set":
    case "patch-daemon-set":
      return [count("file_integrity_operator_daemonset_update_total", { operation: "update" })];
    case "delete-daemon-set": {
      const { name } = action;
      // One that scans may begin like it as well: aide-initial.
      const reinit = name !== daemonSetName(fileintegrity) &&
        name.startsWith(existingPrefixes.reinit);
      return [
        count(
          reinit
            ? "file_integrity_operator_reinit_daemonset_update_total"
            : "file_integrity_operator_daemonset_update_total",
          { operation: "delete" },
        ),
      ];
    }
    case "update-node-status": {
      const status = nodeStatuses.get(action.name);
      if (status === undefined) return [];
      const news = told.some(({ reason }) => reason === "NodeIntegrityStatus");
      return [
        ...(news ? resultCounts(fileintegrity, status) : []),
        ...nodeCounts(fileintegrity, status, notesOf(action.patch)),
      ];
    }
    case "patch-annotations":
      return typeof action.annotations[annotations.reInitTaken] === "string"
        ? [count("file_integrity_operator_reinit_total", { fileintegrity, by: "demand", node: "" })]
        : [];
    case "patch-status":
      return statusCounts(done);
    default:
      return [];
  }
}

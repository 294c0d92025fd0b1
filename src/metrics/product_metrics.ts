/** The metrics of `/metrics-fio`. Those of the existing operator have its names, types, labels and texts. */

import { phases } from "../api/file_integrity_status.ts";
import type { Metric, MetricTable } from "./metric.ts";

const node = ["fileintegrity", "node"] as const;

const counter = (help: string, labels: readonly string[], begins?: readonly string[]): Metric => ({
  ...{ type: "counter", help, labels },
  ...(begins !== undefined && { begins }),
});

const gauge = (help: string, labels: readonly string[]): Metric => ({
  ...{ type: "gauge", help, labels },
});

/** What happened; each begins at 0 with the process. */
export const productCounters = {
  file_integrity_operator_phase_total: counter(
    "The total number of transitions to the FileIntegrity phase",
    ["phase"],
    phases,
  ),
  file_integrity_operator_error_total: counter(
    "The total number of FileIntegrity phase errors, per error: the reason of the condition Ready",
    ["error"],
    ["ConfigRefused", "DaemonSetRefused", "NodeErrors"],
  ),
  file_integrity_operator_pause_total: counter(
    "The total number of FileIntegrity scan pause actions (during node updates)",
    node,
  ),
  file_integrity_operator_unpause_total: counter(
    "The total number of FileIntegrity scan unpause actions (during node updates)",
    node,
  ),
  file_integrity_operator_reinit_total: counter(
    "The total number of FileIntegrity database re-initialization triggers (annotation), per method and node",
    ["fileintegrity", "by", "node"],
  ),
  file_integrity_operator_node_status_total: counter(
    "The total number of FileIntegrityNodeStatus transitions, per condition and node",
    ["fileintegrity", "condition", "node"],
  ),
  file_integrity_operator_node_status_error_total: counter(
    "The total number of FileIntegrityNodeStatus errors, per error and node; the error is lastResult.errorReason",
    ["fileintegrity", "error", "node"],
  ),
  file_integrity_operator_daemonset_update_total: counter(
    "The total number of updates to the FileIntegrity AIDE daemonSet",
    ["operation"],
    ["update", "podkill", "delete"],
  ),
  file_integrity_operator_reinit_daemonset_update_total: counter(
    "The total number of updates to the FileIntegrity re-init signaling daemonSet: there is none, but those that " +
      "the existing operator left are deleted",
    ["operation"],
    ["update", "delete"],
  ),
} as const satisfies MetricTable;

/** How the FileIntegrities and their nodes stand, made of the objects at each scrape. */
export const objectGauges = {
  file_integrity_operator_node_failed: gauge(
    "A gauge that is set to 1 when a node has unresolved integrity failures, and 0 when it is healthy",
    node,
  ),
  file_integrity_operator_node_errored: gauge(
    "1 when the newest scan of a node gave no verdict; the reason is lastResult.errorReason",
    [...node, "reason"],
  ),
  file_integrity_operator_node_held: gauge("1 while the scans of a node are held", node),
  file_integrity_operator_node_held_since_timestamp_seconds: gauge(
    "Since when the scans of a node are held; not there for a node that is not held",
    node,
  ),
  file_integrity_operator_node_stale: gauge(
    "1 when a node has not reported in the time that it may take",
    node,
  ),
  file_integrity_operator_node_initializing: gauge(
    "1 while a node has no verdict by its active configuration and its requested database",
    node,
  ),
  file_integrity_operator_node_last_scan_timestamp_seconds: gauge(
    "When the newest scan of a node ended, by the node's clock",
    node,
  ),
  file_integrity_operator_node_last_scan_duration_seconds: gauge(
    "How long the newest scan of a node took",
    node,
  ),
  file_integrity_operator_node_last_scan_entries: gauge(
    "Number of entries that the newest scan of a node compared",
    node,
  ),
  file_integrity_operator_node_last_scan_unverified_paths: gauge(
    "Number of paths that the newest scan of a node could not verify",
    node,
  ),
  file_integrity_operator_node_last_scan_changes: gauge(
    "Number of files that the newest scan of a node found to be added, changed or removed",
    [...node, "kind"],
  ),
  file_integrity_operator_node_baseline_timestamp_seconds: gauge(
    "When the database was built that a node is compared with, by the node's clock",
    node,
  ),
  file_integrity_operator_node_baseline_entries: gauge(
    "Number of entries in the database that a node is compared with",
    node,
  ),
  file_integrity_operator_node_baseline_info: gauge(
    "Why the database was built that a node is compared with; always 1",
    [...node, "reason"],
  ),
  file_integrity_operator_node_coverage_ratio: gauge(
    "Entries that the newest scan of a node compared, as a share of those of its database",
    node,
  ),
  file_integrity_operator_nodes: gauge(
    "Number of nodes of a FileIntegrity in each state; held and stale ones count under their verdict as well",
    ["fileintegrity", "state"],
  ),
  file_integrity_operator_phase: gauge(
    "1 for the phase that a FileIntegrity is in, 0 for the others",
    ["fileintegrity", "phase"],
  ),
  file_integrity_operator_condition: gauge(
    "1 for the status that a condition of a FileIntegrity has, 0 for the others",
    ["fileintegrity", "type", "status"],
  ),
} as const satisfies MetricTable;

/** How this process stands. A pod that waits to lead has these alone. */
export const processGauges = {
  file_integrity_operator_leader: gauge("1 while this process leads", []),
  file_integrity_operator_caches_synced: gauge(
    "1 when this process leads and knows every object that it works with: then the gauges of objects are there",
    [],
  ),
  file_integrity_operator_build_info: gauge("The version of the program; always 1", ["version"]),
} as const satisfies MetricTable;

/** Every metric of `/metrics-fio`. */
export const productMetrics: MetricTable = {
  ...productCounters,
  ...objectGauges,
  ...processGauges,
};

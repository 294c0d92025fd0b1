/** The metrics of `/metrics`: how the program does its work. Names of Kubernetes' own components where they have one. */

import type { MetricTable } from "./metric.ts";

/** Every metric of `/metrics`. */
export const machineryMetrics = {
  leader_election_master_status: {
    type: "gauge",
    help: "1 while this process has the Lease, 0 while it waits for it",
    labels: ["name"],
  },
  workqueue_depth: {
    type: "gauge",
    help: "Number of FileIntegrities that wait to be looked at",
    labels: ["name"],
  },
  workqueue_longest_running_processor_seconds: {
    type: "gauge",
    help: "For how long the longest look at a FileIntegrity has been under way",
    labels: ["name"],
  },
  workqueue_retries_total: {
    type: "counter",
    help: "Number of looks at a FileIntegrity that failed and were put off to a later time",
    labels: ["name"],
  },
  file_integrity_operator_reconcile_duration_seconds: {
    type: "histogram",
    help:
      "How long looks at a FileIntegrity took: retry where the object had changed meanwhile, error where the " +
      "API server or the program failed",
    labels: ["result"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  file_integrity_operator_api_requests_total: {
    type: "counter",
    help:
      "Number of requests to the API server that ended, retries included in each; the code is the HTTP status, or " +
      "what went wrong where there was no answer. A watch counts when it begins",
    labels: ["verb", "resource", "code"],
  },
  file_integrity_operator_informer_lists_total: {
    type: "counter",
    help: "Number of lists by which a cache was brought up to date",
    labels: ["resource"],
  },
  file_integrity_operator_informer_watches_total: {
    type: "counter",
    help: "Number of watches that a cache began",
    labels: ["resource"],
  },
  file_integrity_operator_informer_events_total: {
    type: "counter",
    help: "Number of changes that a cache was told of by a watch",
    labels: ["resource"],
  },
  file_integrity_operator_informer_missed_total: {
    type: "counter",
    help: "Number of changes that a list found and the watch had not told",
    labels: ["resource"],
  },
  process_cpu_seconds_total: {
    type: "counter",
    help: "Total user and system CPU time spent in seconds",
    labels: [],
  },
  process_resident_memory_bytes: {
    type: "gauge",
    help: "Resident memory size in bytes",
    labels: [],
  },
  process_start_time_seconds: {
    type: "gauge",
    help: "Start time of the process since unix epoch in seconds",
    labels: [],
  },
} as const satisfies MetricTable;

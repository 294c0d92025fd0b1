import type { FileIntegrity } from "../api/file_integrity.ts";
import { phases } from "../api/file_integrity_status.ts";
import { annotations } from "../api/labels.ts";
import { changeKinds } from "../api/scan_result.ts";
import { nodeCounts, type NodeState } from "../plan/node_states.ts";
import type { Sample } from "./metric.ts";
import type { objectGauges } from "./product_metrics.ts";

/** A sample of a gauge that is made of objects. */
export type ObjectSample = Sample<keyof typeof objectGauges>;

/** A FileIntegrity, and how the nodes stand that it selects. */
export interface SelectedNodes {
  fileIntegrity: FileIntegrity;
  states: readonly NodeState[];
}

type Short = keyof typeof objectGauges extends `file_integrity_operator_${infer Rest}` ? Rest
  : never;

type Give = (
  name: Short,
  value: number | undefined,
  labels?: Readonly<Record<string, string>>,
) => ObjectSample[];

/** Gives samples with labels in common; none where there is no value. */
const give = (shared: Readonly<Record<string, string>>): Give => (name, value, labels = {}) =>
  value === undefined ? [] : [{ name: `file_integrity_operator_${name}`, labels, shared, value }];

/** Seconds since 1970; undefined for what is no time. */
function seconds(time: string | undefined): number | undefined {
  const milliseconds = Date.parse(time ?? "");
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

const flag = (is: boolean): number => is ? 1 : 0;

function* nodeSamples(name: string, state: NodeState): Generator<ObjectSample> {
  const { node, status, verdict, held, stale } = state;
  const of = give({ fileintegrity: name, node: node.name });
  const { lastResult, baseline, standing } = status ?? {};
  const errored = lastResult?.condition === "Errored";
  const { scan, changes } = lastResult ?? {};
  // That a scan gave no verdict takes nothing back of what one before it found.
  yield* of("node_failed", flag(standing === "Failed"));
  yield* of("node_errored", flag(errored), {
    reason: errored ? lastResult.errorReason ?? "internal-error" : "",
  });
  yield* of("node_held", flag(held));
  yield* of("node_stale", flag(stale));
  yield* of("node_initializing", flag(verdict === "initializing"));
  if (held) {
    const since = status?.metadata.annotations?.[annotations.heldSince];
    yield* of("node_held_since_timestamp_seconds", seconds(since));
  }
  yield* of("node_last_scan_timestamp_seconds", seconds(lastResult?.lastProbeTime));
  yield* of("node_last_scan_duration_seconds", scan?.durationSeconds);
  yield* of("node_last_scan_entries", scan?.entries);
  if (lastResult !== undefined) {
    yield* of("node_last_scan_unverified_paths", lastResult.unverified?.total ?? 0);
    const { filesAdded = 0, filesChanged = 0, filesRemoved = 0 } = lastResult;
    const found = changes ?? { added: filesAdded, changed: filesChanged, removed: filesRemoved };
    for (const kind of changeKinds) yield* of("node_last_scan_changes", found[kind], { kind });
  }
  if (baseline !== undefined) {
    yield* of("node_baseline_timestamp_seconds", seconds(baseline.created));
    yield* of("node_baseline_entries", baseline.entries);
    yield* of("node_baseline_info", 1, { reason: baseline.reason });
    if (scan?.scope === "full" && baseline.entries > 0) {
      yield* of("node_coverage_ratio", scan.entries / baseline.entries);
    }
  }
}

function* ownSamples({ fileIntegrity, states }: SelectedNodes): Generator<ObjectSample> {
  const { metadata: { name }, status } = fileIntegrity;
  const of = give({ fileintegrity: name });
  for (const [state, count] of Object.entries(nodeCounts(states))) {
    yield* of("nodes", count, { state });
  }
  for (const phase of phases) yield* of("phase", flag(status?.phase === phase), { phase });
  for (const condition of status?.conditions ?? []) {
    for (const word of ["True", "False", "Unknown"]) {
      const labels = { type: condition.type, status: word };
      yield* of("condition", flag(condition.status === word), labels);
    }
  }
}

/** What the gauges say of FileIntegrities and their nodes. Objects that are not there have no series. */
export function* objectSamples(all: Iterable<SelectedNodes>): Generator<ObjectSample> {
  for (const one of all) {
    yield* ownSamples(one);
    for (const state of one.states) yield* nodeSamples(one.fileIntegrity.metadata.name, state);
  }
}

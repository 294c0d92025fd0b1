import process from "node:process";
import { effectiveSpec } from "../api/effective.ts";
import type { CallReport } from "../kube/kube_client.ts";
import type { RunReport } from "../kube/work_queue.ts";
import type { Count } from "../metrics/action_counts.ts";
import { machineryMetrics } from "../metrics/machinery_metrics.ts";
import type { MetricTable, Sample } from "../metrics/metric.ts";
import { MetricRegistry } from "../metrics/metric_registry.ts";
import { objectSamples, type SelectedNodes } from "../metrics/object_gauges.ts";
import {
  objectGauges,
  processGauges,
  productCounters,
  productMetrics,
} from "../metrics/product_metrics.ts";
import { selectedStates } from "../plan/selected_states.ts";
import type { Clock } from "../system/clock.ts";
import { programVersion } from "../system/program.ts";
import type { FollowedKind } from "./caches.ts";
import { isExpected } from "./expected_errors.ts";
import type { OperatorWork } from "./parts.ts";

/** What the metrics are made of. */
export interface MetricsSource {
  clock: Clock;
  /** Name of the Lease. */
  leaseName: string;
  leading(): boolean;
  /** What a leader works with; undefined before it began. */
  work(): OperatorWork | undefined;
}

const queue = { name: "fileintegrity" } as const;

const machinery = [
  "leader_election_master_status",
  "workqueue_depth",
  "workqueue_longest_running_processor_seconds",
  "workqueue_retries_total",
  "file_integrity_operator_informer_lists_total",
  "file_integrity_operator_informer_watches_total",
  "file_integrity_operator_informer_events_total",
  "file_integrity_operator_informer_missed_total",
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
  "process_start_time_seconds",
] as const satisfies readonly (keyof typeof machineryMetrics)[];

const namesOf = <T extends MetricTable>(table: T): (keyof T & string)[] => Object.keys(table);

const isSynced = ({ caches }: OperatorWork): boolean =>
  Object.values(caches.informers).every(({ syncedAt }) => syncedAt !== undefined);

/** The nodes of every FileIntegrity, as the caches have them now. */
function selectedNodes({ caches }: OperatorWork, now: number): SelectedNodes[] {
  const fileIntegrities = [...caches.fileIntegrities.values()];
  const nodes = [...caches.nodes.values()];
  const statuses = new Map(
    [...caches.reportedStatuses()].map((status) => [status.metadata.name, status]),
  );
  const living = new Set(fileIntegrities.flatMap(({ metadata }) => metadata.uid ?? []));
  return fileIntegrities.map((fileIntegrity) => ({
    fileIntegrity,
    states: selectedStates({
      ...{ fileIntegrity, nodes, statuses, living, now },
      spec: effectiveSpec(fileIntegrity).spec,
      configDigest: fileIntegrity.status?.configDigest,
    }),
  }));
}

function informerSamples(
  informers: Readonly<Record<string, FollowedKind>>,
): Sample<typeof machinery[number]>[] {
  return Object.entries(informers).flatMap(([resource, { figures }]) =>
    (["lists", "watches", "events", "missed"] as const).map((what) => ({
      name: `file_integrity_operator_informer_${what}_total` as const,
      labels: { resource },
      value: figures[what],
    }))
  );
}

/** What the operator tells Prometheus. Gauges are made of the objects at each scrape, and are right from the first on. */
export class OperatorMetrics {
  readonly #source: MetricsSource;
  readonly #product = new MetricRegistry(productMetrics);
  readonly #machinery = new MetricRegistry<typeof machineryMetrics>(machineryMetrics);

  constructor(source: MetricsSource) {
    this.#source = source;
  }

  /** Takes what actions that were carried out count. */
  count(counts: Iterable<Count>): void {
    for (const { name, labels, value } of counts) this.#product.add(name, labels, value);
  }

  /** Takes a call of the API server that ended. */
  called({ verb, resource, outcome, code }: CallReport): void {
    this.#machinery.add("file_integrity_operator_api_requests_total", {
      ...{ verb, resource },
      code: code === undefined ? outcome : String(code),
    });
  }

  /** Takes a look at a FileIntegrity that ended. */
  looked({ milliseconds, error }: RunReport): void {
    const result = error === undefined ? "success" : isExpected(error) ? "retry" : "error";
    const name = "file_integrity_operator_reconcile_duration_seconds";
    this.#machinery.observe(name, { result }, milliseconds / 1000);
  }

  /** `/metrics-fio`: how the FileIntegrities and their nodes stand, and what happened to them. */
  async product(): Promise<string> {
    const { clock, leading, work: workOf } = this.#source;
    const work = leading() ? workOf() : undefined;
    const synced = work !== undefined && isSynced(work);
    const selected = synced ? selectedNodes(work, clock.now()) : [];
    this.#product.replace(namesOf(processGauges), [
      { name: "file_integrity_operator_leader", labels: {}, value: leading() ? 1 : 0 },
      { name: "file_integrity_operator_caches_synced", labels: {}, value: synced ? 1 : 0 },
      {
        name: "file_integrity_operator_build_info",
        labels: { version: programVersion },
        value: 1,
      },
    ]);
    if (synced) await this.#forgetGone(selected);
    this.#product.replace(namesOf(objectGauges), objectSamples(selected));
    const text = await this.#product.text();
    this.#product.replace(namesOf(objectGauges), []); // they would only take memory until the next scrape
    return text;
  }

  async #forgetGone(selected: readonly SelectedNodes[]): Promise<void> {
    const nodes = new Map(selected.map(({ fileIntegrity, states }) => [
      fileIntegrity.metadata.name,
      new Set(states.map(({ node }) => node.name)),
    ]));
    await this.#product.keepCounters(namesOf(productCounters), ({ fileintegrity, node }) => {
      if (fileintegrity === undefined) return true;
      const known = nodes.get(fileintegrity);
      return known !== undefined && (node === "" || node === undefined || known.has(node));
    });
  }

  /** `/metrics`: how the program does its work. */
  async machinery(): Promise<string> {
    const { leaseName, leading, work: workOf } = this.#source;
    const work = workOf();
    const { user, system } = process.cpuUsage();
    const figures = work?.queue.figures;
    this.#machinery.replace(machinery, [
      {
        name: "leader_election_master_status",
        labels: { name: leaseName },
        value: leading() ? 1 : 0,
      },
      ...(figures === undefined ? [] : [
        { name: "workqueue_depth", labels: queue, value: figures.depth } as const,
        {
          name: "workqueue_longest_running_processor_seconds",
          labels: queue,
          value: figures.longestRunning / 1000,
        } as const,
        { name: "workqueue_retries_total", labels: queue, value: figures.failures } as const,
      ]),
      ...informerSamples(work?.caches.informers ?? {}),
      { name: "process_cpu_seconds_total", labels: {}, value: (user + system) / 1e6 },
      { name: "process_resident_memory_bytes", labels: {}, value: Deno.memoryUsage().rss },
      { name: "process_start_time_seconds", labels: {}, value: performance.timeOrigin / 1000 },
    ]);
    return await this.#machinery.text();
  }
}

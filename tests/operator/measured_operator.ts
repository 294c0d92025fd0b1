/** Metrics of an operator over objects in memory. */

import { getLogger } from "@logtape/logtape";
import type { FileIntegrity } from "../../src/api/file_integrity.ts";
import { nextNodeStatus } from "../../src/api/next_node_status.ts";
import type { LastResult, StoredNodeStatus } from "../../src/api/node_status.ts";
import { WorkQueue } from "../../src/kube/work_queue.ts";
import { Caches } from "../../src/operator/caches.ts";
import { OperatorMetrics } from "../../src/operator/operator_metrics.ts";
import type { OperatorParts, OperatorWork } from "../../src/operator/parts.ts";
import { timestamp } from "../../src/base/timestamp.ts";
import { SimulatedClock } from "../kube/simulated_clock.ts";
import { baseline, worker } from "../plan/model_cluster.ts";
import { Exposition } from "../prometheus/exposition.ts";
import { ListedObjects } from "./listed_objects.ts";

const digest = "sha256:config";

/** The kinds that an operator follows. */
export const followed = [
  "fileintegrities",
  "fileintegritynodestatuses",
  "daemonsets",
  "configmaps",
  "nodes",
] as const;

/** An operator's caches, queue and metrics; nothing is carried out. */
export class MeasuredOperator implements AsyncDisposable {
  readonly clock = new SimulatedClock();
  readonly objects = new ListedObjects();
  readonly queue: WorkQueue;
  readonly caches: Caches;
  readonly metrics: OperatorMetrics;
  leading = false;
  work: OperatorWork | undefined;
  readonly #stop = new AbortController();
  #running: Promise<unknown> | undefined;

  constructor() {
    const { clock, objects } = this;
    const parts = {
      ...{ api: objects, clock, random: () => 0.5, log: getLogger("nobody"), namespace: "ns" },
    } as unknown as OperatorParts;
    this.queue = new WorkQueue({
      ...{ clock, random: () => 0.5, handle: () => Promise.resolve() },
    });
    const add = (name: string): void => this.queue.add(name);
    this.caches = new Caches(parts, { fileIntegrity: add, all: () => {} });
    this.metrics = new OperatorMetrics({
      ...{ clock, leaseName: "lease", leading: () => this.leading, work: () => this.work },
    });
  }

  /** Begins to lead: the caches are filled as far as their lists come. */
  async lead(): Promise<void> {
    this.leading = true;
    this.work = { caches: this.caches, queue: this.queue };
    this.#running = this.caches.run(this.#stop.signal);
    await this.clock.advance(0);
  }

  /** Makes a FileIntegrity. */
  add(name: string, more: Partial<FileIntegrity> = {}): FileIntegrity {
    const fileIntegrity: FileIntegrity = {
      ...worker,
      metadata: { ...worker.metadata, name, uid: `uid-${name}` },
      status: { phase: "Active", configDigest: digest },
      ...more,
    };
    this.objects.put("fileintegrities", fileIntegrity);
    return fileIntegrity;
  }

  addNode(name: string): void {
    const metadata = { name, uid: `uid-${name}`, labels: {} };
    this.objects.put("nodes", { apiVersion: "v1", kind: "Node", metadata });
  }

  /** A node, whose status has these annotations, reports a scan that ended now. */
  report(
    of: FileIntegrity,
    node: string,
    result: Partial<LastResult> = {},
    annotations: Record<string, string> = {},
  ): void {
    const at = timestamp(this.clock.now());
    const { metadata, ...status }: StoredNodeStatus = nextNodeStatus(undefined, {
      ...{ fileIntegrity: of, node, baseline: baseline(digest) },
      result: {
        ...{ condition: "Succeeded", lastProbeTime: at },
        scan: {
          ...{ start: at, durationSeconds: 3.25, entries: 100, configDigest: digest },
          ...{ aideVersion: "0.19.1", scope: "full" },
        },
        changes: { added: 0, changed: 0, removed: 0, digest: "x", truncated: false, items: [] },
        ...result,
      },
    });
    this.objects.put("fileintegritynodestatuses", {
      ...status,
      metadata: { ...metadata, uid: `uid-${metadata.name}`, annotations },
    });
  }

  /** What `/metrics-fio` says, once what has happened is known. */
  async product(): Promise<Exposition> {
    await this.clock.advance(0);
    return new Exposition(await this.metrics.product());
  }

  async machinery(): Promise<Exposition> {
    await this.clock.advance(0);
    return new Exposition(await this.metrics.machinery());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

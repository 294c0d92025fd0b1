/** An operator that is killed while it works, and started again, on nodes whose daemons the test plays. */

import { getLogger } from "@logtape/logtape";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { annotations, apiVersion, labels } from "../../../src/api/labels.ts";
import { daemonSetName, nodeStatusName } from "../../../src/api/names.ts";
import { nextNodeStatus } from "../../../src/api/next_node_status.ts";
import type { LastResult, StoredNodeStatus } from "../../../src/api/node_status.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { isKubeError } from "../../../src/kube/kube_error.ts";
import type { KubeObject } from "../../../src/kube/kube_object.ts";
import { kubeconfigConnection } from "../../../src/kube/kubeconfig.ts";
import { type Resource, resources } from "../../../src/kube/resource.ts";
import { checkConfig } from "../../../src/node/check_config.ts";
import { runOperator } from "../../../src/operator/run_operator.ts";
import { nodeNews } from "../../../src/plan/told.ts";
import { timestamp } from "../../../src/base/timestamp.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aideBinaries } from "../../aide_binaries.ts";
import type { TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";
import { directClient } from "../kube/direct_client.ts";
import { MortalApi } from "./mortal_api.ts";

const waitSeconds = 180;

/** What is looked at of a FileIntegrity and all that belongs to it. */
export interface Snapshot {
  fileIntegrity: FileIntegrity;
  statuses: StoredNodeStatus[];
}

/** The operator's lives, one after the other, and the cluster that they work on. */
export class OperatorLives implements AsyncDisposable {
  readonly #stop = new AbortController();
  #api: MortalApi | undefined;
  #fuse = Infinity;
  #running: Promise<void> | undefined;
  /** How often it was killed. */
  deaths = 0;
  /** Every kind of write that was sent. */
  readonly writes = new Set<string>();
  readonly nodes = new Set<string>();
  readonly label: string;

  private constructor(
    readonly namespace: TestNamespace & AsyncDisposable,
    /** An admin's client. */
    readonly client: KubeClient,
    /** The operator's. */
    readonly operator: KubeClient,
    readonly aide: string,
  ) {
    this.label = `test-${namespace.name}`;
  }

  /** Starts the first life. */
  static async start(cluster: TestCluster): Promise<OperatorLives> {
    const namespace = await cluster.namespace("killed");
    const [aide] = await aideBinaries();
    const lives = new OperatorLives(
      namespace,
      new KubeClient(await kubeconfigConnection({ path: cluster.adminKubeconfig })),
      await directClient(cluster, namespace, {}, "operator"),
      aide?.path ?? "",
    );
    lives.#running = lives.#live();
    return lives;
  }

  async #live(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const over = new AbortController();
      const api = this.#api = new MortalApi(this.operator, () => over.abort());
      api.dieAfter(this.#fuse);
      await runOperator({
        api,
        clock: systemClock,
        random: Math.random,
        log: getLogger("killed-operator"),
        namespace: this.namespace.name,
        image: "example.com/fio:1",
        instance: `life-${this.deaths}`,
        checkConfig: (text) => checkConfig(text, this.aide),
        admission: () => Promise.resolve({ state: "in-force" }),
      }, AbortSignal.any([this.#stop.signal, over.signal]));
      for (const write of api.writes) this.writes.add(write);
      if (over.signal.aborted) this.deaths++;
    }
  }

  /** Has the life that is on end after so many more writes; the lives after it as well where `each`. */
  killAfter(writes: number, each = false): void {
    this.#api?.dieAfter(writes);
    this.#fuse = each ? writes : Infinity;
  }

  /** Makes a Node, ready, with the label of this test, and without room for pods. */
  async addNode(name: string): Promise<void> {
    const { nodes } = resources;
    await this.client.create(nodes, {
      ...{ apiVersion: nodes.apiVersion, kind: nodes.kind },
      metadata: { name, labels: { [this.label]: "", "kubernetes.io/hostname": name } },
      status: { conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }] },
    });
    await this.client.mergePatch(nodes, { name }, { spec: { taints: null } });
    this.nodes.add(name);
  }

  /** Removes a Node. */
  async removeNode(name: string): Promise<void> {
    await this.client.delete(resources.nodes, { name });
    this.nodes.delete(name);
  }

  /** Makes a FileIntegrity for the nodes of this test. */
  async apply(name: string, config: { name?: string } = {}): Promise<void> {
    const namespace = this.namespace.name;
    await this.client.create(resources.fileIntegrities, {
      ...{ apiVersion, kind: "FileIntegrity", metadata: { name, namespace } },
      spec: {
        nodeSelector: { [this.label]: "" },
        config: config.name === undefined ? {} : { ...config, namespace },
      },
    });
  }

  /** Annotates an object; null takes an annotation away. */
  async annotate<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    notes: Record<string, string | null>,
  ): Promise<void> {
    await this.client.mergePatch(resource, this.#address(resource, name), {
      metadata: { annotations: notes },
    });
  }

  /** An object; undefined where there is none. */
  async find<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T | undefined> {
    try {
      return await this.client.get(resource, this.#address(resource, name));
    } catch (error) {
      if (isKubeError(error, "not-found")) return undefined;
      throw error;
    }
  }

  #address(
    { namespaced }: { namespaced: boolean },
    name: string,
  ): { name: string; namespace?: string } {
    return namespaced ? { name, namespace: this.namespace.name } : { name };
  }

  /** The FileIntegrity with the statuses of its nodes; undefined where there is none. */
  async look(name: string): Promise<Snapshot | undefined> {
    const fileIntegrity = await this.find(resources.fileIntegrities, name);
    if (fileIntegrity === undefined) return undefined;
    const { items } = await this.client.list(resources.nodeStatuses, {
      namespace: this.namespace.name,
      labelSelector: `${labels.owner}=${name}`,
    });
    return { fileIntegrity, statuses: items };
  }

  /** Waits until the FileIntegrity and its nodes are so. */
  async until(name: string, what: string, so: (is: Snapshot) => boolean): Promise<Snapshot> {
    const end = performance.now() + waitSeconds * 1000;
    for (;;) {
      const found = await this.look(name);
      if (found !== undefined && so(found)) return found;
      if (performance.now() > end) {
        const text = JSON.stringify(found, (key, value) => key === "managedFields" ? [] : value);
        throw new Error(`Waited ${waitSeconds} s until ${what}; there is: ${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Waits until the FileIntegrity has a configuration, and its nodes are waited for. */
  async untilInitializing(name: string): Promise<Snapshot> {
    return await this.until(name, "it is Initializing", ({ fileIntegrity: { status } }) => {
      return status?.phase === "Initializing" && status.configDigest !== undefined;
    });
  }

  /** Waits until the nodes are asked for a new baseline, and the phase says so. */
  async untilAsked(name: string, nodes: readonly string[]): Promise<void> {
    await this.until(
      name,
      `${nodes} are asked`,
      ({ fileIntegrity, statuses }) =>
        fileIntegrity.status?.phase === "Initializing" &&
        nodes.every((node) =>
          statuses.some(({ nodeName, metadata, baseline }) => {
            const id = metadata.annotations?.[annotations.reInit];
            return nodeName === node && id !== undefined && id !== baseline?.requestID;
          })
        ),
    );
  }

  /** Waits until all that there is to do is done, and all that there is to tell told. */
  async untilDone(name: string): Promise<Snapshot> {
    return await this.until(name, `${name} is Active and all is told`, (is) => {
      const { metadata, status } = is.fileIntegrity;
      const notes = metadata.annotations ?? {};
      const { desired, succeeded = 0, failed = 0, held } = status?.nodes ?? {};
      const failures = is.statuses.filter(({ lastResult }) => lastResult?.condition === "Failed");
      return status?.phase === "Active" && desired === this.nodes.size && held === 0 &&
        is.statuses.length === this.nodes.size && succeeded + failed === desired &&
        failed === failures.length &&
        ![annotations.reInit, annotations.reInitOnFailed, annotations.reInitTaken]
          .some((key) => key in notes) &&
        is.statuses.every((status) =>
          nodeNews(status) === undefined && status.lastResult !== undefined &&
          !(annotations.holdoff in (status.metadata.annotations ?? {}))
        );
    });
  }

  /** Reports as the daemon of a node does, with the baseline that it is asked for. */
  async report(name: string, node: string, result: Partial<LastResult> = {}): Promise<void> {
    const found = await this.until(
      name,
      `${node} has a status`,
      ({ statuses }) => statuses.some(({ nodeName }) => nodeName === node),
    );
    const { fileIntegrity } = found;
    const previous = found.statuses.find(({ nodeName }) => nodeName === node);
    const id = previous?.metadata.annotations?.[annotations.reInit];
    const digest = fileIntegrity.status?.configDigest ?? "";
    const known = previous?.baseline;
    const due = known === undefined || known.configDigest !== digest ||
      id !== undefined && id !== known.requestID;
    const { results, lastResult, baseline } = nextNodeStatus(previous, {
      fileIntegrity,
      node,
      result: { condition: "Succeeded", lastProbeTime: timestamp(Date.now()), ...result },
      ...(due && {
        baseline: {
          digest: `sha256:${crypto.randomUUID()}`,
          configDigest: digest,
          entries: 3,
          aideVersion: "0.19.1",
          created: timestamp(Date.now()),
          reason: "first",
          ...(id !== undefined && { requestID: id }),
        },
      }),
    });
    await this.client.mergePatch(
      resources.nodeStatuses,
      this.#address(resources.nodeStatuses, nodeStatusName(name, node)),
      { results, lastResult, baseline },
    );
  }

  /** What was told of a FileIntegrity, sorted. */
  async events(uid = ""): Promise<string[]> {
    const { items } = await this.client.list(resources.events, {
      namespace: this.namespace.name,
      fieldSelector: `involvedObject.uid=${uid}`,
    });
    return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`).sort();
  }

  /** All that the operator is answerable for, without what differs from one time to the next. */
  async state({ fileIntegrity, statuses }: Snapshot): Promise<unknown> {
    const { name, uid = "" } = fileIntegrity.metadata;
    const { phase, nodes, conditions = [], configDigest = "" } = fileIntegrity.status ?? {};
    const configMap = await this.find(resources.configMaps, name);
    const daemonSet = await this.find(resources.daemonSets, daemonSetName(name));
    const found = {
      ...{ phase, nodes },
      conditions: conditions.map(({ type, status, reason, message }) => ({
        ...{ type, status, reason, message },
      })),
      statuses: statuses.map(({ nodeName, metadata }) => ({
        nodeName,
        labels: metadata.labels,
        annotations: Object.keys(metadata.annotations ?? {}).filter((key) => {
          // Only who saw a node come asks it for its first baseline, which it takes unasked.
          const came = metadata.annotations?.[annotations.reInitReason] === "first";
          return !came || key !== annotations.reInit && key !== annotations.reInitReason;
        }).sort(),
        owners: metadata.ownerReferences,
      })).sort((a, b) => a.nodeName < b.nodeName ? -1 : 1),
      configMap: { data: configMap?.data, owners: configMap?.metadata.ownerReferences },
      daemonSet: { spec: daemonSet?.spec, owners: daemonSet?.metadata.ownerReferences },
    };
    const text = JSON.stringify(found)
      .replaceAll(uid, "UID").replaceAll(configDigest, "DIGEST").replaceAll(name, "NAME")
      .replace(/etc-\d+/g, "etc-N");
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    try {
      await this.#running;
    } finally {
      for (const node of this.nodes) await this.removeNode(node);
      this.client[Symbol.dispose]();
      this.operator[Symbol.dispose]();
      await this.namespace[Symbol.asyncDispose]();
    }
  }
}

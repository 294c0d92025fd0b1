/** A node with a daemon on the real API server and with the real AIDE, and what a test does to both. */

import { assertEquals } from "@std/assert";
import { convertConfig } from "../../../src/aide/convert.ts";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { annotations } from "../../../src/api/labels.ts";
import { nodeStatusName } from "../../../src/api/names.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { digestText } from "../../../src/base/digest.ts";
import { DaemonWatch } from "../../../src/daemon/daemon_watch.ts";
import { runDaemon } from "../../../src/daemon/run_daemon.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import type { KubeObject } from "../../../src/kube/kube_object.ts";
import { type Resource, resources } from "../../../src/kube/resource.ts";
import { type Aide, aideProgram } from "../../../src/node/aide_process.ts";
import { localDisk } from "../../../src/node/disk.ts";
import type { DaemonOptions } from "../../../src/system/daemon_options.ts";
import { aideBinaries } from "../../aide_binaries.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { CollectedLog } from "../../daemon/collected_log.ts";
import { SkippingClock } from "../../daemon/skipping_clock.ts";
import { TestHost, testPolicy } from "../../node/test_host.ts";
import { apiCaller } from "../api/api_caller.ts";
import { createFileIntegrity, makeNodeStatus } from "../api/test_objects.ts";
import { directClient } from "../kube/direct_client.ts";
import { FaultProxy } from "../fault_proxy.ts";

const [aide] = (await aideBinaries()).slice(-1);

/** Seconds between two scans, unless a test says otherwise; time is skipped to come to the next one. */
export const interval = 3_600;

/** A daemon that runs in this process. */
export class RunningDaemon implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    run: (signal: AbortSignal) => Promise<void>,
    readonly log: CollectedLog,
    readonly clock: SkippingClock,
  ) {
    this.#ended = run(this.#stop.signal);
    this.#ended.catch(() => {});
  }

  /** Waits until it has published so many results and waits for the next scan. */
  async idle(count = 1): Promise<void> {
    await this.log.said(/^Next scan at/, count);
  }

  /** Goes on to when the next scan is due. */
  nextScan(seconds = interval): void {
    this.clock.skip(seconds * 1_101);
  }

  /** Ends it as SIGTERM does; rejects with what it failed with. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** What a `DaemonNode` is made of. */
export interface DaemonNodeOptions {
  fileIntegrity?: string;
  node?: string;
  config?: string;
  files?: Record<string, string>;
}

/** How a daemon is started, where it differs from the normal. */
export interface StartOptions extends Partial<DaemonOptions> {
  aide?: never;
  program?: Aide;
}

/** The node. */
export class DaemonNode implements AsyncDisposable {
  readonly name: string;

  private constructor(
    readonly cluster: TestCluster,
    readonly namespace: TestNamespace,
    readonly proxy: FaultProxy,
    readonly host: TestHost,
    readonly node: string,
    readonly config: string,
    readonly operator: KubeClient,
    private owner: FileIntegrity,
  ) {
    this.name = nodeStatusName(owner.metadata.name, node);
  }

  /** Makes a host, a FileIntegrity and its status for the node. */
  static async make(
    cluster: TestCluster,
    namespace: TestNamespace,
    { fileIntegrity = "fi", node = "daemon-a", config = testPolicy, files }: DaemonNodeOptions = {},
  ): Promise<DaemonNode> {
    if (aide === undefined) throw new Error("There is no AIDE to test with");
    const host = await TestHost.make(aide, files);
    const proxy = await FaultProxy.start(cluster);
    const converted = convertConfig(config).text;
    await Deno.mkdir(`${host.directory}/config`);
    await Deno.writeTextFile(`${host.directory}/config/aide.conf`, converted);
    using editor = await apiCaller(cluster, namespace, "editor");
    const owner = await createFileIntegrity(editor, namespace.name, fileIntegrity);
    const operator = await directClient(cluster, namespace);
    const made = new DaemonNode(
      ...[cluster, namespace, proxy, host, node, converted, operator, owner] as const,
    );
    await made.makeStatus();
    return made;
  }

  /** The FileIntegrity. */
  get fileIntegrity(): FileIntegrity {
    return this.owner;
  }

  /** Makes the node's status as the operator does. */
  async makeStatus(): Promise<void> {
    using operator = await apiCaller(this.cluster, this.namespace, "operator");
    await makeNodeStatus(operator, this.owner, this.node);
  }

  /** Deletes the node's status as the operator does. */
  async deleteStatus(): Promise<void> {
    await this.operator.delete(resources.nodeStatuses, this.address);
  }

  /** Deletes the FileIntegrity and all that belongs to it, and makes one of the same name. */
  async recreate(): Promise<void> {
    using editor = await apiCaller(this.cluster, this.namespace, "editor");
    const { name } = this.owner.metadata;
    const { code, stderr } = await this.cluster.kubectl(
      ["delete", "fileintegrity", name, "--cascade=foreground"],
      { namespace: this.namespace.name },
    );
    assertEquals(code, 0, stderr);
    this.owner = await createFileIntegrity(editor, this.namespace.name, name);
    await this.makeStatus();
  }

  /** Where the node's status is. */
  get address(): { namespace: string; name: string } {
    return { namespace: this.namespace.name, name: this.name };
  }

  /** The command line of the daemon. */
  get options(): DaemonOptions {
    return {
      fileIntegrity: this.owner.metadata.name,
      uid: this.owner.metadata.uid ?? "",
      namespace: this.namespace.name,
      configDigest: digestText(this.config),
      interval,
      maxBackups: 5,
      initialDelay: 0,
      debug: true,
      workers: 1,
      root: this.host.root,
      configDir: `${this.host.directory}/config`,
      stateDir: this.host.state,
      timeout: 600,
      logFormat: "json",
    };
  }

  /** Starts a daemon in this process, whose way to the API server is the proxy. */
  async start({ program, ...changes }: StartOptions = {}): Promise<RunningDaemon> {
    const options = { ...this.options, ...changes };
    const token = await this.namespace.token("daemon", this.node);
    const log = await CollectedLog.make();
    const clock = new SkippingClock();
    const { proxy, node, host } = this;
    const aide = program ?? aideProgram({ path: host.aide.path, idle: [] });
    return new RunningDaemon(
      (signal) =>
        runDaemon({
          ...{ options, node, clock, log: log.logger },
          root: options.root,
          stateDirectory: options.stateDir ?? host.state,
          configDirectory: options.configDir,
          open: (options) =>
            new KubeClient(proxy.connection(token), {
              ...options,
              userAgent: `daemon ${this.name}`,
            }),
          watch: new DaemonWatch(aide, clock, signal),
          disk: localDisk,
          random: () => 0.5,
        }, signal),
      log,
      clock,
    );
  }

  /** What the daemon asked the API server for, but reads: verbs and paths. */
  get writes(): string[] {
    return this.proxy.seen.filter(({ headers, verb }) =>
      headers.get("user-agent")?.startsWith("daemon") && !["get", "list", "watch"].includes(verb)
    ).map(({ verb, path }) => `${verb} ${path.split("/").slice(-2).join("/")}`);
  }

  /** The node's status as soon as it is as wanted. */
  async status(
    what: string,
    wanted: (status: StoredNodeStatus) => boolean,
  ): Promise<StoredNodeStatus> {
    return await this.object(what, resources.nodeStatuses, this.name, wanted);
  }

  /** The node's status as soon as its last scan is of that condition and one that did not stand there before. */
  async result(condition: string, after?: StoredNodeStatus): Promise<StoredNodeStatus> {
    // Annotations leave the generation as it is, and times of scans may be the same.
    return await this.status(`a result that is ${condition}`, ({ lastResult, metadata }) => {
      return lastResult?.condition === condition &&
        metadata.generation !== after?.metadata.generation;
    });
  }

  /** An object as soon as it is there and as wanted. */
  async object<T extends KubeObject>(
    what: string,
    resource: Resource<T>,
    name: string,
    wanted: (object: T) => boolean,
  ): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error(`Waited in vain for ${what}`)), 180_000);
    const selection = { namespace: this.namespace.name, fieldSelector: `metadata.name=${name}` };
    const { signal } = late;
    let last: T | undefined;
    try {
      for (;;) {
        const { items, metadata } = await this.operator.list(resource, { ...selection, signal });
        last = items[0];
        if (last !== undefined && wanted(last)) return last;
        const resourceVersion = metadata.resourceVersion ?? "";
        for await (
          const event of this.operator.watch(resource, { ...selection, resourceVersion, signal })
        ) {
          if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
          last = event.object;
          if (wanted(last)) return last;
        }
      }
    } catch (error) {
      if (signal.aborted) throw new Error(`${signal.reason.message}: ${JSON.stringify(last)}`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Annotates the node's status as the operator does; null takes an annotation away. */
  async annotate(changes: Partial<Record<keyof typeof annotations, string | null>>): Promise<void> {
    const wanted = Object.entries(changes).map(([key, value]) => [
      annotations[key as keyof typeof annotations],
      value,
    ]);
    await this.operator.mergePatch(resources.nodeStatuses, this.address, {
      metadata: { annotations: Object.fromEntries(wanted) },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.operator[Symbol.dispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }
}

/** A test with a node of its own, in a namespace of its own. */
export function daemonTest(
  name: string,
  run: (node: DaemonNode) => Promise<void>,
  options: DaemonNodeOptions = {},
): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("daemon");
    await using node = await DaemonNode.make(cluster, namespace, options);
    await run(node);
  });
}

/** Fake nodes for a test: the real scheduler binds pods to them, and this plays their kubelet. */
import type { Taint } from "kubernetes-types/core/v1.d.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";
import { Changes } from "./changes.ts";
import { checkContainersPossible } from "./container.ts";
import { ContainerLogs, type LoggedLine } from "./container_logs.ts";
import { FollowedMaps, NodeMaps } from "./followed_maps.ts";
import { fillHostRoot } from "./host_tree.ts";
import { pods } from "./kinds.ts";
import { KubeletApi } from "./kubelet_api.ts";
import { addNode, dropNode, setNodeReady } from "./node_object.ts";
import { NodeKubelet } from "./node_kubelet.ts";
import { NotSupported } from "./not_supported.ts";
import type { ServerAddress } from "./pod_environment.ts";
import { type ImageOptions, ProgramImage } from "./program_image.ts";
import type { ProbeFailure } from "./readiness.ts";

/** A node to be. */
export interface NodeSpec {
  name: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
  /** The way to the API server that the node's pods are told of. */
  apiServer?: ServerRoute;
}

/** A way to the API server: a proxy in front of it, for one. */
export interface ServerRoute extends ServerAddress {
  /** Its authority, in PEM, where it is not the cluster's: pods find it as `ca.crt`. */
  ca?: string;
}

/** How nodes and their pods are to be. */
export interface TestNodesOptions extends ImageOptions {
  nodes?: readonly NodeSpec[];
  /** Milliseconds until a ConfigMap's change is in the pods that mount it; 50 by default. */
  propagationDelay?: number;
  /** Milliseconds until a container that ended is started again, twice as many each time; 100 by default. */
  restartPause?: number;
}

/** A container that runs. */
export interface RunningContainer {
  node: string;
  namespace: string;
  pod: string;
  /** The pod's. */
  uid: string;
  /** The pod's own, on which its programs are told to listen by BIND_ADDRESS; every process of the machine reaches it. */
  address: string;
  /** How many containers of the pod ran before this one. */
  restarts: number;
  /** The program's process, on the machine. */
  pid: number;
  /** All its processes, on the machine. */
  pids(): Promise<number[]>;
  kill(signal: Deno.Signal): boolean;
}

// What is not taken away at the end stays for good.
const removalMs = 60_000;

/** Tries until it works, or time is over. */
async function persistently(work: () => Promise<void>, end: number): Promise<void> {
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

interface TestNode {
  hostRoot: string;
  kubelet: NodeKubelet;
  maps: NodeMaps;
  route: ServerRoute | undefined;
}

/**
 * Nodes of one test, with kubelets whose containers are processes of this machine. Each node has a directory for its
 * root, each pod its own arguments, variables, token and volumes. Disposal leaves no process, mount, file or object.
 */
export class TestNodes implements AsyncDisposable {
  /** An admin's client. */
  readonly client: KubeClient;
  /** What kept pods from running, or kubelets from following the API, even for a moment. */
  readonly problems: unknown[] = [];
  readonly #probeFailures: ProbeFailure[] = [];
  readonly #api: KubeletApi;
  readonly #home: string;
  readonly #options: TestNodesOptions;
  readonly #address: ServerAddress;
  readonly #changes = new Changes();
  readonly #logs: ContainerLogs;
  readonly #image: ProgramImage;
  readonly #maps: FollowedMaps;
  readonly #nodes = new Map<string, TestNode>();
  /** All that ever were. */
  readonly #names = new Set<string>();

  private constructor(
    cluster: TestCluster,
    api: KubeletApi,
    home: string,
    options: TestNodesOptions,
  ) {
    this.#api = api;
    this.client = api.client;
    this.#home = home;
    this.#options = options;
    const { hostname, port } = new URL(cluster.server);
    this.#address = { host: hostname, port: Number(port) };
    this.#logs = new ContainerLogs(Deno.env.get("FIO_TEST_LOGS") || `${home}/logs`, this.#changes);
    this.#image = new ProgramImage(home, options);
    this.#maps = new FollowedMaps(api);
  }

  /** Makes the nodes; rejects where this process can't make containers. */
  static async start(cluster: TestCluster, options: TestNodesOptions): Promise<TestNodes> {
    await checkContainersPossible();
    const home = await Deno.makeTempDir({ prefix: "test-kubelet-" });
    const nodes = new TestNodes(cluster, await KubeletApi.open(cluster), home, options);
    try {
      if (options.program === undefined) await nodes.#image.prepare();
      await Promise.all((options.nodes ?? []).map((node) => nodes.addNode(node)));
      return nodes;
    } catch (error) {
      await nodes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Makes one more node, Ready. The name of a node that was removed gets that one's root again. */
  async addNode(spec: NodeSpec): Promise<void> {
    const { name, apiServer } = spec;
    const hostRoot = `${this.#home}/hosts/${name}`;
    if (!this.#names.has(name)) {
      await Deno.mkdir(hostRoot, { recursive: true, mode: 0o755 });
      await fillHostRoot(hostRoot);
    }
    await addNode(this.client, spec);
    this.#names.add(name);
    const delay = this.#options.propagationDelay ?? 50;
    const maps = new NodeMaps(this.#maps, delay, () => this.#node(name).route?.ca);
    const kubelet = new NodeKubelet({
      ...{ node: name, api: this.#api, maps, image: this.#image, logs: this.#logs },
      ...{ changes: this.#changes, hostRoot, directory: `${this.#home}/pods` },
      restartPause: this.#options.restartPause ?? 100,
      server: () => this.#node(name).route ?? this.#address,
      onError: (error) => {
        this.problems.push(error);
        this.#changes.tell();
      },
      onProbeFailure: (failure) => {
        this.#probeFailures.push(failure);
        this.#changes.tell();
      },
    });
    this.#nodes.set(name, { hostRoot, kubelet, maps, route: apiServer });
    await kubelet.start();
  }

  /** Takes a node away: machine and object. Its pods stay in the API, as they do in a real cluster for a while. */
  async removeNode(name: string): Promise<void> {
    const { kubelet, maps } = this.#node(name);
    await kubelet.stop();
    maps[Symbol.dispose]();
    await dropNode(this.client, name);
    this.#nodes.delete(name);
  }

  /** The directory that is the root of a node's host. */
  hostRoot(name: string): string {
    return this.#node(name).hostRoot;
  }

  /** Says in the Node's status whether it is Ready. The cluster's own controllers do the rest. */
  async setReady(name: string, ready: boolean): Promise<void> {
    await setNodeReady(this.client, name, ready);
  }

  /** The node's kubelet stops, with the processes of its pods; the API server hears nothing of it. */
  async stopNode(name: string): Promise<void> {
    await this.#node(name).kubelet.stop();
  }

  /** The node's kubelet starts again, and its pods with it. */
  async startNode(name: string): Promise<void> {
    await this.#node(name).kubelet.start();
  }

  /** Sets the way to the API server for containers that start from now on; the direct one where none is given. */
  setApiServer(name: string, route?: ServerRoute): void {
    this.#node(name).route = route;
  }

  /** Changes of ConfigMaps and Secrets no longer reach the node's volumes, those of new pods neither. */
  pausePropagation(name: string): void {
    this.#node(name).maps.pause();
  }

  /** They do again, those in between at once. */
  resumePropagation(name: string): void {
    this.#node(name).maps.resume();
  }

  /** Gives the pods of a node new tokens. */
  async renewTokens(name: string): Promise<void> {
    await Promise.all(this.#node(name).kubelet.workers.map((worker) => worker.renewTokens()));
  }

  /** The containers that run, of pods whose name begins so; of all by default. */
  containers(podPrefix = ""): RunningContainer[] {
    return [...this.#nodes].flatMap(([node, { kubelet }]) =>
      kubelet.workers.flatMap(({ pod: { metadata }, container, restarts, address = "" }) => {
        const { name, namespace = "", uid = "" } = metadata;
        if (!name.startsWith(podPrefix) || container?.running !== true) return [];
        return [{
          ...{ node, namespace, pod: name, uid, address, restarts, pid: container.pid },
          pids: () => container.pids(),
          kill: (signal) => container.kill(signal),
        }];
      })
    );
  }

  /** The one container that runs of pods whose name begins so. */
  container(podPrefix: string): RunningContainer {
    const [container, ...others] = this.containers(podPrefix);
    if (container !== undefined && others.length === 0) return container;
    const count = container === undefined ? "No container" : `${others.length + 1} containers`;
    throw new Error(`${count} of pods named ${podPrefix}… instead of one: ${this.#described()}`);
  }

  /** Sends a signal to the program of a pod; a container that ends by it is started again. */
  kill(podPrefix: string, signal: Deno.Signal): void {
    this.container(podPrefix).kill(signal);
  }

  /**
   * What went wrong with the probes of pods whose name begins so, one by one, as the kubelet's event Unhealthy tells it;
   * while a program starts that is nothing but usual.
   */
  probeFailures(podPrefix = ""): ProbeFailure[] {
    return this.#probeFailures.filter(({ pod }) => pod.startsWith(podPrefix));
  }

  /** What the containers of pods whose name begins so wrote to stdout and stderr, those that ended included. */
  logs(podPrefix = ""): string[] {
    return this.#logs.lines(podPrefix).map(({ text }) => text);
  }

  /** The same with where each line comes from, and read as JSON where it is. */
  logLines(podPrefix = ""): LoggedLine[] {
    return this.#logs.lines(podPrefix);
  }

  /** Warnings, errors, and lines that are none of the product's log, such as those of a crash. */
  logFaults(podPrefix = ""): LoggedLine[] {
    return this.#logs.faults(podPrefix);
  }

  /** Waits until a pod whose name begins so has written such a line, and gives the first one. */
  async untilLogged(
    podPrefix: string,
    what: string,
    fits: (line: LoggedLine) => boolean,
    seconds?: number,
  ): Promise<LoggedLine> {
    const look = (): LoggedLine | undefined => this.#logs.lines(podPrefix).find(fits);
    return await this.until(`${podPrefix}… to say ${what}`, look, seconds);
  }

  /**
   * Waits until `look` finds something, looking again at every line of a log, every problem, every failure of a probe,
   * and every start and end of a container.
   */
  async until<T>(what: string, look: () => T | undefined, seconds = 180): Promise<T> {
    return await this.#changes.until(what, look, () => this.#described(), seconds);
  }

  #node(name: string): TestNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`There is no node ${name} in this test`);
    return node;
  }

  #described(): string {
    const running = this.containers().map(({ pod, node, restarts }) =>
      `${pod} (${node}, ${restarts})`
    );
    const last = this.#logs.lines().slice(-20).map(({ pod, text }) =>
      `  ${pod}: ${text.slice(0, 500)}`
    );
    const wrong = this.problems.slice(-5).map((error) => `  ${error}`);
    const failed = this.#probeFailures.slice(-5).map(({ pod, text }) => `  ${pod}: ${text}`);
    return [
      ...[`running: ${running.join(", ") || "nothing"}`, "problems:", ...wrong],
      ...["probes:", ...failed, "log:", ...last],
    ].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nodes = [...this.#nodes.values()];
    try {
      await Promise.all(nodes.map(({ kubelet }) => kubelet.stop()));
      const end = performance.now() + removalMs;
      const all = (remove: (node: string) => Promise<void>): Promise<unknown> =>
        Promise.all([...this.#names].map((name) => persistently(() => remove(name), end)));
      // Without the nodes nobody makes new pods for them.
      await all((name) => dropNode(this.client, name));
      await all((name) => this.#removePods(name));
    } finally {
      for (const { maps } of nodes) maps[Symbol.dispose]();
      await this.#maps[Symbol.asyncDispose]();
      this.#api[Symbol.dispose]();
      await Deno.remove(this.#home, { recursive: true });
    }
    const unsupported = this.problems.find((problem) => problem instanceof NotSupported);
    if (unsupported !== undefined) throw unsupported;
  }

  async #removePods(node: string): Promise<void> {
    const { items } = await this.client.list(pods, { fieldSelector: `spec.nodeName=${node}` });
    await Promise.all(items.map((pod) => this.#api.removePod(pod)));
  }
}

/** The nodes of `deno task dev`, with the daemons on them. */
import { isKubeError } from "../../src/kube/kube_error.ts";
import { resources } from "../../src/kube/resource.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";
import { pods } from "../kubelet/kinds.ts";
import { dropNode } from "../kubelet/node_object.ts";
import { TestNodes } from "../kubelet/test_nodes.ts";
import type { DevCommand } from "./command_line.ts";

const workerLabel = "node-role.kubernetes.io/worker";
const ownLabel = "dev.example/namespace";

const containersHome = (hostRoot: string): string =>
  hostRoot.slice(0, hostRoot.lastIndexOf("/hosts/"));

/** Nodes of this machine's processes. */
export class DevNodes implements AsyncDisposable {
  /** Their names. */
  readonly names: readonly string[];
  readonly #namespace: string;
  readonly #nodes: TestNodes;

  private constructor(names: readonly string[], namespace: string, nodes: TestNodes) {
    this.names = names;
    this.#namespace = namespace;
    this.#nodes = nodes;
  }

  /** Makes them, in the place of those that one before left which was killed. */
  static async start(
    cluster: TestCluster,
    namespace: string,
    { nodes: count, nodePrefix = "worker", nodeLabel = workerLabel }: Pick<
      DevCommand,
      "nodes" | "nodePrefix" | "nodeLabel"
    >,
  ): Promise<DevNodes> {
    const names = Array.from({ length: count }, (_, at) => `${nodePrefix}-${at + 1}`);
    const nodes = await TestNodes.start(cluster, {});
    try {
      const labelSelector = `${ownLabel}=${namespace}`;
      const { items } = await nodes.client.list(resources.nodes, { labelSelector });
      for (const { metadata } of items) await dropNode(nodes.client, metadata.name);
      const labels = { [nodeLabel]: "", [ownLabel]: namespace };
      await Promise.all(names.map((name) => nodes.addNode({ name, labels })));
      return new DevNodes(names, namespace, nodes);
    } catch (error) {
      await nodes[Symbol.asyncDispose]();
      if (!isKubeError(error, "already-exists")) throw error;
      throw new Error(`${error.message}: give another --node-prefix`, { cause: error });
    }
  }

  /** The directory that is the root of a node's host. */
  hostRoot(name: string): string {
    return this.#nodes.hostRoot(name);
  }

  /** Files with what the daemons write, as a shell's pattern. */
  get logs(): string {
    const home = containersHome(this.hostRoot(this.names[0] ?? ""));
    return `${Deno.env.get("FIO_TEST_LOGS") || `${home}/logs`}/*.log`;
  }

  /** Deletes the pods of the namespace on these nodes: their DaemonSets make new ones, which run the new bundle. */
  async renewPods(): Promise<number> {
    const { client } = this.#nodes;
    const { items } = await client.list(pods, { namespace: this.#namespace });
    const own = items.filter(({ spec, metadata }) =>
      this.names.includes(spec?.nodeName ?? "") && metadata.deletionTimestamp === undefined
    );
    await Promise.all(own.map(async ({ metadata: { name, namespace = "", uid } }) => {
      await client.delete(pods, { name, namespace }, uid === undefined ? {} : { uid })
        .catch((error) => {
          if (!isKubeError(error, "not-found", "conflict")) throw error; // it is gone already
        });
    }));
    return own.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nodes[Symbol.asyncDispose]();
  }
}

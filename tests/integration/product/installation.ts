/** The whole product, installed as its manifests say, on nodes of one test: an operator and its daemons at work. */

import { assertEquals } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { nodeStatusName } from "../../../src/api/names.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { auditEnd, auditEntries } from "../../cluster/audit_log.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { manifestNamespace, readManifests } from "../../cluster/manifests.ts";
import type { LoggedLine } from "../../kubelet/container_logs.ts";
import { TestNodes, type TestNodesOptions } from "../../kubelet/test_nodes.ts";
import { withoutStalls } from "../api_stalls.ts";
import { untilFound } from "../until_found.ts";

/** What a test says of its installation. */
export interface InstallationOptions extends Omit<TestNodesOptions, "nodes"> {
  /** Names of the nodes that are scanned; three with a prefix of the test's own by default. */
  workers?: readonly string[];
  /** Labels of them beside the test's own. */
  labels?: Readonly<Record<string, string>>;
  /** Arguments of the operator behind `operator`. */
  operatorArgs?: readonly string[];
  /** No operator yet: `startOperator` starts it. */
  withoutOperator?: boolean;
}

const patience = 240;

/** One installation, in a namespace of its own. */
export class Installation implements AsyncDisposable {
  /** The label that the nodes of this test have, and no others. */
  readonly label: string;

  private constructor(
    readonly cluster: TestCluster,
    readonly namespace: TestNamespace & AsyncDisposable,
    readonly nodes: TestNodes,
    /** The nodes that are scanned. */
    readonly workers: readonly string[],
    readonly operatorNode: string,
    /** Where the audit log ended before there was anything of this installation. */
    readonly auditStart: number,
  ) {
    this.label = `test.example/${namespace.name}`;
  }

  /** Installs, and waits until the operator's pod runs. */
  static async start(
    cluster: TestCluster,
    options: InstallationOptions = {},
  ): Promise<Installation> {
    const { labels = {}, operatorArgs = [], withoutOperator, ...kubelet } = options;
    const start = await auditEnd(cluster.auditLog);
    const namespace = await cluster.namespace("product");
    const { name } = namespace;
    const workers = options.workers ?? ["a", "b", "c"].map((node) => `${name.slice(-8)}-${node}`);
    const operatorNode = `${name}-operator`;
    const label = `test.example/${name}`;
    let nodes: TestNodes | undefined;
    try {
      nodes = await TestNodes.start(cluster, {
        ...kubelet,
        nodes: [
          ...workers.map((worker) => ({ name: worker, labels: { ...labels, [label]: "worker" } })),
          {
            name: operatorNode,
            labels: { [label]: "operator" },
            taints: [{ key: label, value: "operator", effect: "NoSchedule" }],
          },
        ],
      });
      const installation = new Installation(
        ...[cluster, namespace, nodes, workers, operatorNode, start] as const,
      );
      if (!withoutOperator) await installation.startOperator(operatorArgs);
      return installation;
    } catch (error) {
      await nodes?.[Symbol.asyncDispose]();
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Applies the Deployment of the manifests, on the operator's own node, and waits until its pod runs. */
  async startOperator(args: readonly string[] = [], replicas = 1): Promise<void> {
    // deno-lint-ignore no-explicit-any
    const deployment: any = structuredClone(
      (await readManifests()).find(({ kind }) => kind === "Deployment"),
    );
    deployment.metadata.namespace = this.namespace.name;
    deployment.spec.replicas = replicas;
    const { spec } = deployment.spec.template;
    spec.nodeSelector = { [this.label]: "operator" };
    spec.tolerations.push({ key: this.label, operator: "Exists" });
    spec.containers[0].args.push(...args);
    if (JSON.stringify(deployment).includes(manifestNamespace)) {
      throw new Error("The Deployment names the namespace of the manifests beside its metadata");
    }
    await this.admin(
      ["apply", "--server-side", "--force-conflicts", "-f", "-"],
      JSON.stringify(deployment),
    );
    await this.admin([
      "rollout",
      "status",
      "deployment/file-integrity-operator",
      `--timeout=${patience}s`,
    ]);
  }

  /** Runs kubectl as an account; throws where it fails. */
  async kubectl(
    args: string[],
    as: "viewer" | "editor" = "editor",
    stdin?: string,
  ): Promise<string> {
    return await this.#run(args, { as, ...(stdin !== undefined && { stdin }) });
  }

  /** Runs kubectl as admin, for what no account of the product does; throws where it fails. */
  async admin(args: string[], stdin?: string): Promise<string> {
    return await this.#run(args, stdin === undefined ? {} : { stdin });
  }

  async #run(
    args: string[],
    options: { as?: "viewer" | "editor"; stdin?: string },
  ): Promise<string> {
    const { code, stdout, stderr } = await this.cluster.kubectl(args, {
      ...options,
      namespace: this.namespace.name,
    });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Applies a FileIntegrity for the nodes of this test, as its editor; scans are 10 s apart unless told otherwise. */
  async apply(name: string, spec: Partial<NonNullable<FileIntegrity["spec"]>> = {}): Promise<void> {
    const object = {
      apiVersion: "fileintegrity.openshift.io/v1alpha1",
      kind: "FileIntegrity",
      metadata: { name },
      spec: {
        nodeSelector: { [this.label]: "worker" },
        ...spec,
        config: { gracePeriod: 10, ...spec.config },
      },
    };
    await this.kubectl(["apply", "-f", "-"], "editor", JSON.stringify(object));
  }

  /** Applies a ConfigMap, as its editor. */
  async applyConfig(name: string, data: Record<string, string>): Promise<void> {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
    await this.kubectl(["apply", "-f", "-"], "editor", JSON.stringify(object));
  }

  /** An object as the API server has it; undefined where there is none. */
  // deno-lint-ignore no-explicit-any
  async get(kind: string, name: string): Promise<any> {
    const text = await this.admin(["get", kind, name, "-o", "json", "--ignore-not-found"]);
    return text.trim() === "" ? undefined : JSON.parse(text);
  }

  /** The status of a node. */
  async status(name: string, node: string): Promise<StoredNodeStatus | undefined> {
    return await this.get("fins", nodeStatusName(name, node));
  }

  /** Waits until something holds; what it gives is given. Throws with what there is when it never does. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return await untilFound(what, look, {
      ...{ seconds: patience, pause: 100 },
      described: async () => {
        const all = await this.admin(["get", "fileintegrity,fins,ds,pods", "-o", "yaml"]);
        return `${all.slice(0, 8_000)}\n${this.nodes.logs().slice(-60).join("\n")}`;
      },
    });
  }

  /**
   * Does something while the machine of a node is down, of which the API server hears nothing: the phase Initializing,
   * which is over once every node has reported, is there until then however late the operator looks.
   */
  async whileDown(node: string, run: () => Promise<void>): Promise<void> {
    await this.nodes.stopNode(node);
    await run();
    await this.nodes.startNode(node);
  }

  /** Lets programs of pods stand still meanwhile, so that what others do about them can be seen before they go on. */
  async whileStopped(podPrefix: string, run: () => Promise<void>): Promise<void> {
    const stopped = this.nodes.containers(podPrefix).filter(({ kill }) => kill("SIGSTOP"));
    try {
      await run();
    } finally {
      for (const { kill } of stopped) kill("SIGCONT");
    }
  }

  /** Waits until the FileIntegrity is in a phase. */
  async untilPhase(name: string, phase: string): Promise<FileIntegrity> {
    return await this.until(`${name} is ${phase}`, async () => {
      const found: FileIntegrity | undefined = await this.get("fileintegrity", name);
      return found?.status?.phase === phase && found;
    });
  }

  /** Waits until a condition of the FileIntegrity has a reason; gives its message. */
  async untilReason(name: string, type: string, reason: string): Promise<string> {
    return await this.until(`${type} of ${name} is ${reason}`, async () => {
      const found: FileIntegrity | undefined = await this.get("fileintegrity", name);
      const condition = found?.status?.conditions?.find((one) => one.type === type);
      return condition?.reason === reason && condition.message;
    });
  }

  /** Waits until the last result of a node has a condition, and fits. */
  async untilResult(
    name: string,
    node: string,
    condition: string,
    fits: (status: StoredNodeStatus) => boolean = () => true,
  ): Promise<StoredNodeStatus> {
    return await this.until(`${node} is ${condition}`, async () => {
      const status = await this.status(name, node);
      return status?.lastResult?.condition === condition && fits(status) && status;
    });
  }

  /** Appends a line to a file of a node's host. */
  async change(node: string, path: string, text = "# integrity test\n"): Promise<void> {
    await Deno.writeTextFile(this.nodes.hostRoot(node) + path, text, { append: true });
  }

  /** Messages of the events with a reason, in the order of `kubectl get events`. */
  async events(reason: string): Promise<string[]> {
    const text = await this.kubectl([
      ...["get", "events", "--field-selector", `reason=${reason}`],
      ...["-o", 'jsonpath={range .items[*]}{.message}{"\\n"}{end}'],
    ], "viewer");
    return text.trim().split("\n").filter((line) => line !== "");
  }

  /** What was told of phases, results and baselines. */
  async told(): Promise<Told> {
    return {
      phases: await this.events("FileIntegrityStatus"),
      results: await this.events("NodeIntegrityStatus"),
      baselines: await this.events("NodeBaseline"),
    };
  }

  /**
   * Waits until the phase Active, and so many results and baselines, were told. Before it stands Pending, and maybe
   * Initializing, which is told where the operator looked before every node had reported; none of them twice.
   */
  async untilTold(counts: { results: number; baselines: number }): Promise<Told> {
    const told = await this.until("all is told", async () => {
      const { results, baselines, phases } = await this.told();
      return phases.at(-1) === "Active" && results.length === counts.results &&
        baselines.length === counts.baselines && { results, baselines, phases };
    });
    const others = told.phases.filter((phase) => phase !== "Initializing");
    assertEquals([others, new Set(told.phases).size], [["Pending", "Active"], told.phases.length]);
    return told;
  }

  /** Calls of the product's accounts that ended since `end` was given; of all their time by default. */
  async calls(from = this.auditStart): Promise<{ calls: AuditedCall[]; end: number }> {
    const { entries, end } = await auditEntries(this.cluster.auditLog, from);
    const prefix = `system:serviceaccount:${this.namespace.name}:file-integrity-`;
    const calls = entries.filter(({ user, stage }) =>
      user.username.startsWith(prefix) && stage === "ResponseComplete"
    ).map(({ user, verb, objectRef, responseStatus, stageTimestamp }) => ({
      account: user.username.slice(prefix.length),
      verb,
      resource: [objectRef?.resource, objectRef?.subresource].filter(Boolean).join("/"),
      name: objectRef?.name ?? "",
      code: responseStatus?.code ?? 0,
      time: stageTimestamp,
    }));
    return { calls, end };
  }

  /** Lines of this installation's logs that are warnings or errors, but for those that are expected. */
  faults(...expected: RegExp[]): string[] {
    const fits = ({ text }: LoggedLine): boolean => expected.some((pattern) => pattern.test(text));
    return this.faultLines().filter((line) => !fits(line))
      .map(({ pod, text }) => `${pod}: ${text}`);
  }

  /** All of them, of pods whose names begin so, but for those that a busy machine explains. */
  faultLines(podPrefix = ""): LoggedLine[] {
    const { cluster: { auditLog }, auditStart, namespace } = this;
    const lines = this.nodes.logFaults(podPrefix)
      .filter((line) => line.namespace === namespace.name);
    return withoutStalls(lines, ({ entry }) => entry, { auditLog, from: auditStart });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.nodes[Symbol.asyncDispose]();
    } finally {
      await this.namespace[Symbol.asyncDispose]();
    }
  }
}

/** Messages of events, in the order of `kubectl get events`. */
export interface Told {
  phases: string[];
  results: string[];
  baselines: string[];
}

/** A call as the audit log has it. */
export interface AuditedCall {
  /** "operator", "daemon", "viewer" or "editor". */
  account: string;
  verb: string;
  /** With the subresource: "fileintegrities/status". */
  resource: string;
  name: string;
  code: number;
  time: string;
}

/** A test with an installation of its own. */
export function productTest(
  name: string,
  run: (installation: Installation) => Promise<void>,
  options: InstallationOptions = {},
): void {
  clusterTest(name, async (cluster) => {
    await using installation = await Installation.start(cluster, options);
    await run(installation);
  });
}

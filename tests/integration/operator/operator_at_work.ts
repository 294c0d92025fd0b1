/** The operator, run in this process as its own account, on nodes that only exist on paper. */

import { type LogRecord, reset } from "@logtape/logtape";
import { recordedLog } from "../../recorded_log.ts";
import type { ConfigError } from "../../../src/aide/config_check.ts";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { nodeStatusName } from "../../../src/api/names.ts";
import { nextNodeStatus } from "../../../src/api/next_node_status.ts";
import type { Baseline, LastResult, StoredNodeStatus } from "../../../src/api/node_status.ts";
import { annotations } from "../../../src/api/labels.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { checkConfig } from "../../../src/node/check_config.ts";
import type { OperatorParts } from "../../../src/operator/parts.ts";
import { runOperator } from "../../../src/operator/run_operator.ts";
import { timestamp } from "../../../src/base/timestamp.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aideBinaries } from "../../aide_binaries.ts";
import { auditEnd, auditEntries } from "../../cluster/audit_log.ts";
import {
  clusterTest,
  type KubectlOutput,
  type TestCluster,
  type TestNamespace,
} from "../../cluster/test_cluster.ts";
import { directClient } from "../kube/direct_client.ts";
import { withoutStalls } from "../api_stalls.ts";
import { untilFound } from "../until_found.ts";

const waitSeconds = 180;

/** An operator and the cluster that it works on, for one test. */
export class OperatorAtWork implements AsyncDisposable {
  #stop = new AbortController();
  readonly #nodes: string[] = [];
  #running: Promise<void> | undefined;
  #api: KubeClient | undefined;
  readonly log: LogRecord[] = [];
  /** The label that the nodes of this test have, and no others. */
  readonly label: string;

  private constructor(
    readonly cluster: TestCluster,
    readonly namespace: TestNamespace & AsyncDisposable,
    /** Reads and writes as the daemons' account of every node; for what daemons do. */
    readonly admin: (args: string[], stdin?: string) => Promise<KubectlOutput>,
    /** Where the audit log ended before there was anything of this operator. */
    readonly auditStart: number,
  ) {
    this.label = `test-${namespace.name}`;
  }

  /** A namespace with its accounts, and no operator yet. */
  static async prepare(cluster: TestCluster): Promise<OperatorAtWork> {
    const start = await auditEnd(cluster.auditLog);
    const namespace = await cluster.namespace("operator");
    return new OperatorAtWork(
      cluster,
      namespace,
      (args, stdin) =>
        cluster.kubectl(args, {
          namespace: namespace.name,
          ...(stdin !== undefined && { stdin }),
        }),
      start,
    );
  }

  /** Makes Nodes, ready and with the label of this test. */
  async addNodes(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const node = {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name, labels: { [this.label]: "", "kubernetes.io/hostname": name } },
      };
      await this.demand(["create", "-f", "-"], JSON.stringify(node));
      this.#nodes.push(name);
      const status = { status: { conditions: [{ type: "Ready", status: "True", reason: "x" }] } };
      await this.demand([
        ...["patch", "node", name, "--subresource=status", "--type=merge"],
        ...["-p", JSON.stringify(status)],
      ]);
    }
  }

  /** Removes a Node. */
  async removeNode(name: string): Promise<void> {
    await this.demand(["delete", "node", name]);
    this.#nodes.splice(this.#nodes.indexOf(name), 1);
  }

  /** Starts the operator, or another one after `stop`. */
  async start(more: Partial<OperatorParts> = {}): Promise<void> {
    const log = await recordedLog(this.log);
    const [aide] = await aideBinaries();
    const api = this.#api = await directClient(this.cluster, this.namespace, {}, "operator");
    this.#stop = new AbortController();
    this.#running = runOperator({
      api,
      clock: systemClock,
      random: Math.random,
      log,
      namespace: this.namespace.name,
      image: "example.com/fio:1",
      instance: "test",
      checkConfig: (text): Promise<ConfigError[]> => checkConfig(text, aide?.path ?? ""),
      admission: () => Promise.resolve({ state: "in-force" as const }),
      ...more,
    }, this.#stop.signal);
  }

  /** Runs kubectl as an account; throws where it fails. */
  async kubectl(
    args: string[],
    as: "viewer" | "editor" = "editor",
    stdin?: string,
  ): Promise<string> {
    const { code, stdout, stderr } = await this.cluster.kubectl(args, {
      as,
      namespace: this.namespace.name,
      ...(stdin !== undefined && { stdin }),
    });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Runs kubectl as admin; throws where it fails. */
  async demand(args: string[], stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await this.admin(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Applies a FileIntegrity for the nodes of this test, as its editor. */
  async apply(name: string, spec: Partial<FileIntegrity["spec"] & object> = {}): Promise<void> {
    const object = {
      apiVersion: "fileintegrity.openshift.io/v1alpha1",
      kind: "FileIntegrity",
      metadata: { name },
      spec: { nodeSelector: { [this.label]: "" }, config: {}, ...spec },
    };
    await this.kubectl(["apply", "-f", "-"], "editor", JSON.stringify(object));
  }

  /** An object as the API server has it; undefined where there is none. */
  // deno-lint-ignore no-explicit-any
  async get(kind: string, name: string): Promise<any> {
    const text = await this.demand(["get", kind, name, "-o", "json", "--ignore-not-found"]);
    return text.trim() === "" ? undefined : JSON.parse(text);
  }

  /** The FileIntegrity of that name. */
  async fileIntegrity(name: string): Promise<FileIntegrity> {
    return await this.get("fileintegrity", name);
  }

  /** Waits until something holds; what it gives is given. Throws with `what` when it never does. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return await untilFound(what, look, {
      ...{ seconds: waitSeconds, pause: 50 },
      described: async () =>
        (await this.demand(["get", "fileintegrity,fins,ds,cm", "-o", "yaml"])).slice(0, 12_000),
    });
  }

  /** Waits until the FileIntegrity is in a phase. */
  async untilPhase(name: string, phase: string): Promise<FileIntegrity> {
    return await this.until(`${name} is ${phase}`, async () => {
      const found = await this.fileIntegrity(name);
      return found?.status?.phase === phase && found;
    });
  }

  /** Waits until a condition of the FileIntegrity has a reason; gives its message. */
  async untilReason(name: string, type: string, reason: string): Promise<string> {
    return await this.until(`${type} of ${name} is ${reason}`, async () => {
      const found = await this.fileIntegrity(name);
      const condition = found?.status?.conditions?.find((one) => one.type === type);
      return condition?.reason === reason && condition.message;
    });
  }

  /** Waits for the status object of a node. */
  async untilStatus(name: string, node: string): Promise<StoredNodeStatus> {
    return await this.until(
      `${name} has a status of ${node}`,
      () => this.get("fins", nodeStatusName(name, node)),
    );
  }

  /** Reports as the daemon of a node does; with the baseline that the node is asked for, unless told otherwise. */
  async report(
    name: string,
    node: string,
    result: Partial<LastResult> = {},
    baseline: Partial<Baseline> = {},
  ): Promise<void> {
    const previous = await this.untilStatus(name, node);
    const fileIntegrity = await this.fileIntegrity(name);
    const id = previous.metadata.annotations?.[annotations.reInit];
    const next = nextNodeStatus(previous, {
      fileIntegrity,
      node,
      result: { condition: "Succeeded", lastProbeTime: timestamp(Date.now()), ...result },
      baseline: {
        digest: `sha256:${id ?? "first"}`,
        configDigest: fileIntegrity.status?.configDigest ?? "",
        entries: 3,
        aideVersion: "0.19.1",
        created: timestamp(Date.now()),
        reason: "first",
        ...(id !== undefined && { requestID: id }),
        ...baseline,
      },
    });
    const { results, lastResult, baseline: taken } = next;
    await this.demand([
      ...["patch", "fins", previous.metadata.name, "--type=merge"],
      ...["-p", JSON.stringify({ results, lastResult, baseline: taken })],
    ]);
  }

  /** The messages of the events with a reason, in the order of `kubectl get events`. */
  async events(reason: string): Promise<string[]> {
    const text = await this.kubectl([
      ...["get", "events", "--field-selector", `reason=${reason}`],
      ...["-o", 'jsonpath={range .items[*]}{.message}{"\\n"}{end}'],
    ], "viewer");
    return text.trim().split("\n").filter((line) => line !== "");
  }

  /**
   * Log records that are not expected of an operator at work, and not explained by a busy machine; a node's verdict is
   * what it is there for.
   */
  get complaints(): string[] {
    const { cluster: { auditLog }, auditStart } = this;
    const records = this.log.filter(({ level }) => level === "error" || level === "warning")
      .filter(({ properties }) => properties.condition === undefined)
      .map(({ level, message, timestamp }) => ({
        ...{ level, message: message.join(""), time: timestamp },
      }));
    return withoutStalls(records, (record) => record, { auditLog, from: auditStart })
      .map(({ level, message }) => `${level}: ${message}`);
  }

  /** The operator, as the API server knows it. */
  get operatorUser(): string {
    return `system:serviceaccount:${this.namespace.name}:file-integrity-operator`;
  }

  /** What the operator has asked of the API server since `end` was given, or ever: `<verb> <resource>`. */
  async asked(from = this.auditStart): Promise<{ calls: string[]; end: number }> {
    const { entries, end } = await auditEntries(this.cluster.auditLog, from);
    const calls = entries.filter(({ user, stage }) =>
      user.username === this.operatorUser && stage === "ResponseComplete"
    ).map(({ verb, objectRef }) =>
      [verb, objectRef?.resource, objectRef?.subresource, objectRef?.name].filter(Boolean).join(" ")
    );
    return { calls, end };
  }

  /** Ends the operator, and waits for its end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#api?.[Symbol.dispose]();
    this.#api = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      for (const name of this.#nodes) await this.admin(["delete", "node", name]);
      await this.namespace[Symbol.asyncDispose]();
      await reset();
    }
  }
}

/** A test on nodes `a`, `b` and `c` (with a prefix of the test's own), on which no operator is at work yet. */
export function preparedTest(
  name: string,
  run: (operator: OperatorAtWork, nodes: [string, string, string]) => Promise<void>,
): void {
  clusterTest(name, async (cluster) => {
    await using operator = await OperatorAtWork.prepare(cluster);
    const prefix = operator.namespace.name.slice(-8);
    const nodes: [string, string, string] = [`${prefix}-a`, `${prefix}-b`, `${prefix}-c`];
    await operator.addNodes(nodes);
    await run(operator, nodes);
  });
}

/** The same with an operator at work. */
export function operatorTest(
  name: string,
  run: (operator: OperatorAtWork, nodes: [string, string, string]) => Promise<void>,
): void {
  preparedTest(name, async (operator, nodes) => {
    await operator.start();
    await run(operator, nodes);
  });
}

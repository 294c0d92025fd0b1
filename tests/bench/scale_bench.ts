/** The operator as its bundle runs it, beside a thousand nodes that only exist on paper and report all at once. */
import { annotations } from "../../src/api/labels.ts";
import { nextNodeStatus } from "../../src/api/next_node_status.ts";
import type { Baseline, Change, LastResult } from "../../src/api/node_status.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";
import { resources } from "../../src/kube/resource.ts";
import { timestamp } from "../../src/base/timestamp.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";
import { findings } from "../integration/faults/expected_warnings.ts";
import { Installation } from "../integration/product/installation.ts";
import { addNode, dropNode } from "../kubelet/node_object.ts";
import { activityBetween, activityOf, memoryOf, resetPeak } from "./process_facts.ts";
import { SeenObjects } from "./seen_objects.ts";
import type { Table } from "./table.ts";

const lanes = 32;
const name = "scale";

/** Does all of `todo`, so many at a time as there are daemons' connections. */
async function inLanes<T>(todo: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  const rest = todo.values();
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (const one of rest) await act(one);
  }));
}

interface Round {
  what: string;
  condition: "Succeeded" | "Failed";
  /** Seconds from the first write of a daemon to the last. */
  written: number;
  counted: number;
  told: number;
  /** Until the operator has nothing left to do. */
  noted: number;
  cpu: number;
  rss: number;
  peak: number;
  requests: number;
}

interface Scale {
  client: KubeClient;
  installation: Installation;
  answers: SeenObjects;
  nodes: readonly string[];
}

/** All nodes report, and the operator takes it in. */
async function round(
  { client, installation, answers, nodes }: Scale,
  what: string,
  result: Partial<LastResult> & { condition: "Succeeded" | "Failed" },
  baseline?: Baseline,
): Promise<Round> {
  const namespace = installation.namespace.name;
  const { condition } = result;
  const { pid } = installation.nodes.container("file-integrity-operator");
  const { fileIntegrity } = answers;
  if (fileIntegrity === undefined) throw new Error("The FileIntegrity is not there yet");
  const { end } = await installation.calls();
  await resetPeak(pid);
  const before = await activityOf(pid);
  answers.events.clear();
  const start = performance.now();
  await inLanes(nodes, async (node) => {
    const previous = answers.statuses.get(node)!;
    const next = nextNodeStatus(previous, {
      ...{ fileIntegrity, node },
      result: { lastProbeTime: timestamp(Date.now()), ...result },
      ...(baseline !== undefined && { baseline }),
    });
    const { results, lastResult, baseline: taken } = next;
    const patch = { results, lastResult, ...(taken !== undefined && { baseline: taken }) };
    const address = { namespace, name: previous.metadata.name };
    await client.mergePatch(resources.nodeStatuses, address, patch);
  });
  const written = performance.now();
  const field = condition === "Succeeded" ? "succeeded" : "failed";
  const [counted, told, noted] = await Promise.all([
    answers.until(
      `all are counted as ${field}`,
      () => answers.fileIntegrity?.status?.nodes?.[field] === nodes.length,
    ),
    answers.until(
      "every node is named by an event",
      () => answers.events.get("NodeIntegrityStatus")?.size === nodes.length,
    ),
    answers.until(
      "every event is noted",
      () =>
        answers.statuses.values().every(({ metadata, lastResult }) =>
          lastResult?.condition === condition &&
          metadata.annotations?.[annotations.told]?.startsWith(condition)
        ),
    ),
  ]);
  const { cpu } = activityBetween(before, await activityOf(pid));
  const { rss, peak } = await memoryOf(pid);
  const { calls } = await installation.calls(end);
  const seconds = (then: number): number => (then - start) / 1000;
  return {
    ...{ what, condition, cpu, rss, peak },
    ...{ written: seconds(written), counted: seconds(counted), told: seconds(told) },
    noted: seconds(noted),
    requests: calls.filter(({ account }) => account === "operator").length,
  };
}

async function rounds(scale: Scale, progress: (what: string) => void): Promise<Round[]> {
  const { installation, answers, nodes } = scale;
  const namespace = installation.namespace.name;
  await installation.apply(name, { config: { gracePeriod: 900 } });
  await answers.until(
    "all nodes have a status",
    () =>
      answers.statuses.size === nodes.length &&
      answers.fileIntegrity?.status?.nodes?.initializing === nodes.length,
  );
  const done: Round[] = [];
  const add = async (made: Promise<Round>): Promise<void> => {
    const taken = await made;
    progress(`${nodes.length} nodes, ${taken.what}: all told after ${taken.told.toFixed(1)} s`);
    done.push(taken);
  };
  await add(round(scale, "first result", { condition: "Succeeded" }, {
    ...{ digest: `sha256:${"1".repeat(64)}`, entries: 30_000, aideVersion: "0.19.1" },
    configDigest: answers.fileIntegrity?.status?.configDigest ?? "",
    ...{ created: timestamp(Date.now()), reason: "first" },
  }));
  const differing = Array.from({ length: 20 }, (_, at): Change => ({
    ...{ path: `/etc/security/a-file-that-changed-${at}`, kind: "changed", fileType: "file" },
    attributes: [
      { name: "size", old: "1200", new: "1216" },
      { name: "sha512", old: "1".repeat(88), new: "2".repeat(88) },
    ],
  }));
  await add(round(scale, "all fail at once", {
    ...{ condition: "Failed", filesChanged: 20, resultConfigMapNamespace: namespace },
    resultConfigMapName: `aide-ds-${name}-failed`,
    changes: {
      ...{ added: 0, changed: 20, removed: 0, truncated: false },
      ...{ items: differing, digest: `sha256:${"2".repeat(64)}` },
    },
  }));
  await add(round(scale, "all are well again", { condition: "Succeeded" }));
  return done;
}

/** Measures with so many nodes. */
export async function measureScale(
  cluster: TestCluster,
  count: number,
  progress: (what: string) => void,
): Promise<Table> {
  await using installation = await Installation.start(cluster, { workers: [] });
  const { client } = installation.nodes;
  const namespace = installation.namespace.name;
  // No pod comes of the DaemonSet: what 1,000 pods cost the cluster is not looked at here.
  await installation.admin(["create", "quota", "no-pods", "--hard=pods=1"]);
  const nodes = Array.from({ length: count }, (_, at) => `${namespace.slice(-8)}-${at}`);
  const answers = new SeenObjects(client, namespace);
  try {
    progress(`making ${count} nodes`);
    await inLanes(
      nodes,
      (name) => addNode(client, { name, labels: { [installation.label]: "worker" } }),
    );
    const { pid } = installation.nodes.container("file-integrity-operator");
    const { rss } = await memoryOf(pid);
    const done = await rounds(
      { client, installation, answers, nodes },
      progress,
    );
    const faults = installation.faults(findings);
    const digits = 1;
    return {
      title: `The operator with ${count} nodes that report at once`,
      columns: [
        ...[{ name: "what" }, { name: "written after (s)", digits }],
        ...[{ name: "counted after", digits }, { name: "each node told after", digits }],
        { name: "settled after", digits },
        ...[{ name: "operator's requests" }, { name: "its CPU (s)", digits }],
        ...[{ name: "resident (MB)", digits }, { name: "peak", digits }],
      ],
      rows: done.map((one) => [
        ...[one.what, one.written, one.counted, one.told, one.noted],
        ...[one.requests, one.cpu, one.rss, one.peak],
      ]),
      notes: [
        `The operator is the bundle in a process of its own, ${
          rss.toFixed(1)
        } MB resident before its FileIntegrity. ` +
        `The results are written over ${lanes} connections; Nodes are objects without a machine.`,
        "From the first write of a result until the FileIntegrity's status counts all nodes, and until an event names " +
        "every node. API server, etcd and those who write share the cores with the operator.",
        "The bar is 10 s and 85 MiB for 1,000 nodes. The Go operator: first results 96 s, all Failed 183 s and 85 MiB, " +
        "1 node of 1,000 named by an event.",
        ...(faults.length === 0
          ? []
          : [`Warnings of the operator: ${faults.length}, ${faults[0]}`]),
      ],
    };
  } finally {
    await answers.end();
    await inLanes(nodes, (node) => dropNode(client, node));
  }
}

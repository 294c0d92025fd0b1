import { assert, assertEquals } from "@std/assert";
import type { FileIntegrity } from "../../src/api/file_integrity.ts";
import { annotations } from "../../src/api/labels.ts";
import { actionCounts } from "../../src/metrics/action_counts.ts";
import { productCounters } from "../../src/metrics/product_metrics.ts";
import type { Action } from "../../src/plan/action.ts";
import type { NodeUpdate } from "../../src/plan/node_update.ts";
import type { ObservedChild } from "../../src/plan/observed.ts";
import { digestText } from "../../src/base/digest.ts";
import { baseline, ModelCluster, node, worker } from "../plan/model_cluster.ts";

type Counts = Record<string, number>;

const prefix = "file_integrity_operator_";

/** Carries out what there is to do, once; gives what that counts, in short. */
function stepCounts(cluster: ModelCluster): { counts: Counts; actions: Action[] } {
  const { fileIntegrity, nodeStatuses } = cluster.observed();
  const { status } = cluster.plan();
  const before = new Set(cluster.events.keys());
  const actions = cluster.step();
  const counts: Counts = {};
  for (const action of actions) {
    const events = action.kind === "update-node-status" ? action.events : [];
    const told = events.filter(({ reason, transition }) =>
      !before.has(JSON.stringify([reason, transition]))
    );
    const made = actionCounts({
      ...{ action, told, fileIntegrity, status },
      nodeStatuses: new Map(nodeStatuses.map((one) => [one.metadata.name, one])),
    });
    for (const { name, labels, value } of made) {
      const { fileintegrity, ...rest } = labels;
      const allowed: readonly string[] = productCounters[name].labels;
      assertEquals(Object.keys(labels).sort(), [...allowed].sort(), name);
      if (fileintegrity !== undefined) assertEquals(fileintegrity, fileIntegrity.metadata.name);
      const words = Object.entries(rest).map(([key, text]) => `${key}=${text}`);
      const key = [name.replace(prefix, ""), ...words].join(" ");
      counts[key] = (counts[key] ?? 0) + value;
    }
  }
  return { counts, actions };
}

/** What is counted until there is nothing left to do. */
function settledCounts(cluster: ModelCluster): Counts {
  const all: Counts = {};
  for (let steps = 0; steps < 20; steps++) {
    const { counts, actions } = stepCounts(cluster);
    for (const [key, value] of Object.entries(counts)) all[key] = (all[key] ?? 0) + value;
    if (actions.length === 0) return all;
  }
  throw new Error("It does not settle");
}

const three = (fileIntegrity?: FileIntegrity): ModelCluster =>
  new ModelCluster(["a", "b", "c"].map((name) => node(name)), fileIntegrity);

/** A cluster in which every node has reported that nothing changed. */
function active(cluster = three()): ModelCluster {
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  return cluster;
}

function annotate(cluster: ModelCluster, all: Record<string, string | undefined>): void {
  const notes = { ...cluster.fileIntegrity.metadata.annotations };
  for (const [key, value] of Object.entries(all)) {
    if (value === undefined) delete notes[key];
    else notes[key] = value;
  }
  const metadata = { ...cluster.fileIntegrity.metadata, annotations: notes };
  cluster.fileIntegrity = { ...cluster.fileIntegrity, metadata };
}

function update(cluster: ModelCluster, name: string, state: NodeUpdate): void {
  cluster.nodes = cluster.nodes.map((one) => one.name === name ? { ...one, update: state } : one);
}

Deno.test("action counts: a new FileIntegrity counts its phases, its DaemonSet, and each node's first result", () => {
  const cluster = three();
  assertEquals(settledCounts(cluster), {
    "phase_total phase=Pending": 1,
    "phase_total phase=Initializing": 1,
    "daemonset_update_total operation=update": 1,
  });
  cluster.allReport();
  assertEquals(settledCounts(cluster), {
    "phase_total phase=Active": 1,
    "node_status_total condition=Succeeded node=a": 1,
    "node_status_total condition=Succeeded node=b": 1,
    "node_status_total condition=Succeeded node=c": 1,
  });
});

Deno.test("action counts: a settled cluster counts nothing, nor do scans that find nothing new", () => {
  const cluster = active();
  assertEquals(settledCounts(cluster), {});
  const { lastTransitionTime = "" } = cluster.status("a")?.lastResult ?? {};
  for (const name of ["a", "b", "c"]) {
    cluster.now += 60_000;
    cluster.report(name, { lastTransitionTime });
  }
  assertEquals(settledCounts(cluster), {});
});

Deno.test("action counts: a result counts when it is new, also a Failed one with other changes", () => {
  const cluster = active();
  const changes = (digest: string) => ({
    ...{ added: 1, changed: 0, removed: 0, digest, truncated: false, items: [] },
  });
  cluster.now += 60_000;
  cluster.report("a", { condition: "Failed", changes: changes("one") });
  assertEquals(settledCounts(cluster), { "node_status_total condition=Failed node=a": 1 });
  cluster.now += 60_000;
  cluster.report("a", { condition: "Failed", changes: changes("two") });
  assertEquals(settledCounts(cluster), { "node_status_total condition=Failed node=a": 1 });
});

Deno.test("action counts: an Errored result counts with its reason, and the phase with that of Ready", () => {
  const cluster = active();
  cluster.now += 60_000;
  cluster.report("b", { condition: "Errored", errorReason: "disk-full", errorMessage: "it is" });
  assertEquals(settledCounts(cluster), {
    "node_status_total condition=Errored node=b": 1,
    "node_status_error_total error=disk-full node=b": 1,
    "phase_total phase=Error": 1,
    "error_total error=NodeErrors": 1,
  });
  cluster.now += 60_000;
  cluster.report("b", { condition: "Errored", errorMessage: "nobody knows" });
  assertEquals(settledCounts(cluster), {
    "node_status_total condition=Errored node=b": 1,
    "node_status_error_total error=internal-error node=b": 1,
  });
  cluster.now += 60_000;
  cluster.report("b", {});
  assertEquals(settledCounts(cluster), {
    "node_status_total condition=Succeeded node=b": 1,
    "phase_total phase=Active": 1,
  });
});

Deno.test("action counts: every reason with which a phase is Error begins at 0", () => {
  const refused = active();
  refused.config = { state: "refused", message: "line 1: no" };
  const counts = settledCounts(refused);
  assertEquals(counts, { "phase_total phase=Error": 1, "error_total error=ConfigRefused": 1 });
  const impossible = active();
  impossible.refuses = "It can't be";
  impossible.daemonSet = undefined;
  assertEquals(settledCounts(impossible), {
    ...{ "phase_total phase=Error": 1, "error_total error=DaemonSetRefused": 1 },
  });
  const { begins = [] } = productCounters.file_integrity_operator_error_total;
  assertEquals([...begins].sort(), ["ConfigRefused", "DaemonSetRefused", "NodeErrors"]);
});

Deno.test("action counts: what another process has told already is not counted again", () => {
  const cluster = active();
  cluster.now += 60_000;
  for (const name of ["a", "b"]) cluster.report(name, { condition: "Failed" });
  // One that was killed after it had told of "a", before it could note it.
  const [told] = cluster.plan().actions.flatMap((action) =>
    action.kind === "update-node-status" && action.name === "worker-a" ? action.events : []
  );
  assert(told !== undefined);
  cluster.events.set(JSON.stringify([told.reason, told.transition]), told);
  assertEquals(settledCounts(cluster), { "node_status_total condition=Failed node=b": 1 });
});

Deno.test("action counts: a new database tells an event, and is no new result", () => {
  const cluster = active();
  const status = cluster.status("a");
  assert(status?.lastResult !== undefined);
  cluster.statuses.set(status.metadata.name, {
    ...status,
    baseline: baseline(status.baseline?.configDigest ?? "", { digest: "sha256:b2" }),
  });
  const events = cluster.events.size;
  assertEquals(settledCounts(cluster), {});
  assertEquals(cluster.events.size, events + 1);
});

Deno.test("action counts: a node's update pauses its scans, and ends with a new database", () => {
  const cluster = active();
  update(cluster, "a", { state: "updating" });
  assertEquals(settledCounts(cluster), { "pause_total node=a": 1 });
  assertEquals(settledCounts(cluster), {});
  update(cluster, "a", { state: "idle" });
  assertEquals(settledCounts(cluster), {
    "unpause_total node=a": 1,
    "reinit_total by=node node=a": 1,
    // The phase says that a database is being built.
    "phase_total phase=Initializing": 1,
  });
  cluster.allReport();
  assertEquals(settledCounts(cluster), { "phase_total phase=Active": 1 });
});

Deno.test("action counts: scans that somebody holds are none that an update pauses", () => {
  const cluster = active();
  annotate(cluster, { [annotations.holdoff]: "a,b" });
  assertEquals(settledCounts(cluster), {});
  // An update of a node that is held already, and one that goes on when it is not held any more.
  update(cluster, "a", { state: "updating" });
  assertEquals(settledCounts(cluster), {});
  annotate(cluster, { [annotations.holdoff]: undefined });
  assertEquals(settledCounts(cluster), { "pause_total node=a": 1 });
  annotate(cluster, { [annotations.holdoff]: "" });
  assertEquals(settledCounts(cluster), { "unpause_total node=a": 1 });
});

Deno.test("action counts: a request of an administrator counts once, for whatever nodes", () => {
  for (
    const [value, notes] of [["", {}], ["a,b", {}], ["a", { [annotations.reInitOnFailed]: "" }]]
  ) {
    const cluster = active();
    annotate(cluster, { [annotations.reInit]: value as string, ...notes as object });
    assertEquals(settledCounts(cluster), {
      "reinit_total by=demand node=": 1,
      "phase_total phase=Initializing": 1,
    });
  }
  const nobody = active();
  annotate(nobody, { [annotations.reInit]: "nowhere" });
  assertEquals(settledCounts(nobody), {});
});

Deno.test("action counts: another configuration counts once, and its first one does not", () => {
  const cluster = active();
  cluster.config = {
    ...{ state: "accepted", origin: "user", remarks: [] },
    ...{ text: "another", digest: digestText("another") },
  };
  assertEquals(settledCounts(cluster), {
    "reinit_total by=config node=": 1,
    "daemonset_update_total operation=update": 1,
    "phase_total phase=Initializing": 1,
  });
});

Deno.test("action counts: a node that comes has its first database, one that is replaced another one", () => {
  const cluster = active();
  cluster.nodes = [...cluster.nodes, node("d")];
  assertEquals(settledCounts(cluster), { "phase_total phase=Initializing": 1 });
  cluster.allReport();
  cluster.settle();
  cluster.nodes = cluster.nodes.map((one) => one.name === "a" ? node("a", { uid: "new" }) : one);
  assertEquals(settledCounts(cluster), {
    "reinit_total by=node node=a": 1,
    "phase_total phase=Initializing": 1,
  });
  cluster.nodes = cluster.nodes.filter(({ name }) => name !== "a");
  cluster.allReport();
  const gone = settledCounts(cluster);
  assertEquals(Object.keys(gone).filter((key) => / node=a$/.test(key)), []);
});

Deno.test("action counts: an edited DaemonSet comes back by an update, one that can't be changed is deleted", () => {
  const cluster = active();
  const child = cluster.daemonSet as ObservedChild;
  const spec = child.content.spec as Record<string, unknown>;
  cluster.daemonSet = { ...child, content: { spec: { ...spec, minReadySeconds: 5 } } };
  assertEquals(settledCounts(cluster), { "daemonset_update_total operation=update": 1 });
  const selector = { matchLabels: { app: "somebody" } };
  cluster.daemonSet = { ...child, content: { spec: { ...spec, selector } } };
  assertEquals(settledCounts(cluster), {
    "daemonset_update_total operation=delete": 1,
    "daemonset_update_total operation=update": 1,
  });
});

Deno.test("action counts: DaemonSets with which the existing operator asked for databases are others than those that scan", () => {
  const deleted = (name: string, fi: string): string[] => {
    const metadata = { ...worker.metadata, name: fi };
    const made = actionCounts({
      ...{ action: { kind: "delete-daemon-set", name, uid: "x" }, told: [], status: {} },
      ...{ fileIntegrity: { ...worker, metadata }, nodeStatuses: new Map() },
    });
    return made.map(({ name, labels }) => `${name.replace(prefix, "")} ${labels.operation}`);
  };
  assertEquals(deleted("aide-ini-worker", "worker"), ["reinit_daemonset_update_total delete"]);
  assertEquals(deleted("aide-ds-worker", "worker"), ["daemonset_update_total delete"]);
  assertEquals(deleted("aide-worker", "worker"), ["daemonset_update_total delete"]);
  assertEquals(deleted("aide-initial", "initial"), ["daemonset_update_total delete"]);
});

Deno.test("action counts: a node that moves over from the existing operator has its first database of ours", () => {
  const cluster = new ModelCluster([node("a")], { ...worker, status: { phase: "Active" } });
  cluster.statuses.set("worker-a", {
    metadata: { name: "worker-a", uid: "status-a" },
    nodeName: "a",
    lastResult: { condition: "Failed", lastProbeTime: "2025-12-31T00:00:00Z", filesAdded: 1 },
    standing: "Failed",
  });
  cluster.left.daemonSets.push({
    metadata: {
      ...{ name: "aide-ini-worker", uid: "ini", ownerReferences: [] },
      labels: { "file-integrity.openshift.io/reinit-owner": "worker" },
    },
    content: {},
  });
  assertEquals(settledCounts(cluster), {
    "daemonset_update_total operation=update": 1,
    "node_status_total condition=Failed node=a": 1,
    "phase_total phase=Initializing": 1,
    "reinit_daemonset_update_total operation=delete": 1,
  });
});

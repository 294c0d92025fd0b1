import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../src/api/labels.ts";
import { active } from "./active_cluster.ts";
import { baseline, defaultConfig, ModelCluster, node, worker } from "./model_cluster.ts";

Deno.test("plan: nodes come and go", () => {
  const cluster = active();
  cluster.nodes = [node("b"), node("c"), node("d")];
  cluster.settle();
  assertEquals([...cluster.statuses.keys()].sort(), ["worker-b", "worker-c", "worker-d"]);
  // Whatever an earlier life of the node has left on its disk stands in the way of nothing.
  const { annotations: notes = {} } = cluster.status("d")?.metadata ?? {};
  assertEquals(notes[annotations.reInitReason], "first");
  cluster.nodes = [];
  cluster.settle();
  assertEquals(cluster.statuses.size, 0);
  assertEquals(cluster.condition("NodesReporting")?.reason, "NoNodes");
  assertEquals(cluster.fileIntegrity.status?.phase, "Pending");
});

Deno.test("plan: a node replaced under its name gets a new baseline with that reason", () => {
  const cluster = active();
  cluster.nodes = [node("a", { uid: "another" }), node("b"), node("c")];
  cluster.settle();
  const { annotations: notes = {} } = cluster.status("a")?.metadata ?? {};
  assertEquals(notes[annotations.reInitReason], "node-replaced");
  assertEquals(notes[annotations.nodeUID], "another");
  assertEquals(cluster.plan().actions, []);
});

Deno.test("plan: a node that is silent for too long is stale, and the operator wakes up to see it", () => {
  const cluster = active();
  const { requeueAfter = 0 } = cluster.plan();
  assert(requeueAfter > 900_000);
  cluster.now += requeueAfter;
  cluster.report("b", { lastTransitionTime: "2026-01-01T00:00:00Z" });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.nodes?.stale, 2);
  assertEquals(cluster.condition("NodesReporting"), {
    ...cluster.condition("NodesReporting") as object,
    ...{ status: "False", reason: "NodesStale", message: "2 nodes did not report in time: a, c" },
  });
});

Deno.test("plan: one node that is down does not hide that the others are scanned", () => {
  const cluster = new ModelCluster([node("a"), node("b", { ready: false })]);
  cluster.settle();
  cluster.report("a", {}, baseline(defaultConfig.digest));
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assertEquals(cluster.fileIntegrity.status?.nodes?.initializing, 1);
});

Deno.test("plan: the initial delay is Pending, and looked at again when it is over", () => {
  const cluster = new ModelCluster([node("a")], {
    ...worker,
    spec: { config: { initialDelay: 60 } },
  });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Pending");
  assertEquals(cluster.condition("Ready")?.reason, "InitialDelay");
  const { requeueAfter = 0 } = cluster.plan();
  assertEquals(requeueAfter, 60_000);
  cluster.now += requeueAfter;
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Initializing");
});

Deno.test("plan: a status that an earlier FileIntegrity of the name left is not taken over", () => {
  const cluster = active();
  const reborn = { ...worker, metadata: { ...worker.metadata, uid: "second" } };
  const { statuses, daemonSet, configMap } = cluster;
  const next = new ModelCluster(cluster.nodes, reborn);
  Object.assign(next, { statuses, daemonSet, configMap, living: new Set(["second"]) });
  next.settle();
  assertEquals(next.status("a")?.baseline, undefined);
  assertEquals(next.status("a")?.metadata.ownerReferences?.[0]?.uid, "second");
  assertMatch(JSON.stringify(next.daemonSet), /--file-integrity-uid=second/);
});

Deno.test("plan: a name of two is left to the FileIntegrity that has it, and said", () => {
  const cluster = active();
  const other = new ModelCluster(cluster.nodes, {
    ...worker,
    metadata: { ...worker.metadata, uid: "other" },
  });
  Object.assign(other, { statuses: cluster.statuses, living: new Set(["fi-uid", "other"]) });
  const before = structuredClone(cluster.statuses);
  other.settle();
  assertEquals(other.statuses, before);
  assertEquals(other.condition("NodesReporting")?.reason, "NameTaken");
});

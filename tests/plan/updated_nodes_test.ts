import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { annotations } from "../../src/api/labels.ts";
import type { ObservedNode } from "../../src/plan/observed.ts";
import { active, annotate, three } from "./active_cluster.ts";
import type { ModelCluster } from "./model_cluster.ts";

type Update = ObservedNode["update"];

const updated = (cluster: ModelCluster, update: Update): void => {
  cluster.nodes = cluster.nodes.map((one) => one.name === "a" ? { ...one, update } : one);
  cluster.settle();
};

const notesOf = (cluster: ModelCluster, name: string): Record<string, string> =>
  cluster.status(name)?.metadata.annotations ?? {};

Deno.test("plan: a node that is updated is held, and takes a new baseline when it is done, and no other node", () => {
  const cluster = three();
  updated(cluster, { state: "idle", version: "v1" });
  active(cluster);
  updated(cluster, { state: "updating", version: "v1" });
  assertEquals(notesOf(cluster, "a")[annotations.holdoff], "node-update");
  assertEquals(cluster.fileIntegrity.status?.nodes?.held, 1);
  assertEquals(annotations.reInit in notesOf(cluster, "a"), false);
  cluster.now += 300_000;
  updated(cluster, { state: "updating", version: "v2" });
  updated(cluster, { state: "idle", version: "v2" });
  const notes = notesOf(cluster, "a");
  assertEquals([notes[annotations.holdoff], notes[annotations.heldSince]], [undefined, undefined]);
  assertEquals(notes[annotations.reInitReason], "node-update");
  assertEquals(notes[annotations.nodeVersion], "v2");
  for (const other of ["b", "c"]) {
    assertEquals(annotations.reInit in notesOf(cluster, other), false);
    assertEquals(annotations.holdoff in notesOf(cluster, other), false);
  }
  assertEquals(cluster.plan().actions, []);
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
});

Deno.test("plan: two updates under the same mark are two requests", () => {
  const cluster = active();
  const ids: (string | undefined)[] = [];
  for (let round = 0; round < 2; round++) {
    updated(cluster, { state: "updating" });
    updated(cluster, { state: "idle" });
    ids.push(notesOf(cluster, "a")[annotations.reInit]);
    cluster.allReport();
    cluster.now += 60_000;
  }
  assertEquals(new Set(ids).size, 2);
});

Deno.test("plan: an update that no operator saw is seen by the node's version", () => {
  const cluster = three();
  updated(cluster, { state: "idle", version: "v1" });
  active(cluster);
  cluster.expectedBefore = undefined;
  updated(cluster, { state: "idle", version: "v2" });
  assertEquals(notesOf(cluster, "a")[annotations.reInitReason], "node-update");
  assertEquals(cluster.plan().actions, []);
});

Deno.test("plan: a node whose update fails is scanned against what was before, until it is done", () => {
  const cluster = three();
  updated(cluster, { state: "idle", version: "v1" });
  active(cluster);
  updated(cluster, { state: "updating", version: "v1" });
  updated(cluster, { state: "degraded", version: "v1" });
  assertEquals(annotations.holdoff in notesOf(cluster, "a"), false);
  assertEquals(annotations.reInit in notesOf(cluster, "a"), false);
  assertMatch(
    cluster.condition("NodesReporting")?.message ?? "",
    /update of 1 node has failed, so that a/,
  );
  updated(cluster, { state: "updating", version: "v1" });
  updated(cluster, { state: "idle", version: "v2" });
  assertEquals(notesOf(cluster, "a")[annotations.reInitReason], "node-update");
});

Deno.test("plan: what a node was asked for before its update, and has not done, is asked for still", () => {
  const asked = active();
  annotate(asked, { [annotations.reInit]: "a" });
  updated(asked, { state: "updating" });
  const first = notesOf(asked, "a")[annotations.reInit];
  updated(asked, { state: "idle" });
  const notes = notesOf(asked, "a");
  assertEquals(notes[annotations.reInitReason], "requested");
  // A baseline of the time before the update, which may be on its way, is not the answer.
  assertNotEquals(notes[annotations.reInit], first);
  assertEquals(annotations.holdoff in notes, false);
  assertEquals(asked.plan().actions, []);

  const replaced = active();
  replaced.nodes = replaced.nodes.map((one) => one.name === "a" ? { ...one, uid: "new" } : one);
  updated(replaced, { state: "updating" });
  updated(replaced, { state: "idle" });
  assertEquals(notesOf(replaced, "a")[annotations.reInitReason], "node-replaced");

  const twice = active();
  for (const state of ["updating", "idle", "updating", "idle"] as const) {
    updated(twice, { state });
    twice.now += 60_000;
  }
  assertEquals(notesOf(twice, "a")[annotations.reInitReason], "node-update");
});

Deno.test("plan: a request of an update that the node refuses neither holds it nor hides its error, until somebody asks", () => {
  const cluster = active();
  updated(cluster, { state: "updating" });
  updated(cluster, { state: "idle" });
  cluster.report("a", { condition: "Errored", errorReason: "baseline-lost", errorMessage: "Lost" });
  cluster.settle();
  assertEquals(annotations.holdoff in notesOf(cluster, "a"), false);
  const { status } = cluster.fileIntegrity;
  assertEquals([status?.phase, status?.nodes?.errored, status?.nodes?.held], ["Error", 1, 0]);
  annotate(cluster, { [annotations.reInit]: "a" });
  cluster.settle();
  assertEquals(notesOf(cluster, "a")[annotations.reInitReason], "requested");
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
});

Deno.test("plan: a hold of the user outlasts an update, and an update a hold", () => {
  const cluster = active();
  annotate(cluster, { [annotations.holdoff]: "a" });
  updated(cluster, { state: "updating" });
  updated(cluster, { state: "idle" });
  assertEquals(notesOf(cluster, "a")[annotations.holdoff], "requested");
  assertEquals(notesOf(cluster, "a")[annotations.reInitReason], "node-update");
  updated(cluster, { state: "updating" });
  annotate(cluster, { [annotations.holdoff]: undefined });
  cluster.settle();
  assertEquals(notesOf(cluster, "a")[annotations.holdoff], "node-update");
});

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { annotations, labels } from "../../src/api/labels.ts";
import type { LastResult, ScanResult, StoredNodeStatus } from "../../src/api/node_status.ts";
import type { ObjectMeta } from "../../src/api/object_meta.ts";
import { digestText } from "../../src/base/digest.ts";
import { movedOverNote, resultPatch } from "../../src/plan/moved_over.ts";
import type { ObservedChild, OldResult } from "../../src/plan/observed.ts";
import { isLeftoverDaemonSet } from "../../src/plan/plan_leftovers.ts";
import { baseline, defaultConfig, ModelCluster, node, worker } from "./model_cluster.ts";

const owner = {
  ...{ apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrity" },
  ...{ name: "worker", uid: "fi-uid", controller: true, blockOwnerDeletion: true },
};
const before = "2025-12-31T00:00:00Z";
const failed: LastResult = {
  ...{ condition: "Failed", lastProbeTime: before, filesChanged: 1 },
  ...{ resultConfigMapName: "aide-worker-a-failed", resultConfigMapNamespace: "ns" },
};
const succeeded: LastResult = { condition: "Succeeded", lastProbeTime: before };

/** A cluster as the existing operator leaves it: `a` is Failed, `b` Succeeded, `c` has reported nothing yet. */
function left(results: Record<string, LastResult> = { a: failed, b: succeeded }): ModelCluster {
  const cluster = new ModelCluster(
    ["a", "b", "c"].map((name) => node(name)),
    { ...worker, status: { phase: "Active" } },
  );
  for (const [name, lastResult] of Object.entries(results)) {
    cluster.statuses.set(`worker-${name}`, {
      metadata: {
        ...{ name: `worker-${name}`, namespace: "ns", uid: `old-${name}` },
        labels: { [labels.owner]: "worker" },
        ownerReferences: [owner],
      },
      nodeName: name,
      lastResult,
    });
  }
  return cluster;
}

const child = (metadata: Partial<ObjectMeta> & { name: string }, content = {}): ObservedChild => ({
  metadata: { namespace: "ns", uid: `uid-${metadata.name}`, ...metadata },
  content,
});
const reinit = (name: string, fileIntegrity = "worker", uid = "fi-uid"): ObservedChild =>
  child({
    name,
    labels: { "file-integrity.openshift.io/reinit-owner": fileIntegrity },
    ownerReferences: [{ ...owner, name: fileIntegrity, uid }],
  }, { spec: { template: { spec: { volumes: [{ configMap: { name: "aide-reinit" } }] } } } });
const scripts = (): ObservedChild[] => [
  child({ name: "aide-reinit" }, {
    data: { "aide.sh": "#!/bin/sh\ntouch /hostroot/run/aide.reinit" },
  }),
  child({ name: "aide-pause" }, { data: { "pause.sh": "#!/bin/sh\nsleep infinity & wait" } }),
];
const pending = (name: string, more: Partial<OldResult> = {}): OldResult => ({
  metadata: {
    ...{ name: `aide-worker-${name}`, namespace: "ns", uid: `uid-result-${name}` },
    labels: { [labels.node]: name, [labels.owner]: "worker" },
    annotations: {
      [annotations.filesAdded]: "2",
      [annotations.filesChanged]: "0",
      [annotations.filesRemoved]: "x",
    },
    creationTimestamp: "2025-12-31T01:00:00Z",
  },
  condition: "Failed",
  ...more,
});
const names = (all: readonly { metadata: ObjectMeta }[]): string[] =>
  all.map(({ metadata }) => metadata.name);

Deno.test("moving over: every node with results takes a new baseline with that reason, and is late only then", () => {
  const cluster = left();
  cluster.step();
  for (const name of ["a", "b"]) {
    const { annotations: notes = {} } = cluster.status(name)?.metadata ?? {};
    assertEquals(notes[annotations.reInitReason], "moved-over");
    assertEquals(notes[annotations.movedOver], "2026-01-01T00:00:00Z");
  }
  cluster.settle();
  // One that never reported has nothing to move.
  assertEquals(annotations.reInit in (cluster.status("c")?.metadata.annotations ?? {}), false);
  assertEquals(cluster.fileIntegrity.status?.nodes, {
    ...{ desired: 3, succeeded: 0, failed: 0, errored: 0, initializing: 3, held: 0, stale: 0 },
  });
  assertEquals(cluster.condition("NodesUnchanged")?.reason, "ChangesFound");
  assertEquals(cluster.messages("NodeIntegrityStatus"), [
    "node a has changed! a:0,c:1,r:0 log:ns/aide-worker-a-failed",
    "no changes to node b",
  ]);
  assertEquals(cluster.messages("MovedOver").length, 1);
  cluster.now += 61 * 60_000;
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.nodes?.stale, 3);
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assertEquals(cluster.messages("MovedOver").length, 1);
  assertEquals(cluster.plan().actions, []);
});

Deno.test("moving over: a request for a new baseline is not lost, and one baseline answers it", () => {
  for (const when of ["before", "meanwhile"]) {
    const cluster = left();
    if (when === "meanwhile") cluster.settle();
    cluster.fileIntegrity.metadata.annotations = { [annotations.reInit]: "" };
    cluster.settle();
    assertEquals(cluster.fileIntegrity.metadata.annotations, {});
    const notes = cluster.status("a")?.metadata.annotations ?? {};
    assertEquals(notes[annotations.reInitReason], "moved-over");
    cluster.allReport();
    cluster.settle();
    assertEquals(
      cluster.status("a")?.metadata.annotations?.[annotations.reInit],
      notes[annotations.reInit],
    );
    assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  }
});

Deno.test("moving over: holds, by hand or for an update, stay", () => {
  const cluster = left();
  cluster.fileIntegrity.metadata.annotations = { [annotations.holdoff]: "a" };
  cluster.settle();
  assertEquals(cluster.status("a")?.metadata.annotations?.[annotations.holdoff], "requested");
  assertEquals(cluster.fileIntegrity.metadata.annotations[annotations.holdoff], "a");
});

Deno.test("moving over: a baseline that is gone is not taken for the existing operator's work", () => {
  const cluster = left();
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  const status = cluster.status("a");
  assert(status !== undefined);
  const { baseline: _, lastResult, ...lost } = status;
  // Also when it says nothing of when it changed, as one who has taken over the node may have it.
  const { lastTransitionTime: __, ...bare } = lastResult ?? succeeded;
  cluster.statuses.set("worker-a", {
    ...lost,
    metadata: { ...lost.metadata, annotations: {} },
    lastResult: bare,
  });
  cluster.settle();
  assertEquals(annotations.reInit in (cluster.status("a")?.metadata.annotations ?? {}), false);
});

Deno.test("moving over: back and over again is a new time, with a new baseline", () => {
  const cluster = left();
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  // The other operator drops what it does not know: status, baseline, the time of the transition.
  cluster.fileIntegrity.status = { phase: "Active" };
  cluster.now += 3_600_000;
  for (const [name, { baseline: _, reportedAt: __, ...status }] of cluster.statuses) {
    const lastResult = { ...succeeded, lastProbeTime: "2026-01-01T00:50:00Z" };
    cluster.statuses.set(name, { ...status, lastResult });
  }
  cluster.settle();
  const { annotations: notes = {} } = cluster.status("a")?.metadata ?? {};
  assertEquals(notes[annotations.movedOver], "2026-01-01T01:00:00Z");
  assertEquals(notes[annotations.reInitReason], "moved-over");
  assertEquals(cluster.fileIntegrity.status?.nodes?.initializing, 3);
  assertEquals(cluster.fileIntegrity.status?.nodes?.stale, 0);
});

Deno.test("moving over: a clock behind that of the results makes no writes without end", () => {
  const cluster = left({ a: { ...failed, lastProbeTime: "2026-01-01T00:10:00Z" } });
  cluster.settle();
  assertEquals(
    cluster.status("a")?.metadata.annotations?.[annotations.movedOver],
    "2026-01-01T00:10:00Z",
  );
});

Deno.test("moving over: DaemonSets and scripts that nothing needs go, and are named", () => {
  const cluster = left();
  const old = child({
    name: "aide-ds-worker",
    labels: { [labels.owner]: "worker" },
    ownerReferences: [owner],
  });
  const others = [
    reinit("aide-ini-other", "other", "other-uid"),
    child({ name: "aide-init" }),
    child({ name: "aide-ds-mine", labels: { [labels.owner]: "mine" } }),
  ];
  cluster.left = {
    results: [],
    scripts: scripts(),
    daemonSets: [reinit("aide-ini-worker"), reinit("aide-ini-worker-a"), old, ...others],
  };
  cluster.settle();
  assertEquals(names(cluster.left.daemonSets), names(others));
  assertEquals(cluster.left.scripts, []);
  assertEquals(
    cluster.messages("MovedOver")[0],
    "Removed, as nothing needs it any more: " +
      "ConfigMap aide-pause, ConfigMap aide-reinit, DaemonSet aide-ds-worker, DaemonSet aide-ini-worker, " +
      "DaemonSet aide-ini-worker-a",
  );
});

Deno.test("moving over: a script that another DaemonSet mounts, or that is another's, stays", () => {
  const cluster = left();
  const [own, pause] = scripts();
  const foreign = child({ name: "aide-pause" }, { data: { "pause.sh": "mine" } });
  const user = child({ name: "user" }, reinit("x").content);
  cluster.left = { results: [], scripts: [own, foreign] as ObservedChild[], daemonSets: [user] };
  cluster.settle();
  assertEquals(names(cluster.left.scripts), ["aide-reinit", "aide-pause"]);
  assertNotEquals(pause, foreign);
});

Deno.test("moving over: no DaemonSet but one with the marks of the very FileIntegrity is a leftover", () => {
  const fi = { name: "ini-x", uid: "1" };
  const mark = { "file-integrity.openshift.io/reinit-owner": "ini-x" };
  const theirs = (uid: string) => [{ ...owner, uid }];
  const cases: [ObjectMeta, boolean][] = [
    [{ name: "aide-ini-ini-x", labels: mark, ownerReferences: theirs("1") }, true],
    [{ name: `aide-ini${"0".repeat(40)}`, labels: mark, ownerReferences: theirs("1") }, true],
    [{ name: "aide-ini-x", labels: mark, ownerReferences: theirs("1") }, false], // it scans for it
    [{ name: "aide-ini-ini-x", labels: mark, ownerReferences: theirs("2") }, false],
    [{ name: "aide-ini-ini-x", labels: { [labels.owner]: "ini-x" } }, false],
    [{ name: "my-ini-x", labels: mark, ownerReferences: theirs("1") }, false],
    [{ name: "aide-ds-ini-x", labels: { [labels.owner]: "ini-x" } }, true],
    [{ name: "aide-ds-ini-x", labels: mark }, false],
    [{ name: "aide-ds-ini-x" }, false],
  ];
  for (const [metadata, expected] of cases) {
    assertEquals(isLeftoverDaemonSet(fi, metadata), expected, JSON.stringify(metadata));
  }
});

Deno.test("moving over: a result that was not taken in is, before anything else is done, and its log is kept", () => {
  const cluster = left();
  cluster.left.results = [pending("b"), pending("c"), pending("gone")];
  const kinds = cluster.step().map(({ kind }) => kind);
  // c has no status yet: it is made first, and no daemon of ours comes before the result is in it.
  assertEquals(kinds.filter((kind) => kind.endsWith("daemon-set")), []);
  assertEquals(names(cluster.left.results), ["aide-worker-c"]);
  cluster.settle();
  assertEquals(cluster.left.results, []);
  assertEquals(cluster.kept, [
    "aide-worker-b-failed",
    "aide-worker-gone-failed",
    "aide-worker-c-failed",
  ]);
  for (const name of ["b", "c"]) {
    const { lastResult, metadata } = cluster.status(name) ?? {};
    assertEquals([lastResult?.condition, lastResult?.filesAdded], ["Failed", 2]);
    assertEquals(lastResult?.lastProbeTime, "2025-12-31T01:00:00Z");
    assertEquals(metadata?.annotations?.[annotations.reInitReason], "moved-over");
  }
  assert(cluster.daemonSet !== undefined);
});

Deno.test("moving over: a result is taken in as the existing operator does, once, and never over one of ours", () => {
  const status: StoredNodeStatus = {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrityNodeStatus",
    metadata: { name: "worker-a", uid: "1", resourceVersion: "5" },
    nodeName: "a",
    results: [{ condition: "Succeeded", lastProbeTime: "2025-12-30T00:00:00Z" }, failed],
    lastResult: failed,
  };
  const result: ScanResult = {
    condition: "Errored",
    lastProbeTime: "2025-12-31T00:00:01Z",
    errorMessage: "AIDE error: 17 Invalid configureline error",
  };
  const patch = resultPatch(status, result);
  assertEquals(patch?.results, [...status.results ?? [], result]);
  assertEquals(patch?.metadata, { uid: "1", resourceVersion: "5" });
  const { filesChanged, condition } = patch?.lastResult as Record<string, unknown>;
  assertEquals([filesChanged, condition], [null, "Errored"]);
  assertEquals(resultPatch(status, { ...result, lastProbeTime: before }), undefined);
  const ours = { ...succeeded, lastTransitionTime: before };
  assertEquals(resultPatch({ ...status, lastResult: ours }, result), undefined);
  assertEquals(resultPatch({ ...status, baseline: baseline("x") }, result), undefined);
});

const errored: LastResult = { condition: "Errored", lastProbeTime: before, errorMessage: "17" };

Deno.test("moving over: what the first baseline hides is said, also when the first attempt failed", () => {
  const said = (all: LastResult[]): string | undefined => {
    const lastResult = all.at(-1);
    return movedOverNote({ results: all, ...(lastResult !== undefined && { lastResult }) });
  };
  assertEquals(said([]), undefined);
  assertEquals(said([failed, succeeded]), undefined);
  assertMatch(
    said([succeeded, failed]) ?? "",
    /was Failed \(a:0,c:1,r:0 log:ns\/aide-worker-a-failed\)/,
  );
  assertMatch(
    said([failed, errored]) ?? "",
    /was Failed .*; its last result, .* was Errored \(17\)/,
  );
  assertMatch(said([succeeded, errored]) ?? "", /^its last result, .* was Errored \(17\)/);
  const ours: LastResult = { ...errored, lastTransitionTime: before, errorMessage: "disk full" };
  assertMatch(
    said([succeeded, failed, ours]) ?? "",
    /Failed .*aide-worker-a-failed\), and nobody knows/,
  );
  assertEquals(said([succeeded, ours]), undefined);
});

Deno.test("moving over: the configuration that ran stays where the wanted one is gone, or is kept aside", () => {
  const old = { [labels.aideConf]: "", [labels.owner]: "worker" };
  const updated = "file-integrity.openshift.io/updated";
  const start = (): ModelCluster => {
    const cluster = left();
    cluster.config = { state: "not-found", message: "gone" };
    cluster.configMap = {
      metadata: {
        name: "worker",
        namespace: "ns",
        uid: "1",
        labels: old,
        annotations: { [updated]: "" },
      },
      content: { data: { "aide.conf": "theirs" } },
    };
    return cluster;
  };
  const taken = start();
  taken.leftConfig = { text: "theirs, converted", digest: digestText("theirs, converted") };
  taken.settle();
  assertEquals(taken.configMap?.content, { data: { "aide.conf": "theirs, converted" } });
  assertEquals(taken.configMap?.metadata.annotations, {});
  assertEquals(taken.kept, []);
  const stays = "gone. The configuration that was active stays active";
  assertEquals(taken.condition("ConfigAccepted")?.message, stays);
  // From now on it is what was active.
  taken.leftConfig = undefined;
  taken.settle();
  assertEquals(taken.condition("ConfigAccepted")?.message, stays);
  assertEquals(taken.configMap?.content, { data: { "aide.conf": "theirs, converted" } });

  const refused = start();
  refused.settle();
  assertEquals(refused.configMap?.content, { data: { "aide.conf": defaultConfig.text } });
  assertEquals(refused.kept, ["worker-before-moving-over"]);
});

Deno.test("moving over: whatever was left, and wherever it is cut short, ends the same", () => {
  const condition = fc.constantFrom("Succeeded", "Failed", "Errored");
  const one = fc.record({ known: fc.option(condition), waiting: fc.option(condition) });
  fc.assert(
    fc.property(fc.tuple(one, one, one), fc.nat(6), (nodes, cut) => {
      const cluster = left({});
      nodes.forEach(({ known, waiting }, at) => {
        const name = "abc"[at] ?? "";
        if (known !== null) {
          const made = left({ [name]: { condition: known as "Failed", lastProbeTime: before } });
          const status = made.status(name);
          if (status !== undefined) cluster.statuses.set(status.metadata.name, status);
        }
        if (waiting !== null) {
          cluster.left.results.push(pending(name, { condition: waiting as "Failed" }));
        }
      });
      cluster.left.daemonSets = [reinit("aide-ini-worker")];
      cluster.left.scripts = scripts();
      cluster.carryOutOnly(cut);
      cluster.expectedBefore = undefined;
      cluster.settle();
      assertEquals(cluster.left, { results: [], scripts: [], daemonSets: [] });
      const waiting = nodes.filter((each) => each.waiting === "Failed").length;
      assertEquals(new Set(cluster.kept).size, waiting);
      nodes.forEach(({ known, waiting }, at) => {
        const status = cluster.status("abc"[at] ?? "");
        assertEquals(status?.lastResult?.condition ?? null, waiting ?? known);
        const asked = status?.metadata.annotations?.[annotations.reInitReason];
        assertEquals(asked, waiting ?? known ? "moved-over" : undefined);
      });
      cluster.allReport();
      cluster.settle();
      assertEquals(cluster.fileIntegrity.status?.phase, "Active");
    }),
  );
});

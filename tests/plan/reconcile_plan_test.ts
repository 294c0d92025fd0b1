import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { annotations, labels } from "../../src/api/labels.ts";
import type { ObservedChild, ObservedNode } from "../../src/plan/observed.ts";
import { baseline, defaultConfig, ModelCluster, node, worker } from "./model_cluster.ts";

const three = (): ModelCluster => new ModelCluster(["a", "b", "c"].map((name) => node(name)));

/** A cluster in which every node has reported that nothing changed. */
function active(cluster = three()): ModelCluster {
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  return cluster;
}

const annotate = (cluster: ModelCluster, all: Record<string, string | undefined>): void => {
  const metadata = { ...cluster.fileIntegrity.metadata };
  metadata.annotations = { ...metadata.annotations };
  for (const [key, value] of Object.entries(all)) {
    if (value === undefined) delete metadata.annotations[key];
    else metadata.annotations[key] = value;
  }
  cluster.fileIntegrity = { ...cluster.fileIntegrity, metadata };
};

Deno.test("plan: a new FileIntegrity goes from Pending over Initializing to Active, and says so once", () => {
  const cluster = three();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Initializing");
  assertEquals(cluster.fileIntegrity.status?.nodes?.initializing, 3);
  assertEquals(cluster.condition("Ready")?.status, "False");
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assertEquals(cluster.messages("FileIntegrityStatus"), ["Pending", "Initializing", "Active"]);
  assertEquals(cluster.messages("NodeIntegrityStatus"), [
    "no changes to node a",
    "no changes to node b",
    "no changes to node c",
  ]);
  assertEquals(cluster.fileIntegrity.status?.nodes, {
    ...{ desired: 3, succeeded: 3, failed: 0, errored: 0, initializing: 0, held: 0, stale: 0 },
  });
  assertEquals(cluster.fileIntegrity.status?.configDigest, defaultConfig.digest);
  for (
    const type of ["Ready", "ConfigAccepted", "SpecAsWritten", "NodesReporting", "NodesUnchanged"]
  ) {
    assertEquals(cluster.condition(type)?.status, "True", type);
  }
});

Deno.test("plan: the first look writes nothing but the phase, so that no event is skipped", () => {
  assertEquals(three().step().map(({ kind }) => kind), ["record-event", "patch-status"]);
});

Deno.test("plan: a settled cluster has nothing to do, also for a process that starts anew", () => {
  const cluster = active();
  cluster.expectedBefore = undefined;
  cluster.now += 60_000;
  assertEquals(cluster.plan().actions, []);
});

Deno.test("plan: scans that find nothing new lead to no write", () => {
  const cluster = active();
  const { lastTransitionTime } = cluster.status("a")?.lastResult ?? {};
  cluster.now += 900_000;
  for (const name of ["a", "b", "c"]) {
    cluster.report(name, { ...lastTransitionTime !== undefined && { lastTransitionTime } });
  }
  assertEquals(cluster.plan().actions, []);
});

/** Every way to edit one thing in a JSON value: another value, a field gone, a field too many. */
const edits = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("change", "remove", "add"),
});

function paths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, child]) =>
      paths(child, [...path, Array.isArray(value) ? Number(key) : key])
    ),
  ].filter((one) => one.length > 0);
}

function edited<T>(value: T, { at, how }: { at: number; how: string }): T {
  const all = paths(value);
  const path = all[at % all.length] ?? [];
  const copy = structuredClone(value);
  // deno-lint-ignore no-explicit-any
  let parent: any = copy;
  for (const key of path.slice(0, -1)) parent = parent[key];
  const key = path.at(-1) ?? "";
  if (how === "add" && typeof parent[key] === "object" && !Array.isArray(parent[key])) {
    parent[key].added = "by somebody";
  } else if (how === "remove") {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else parent[key] = typeof parent[key] === "object" ? [] : "edited";
  return copy;
}

Deno.test("plan: every edited field of the DaemonSet's spec and of the ConfigMap's content comes back", () => {
  const { daemonSet, configMap } = active();
  const content = { ds: daemonSet?.content.spec, cm: configMap?.content };
  fc.assert(
    fc.property(edits, fc.boolean(), (edit, ofDaemonSet) => {
      const cluster = active();
      const before = structuredClone({ ds: cluster.daemonSet, cm: cluster.configMap });
      if (ofDaemonSet) {
        const child = cluster.daemonSet as ObservedChild;
        cluster.daemonSet = { ...child, content: { spec: edited(content.ds, edit) } };
        fc.pre(JSON.stringify(cluster.daemonSet) !== JSON.stringify(before.ds));
      } else {
        const child = cluster.configMap as ObservedChild;
        cluster.configMap = { ...child, content: edited(content.cm ?? {}, edit) };
        fc.pre(JSON.stringify(cluster.configMap) !== JSON.stringify(before.cm));
      }
      cluster.settle();
      assertEquals(cluster.daemonSet?.content, before.ds?.content);
      assertEquals(cluster.configMap?.content, before.cm?.content);
    }),
    { numRuns: 500 },
  );
});

Deno.test("plan: labels, annotations and owners of ours come back, those of others stay", () => {
  for (const kind of ["daemonSet", "configMap"] as const) {
    const cluster = active();
    const before = cluster[kind] as ObservedChild;
    cluster[kind] = {
      ...before,
      metadata: {
        ...before.metadata,
        labels: { theirs: "x", [labels.owner]: "somebody" },
        annotations: { theirs: "y" },
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "p", controller: true }],
      },
    };
    cluster.settle();
    const { metadata } = cluster[kind] as ObservedChild;
    assertEquals(metadata.labels, { theirs: "x", ...before.metadata.labels });
    assertEquals(metadata.annotations?.theirs, "y");
    assertEquals(metadata.ownerReferences, before.metadata.ownerReferences);
  }
});

Deno.test("plan: deleted children come back", () => {
  const cluster = active();
  const { daemonSet, configMap } = cluster;
  cluster.daemonSet = cluster.configMap = undefined;
  const [name = ""] = cluster.statuses.keys();
  cluster.statuses.delete(name);
  cluster.settle();
  assertEquals(cluster.daemonSet, daemonSet);
  assertEquals(cluster.configMap, configMap);
  assertEquals(cluster.statuses.has(name), true);
  assertEquals(cluster.status("a")?.metadata.annotations?.[annotations.reInit], undefined);
});

Deno.test("plan: a DaemonSet with another selector is made anew", () => {
  const cluster = active();
  const { daemonSet } = cluster;
  const { spec } = daemonSet?.content as { spec: Record<string, unknown> };
  cluster.daemonSet = {
    ...daemonSet as ObservedChild,
    content: { spec: { ...spec, selector: { matchLabels: { app: "other" } } } },
  };
  assertEquals(cluster.step().map(({ kind }) => kind), ["delete-daemon-set"]);
  cluster.settle();
  assertEquals(cluster.daemonSet, daemonSet);
});

Deno.test("plan: a changed node has its event with the documented words, a still changed one with other changes a new one", () => {
  const cluster = active();
  const failed = (digest: string, filesAdded: number): void => {
    cluster.now += 20_000;
    cluster.report("b", {
      condition: "Failed",
      ...{ filesAdded, filesChanged: 1 },
      resultConfigMapName: "aide-ds-worker-b-failed",
      resultConfigMapNamespace: "ns",
      changes: { added: filesAdded, changed: 1, removed: 0, digest, truncated: false, items: [] },
    });
    cluster.settle();
  };
  failed("sha256:1", 1);
  assertEquals(
    cluster.messages("NodeIntegrityStatus").at(-1),
    "node b has changed! a:1,c:1,r:0 log:ns/aide-ds-worker-b-failed",
  );
  assertEquals(cluster.fileIntegrity.status?.nodes?.failed, 1);
  assertEquals(cluster.condition("NodesUnchanged")?.reason, "ChangesFound");
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  failed("sha256:2", 1); // as many, but others
  failed("sha256:1", 1); // and back
  assertEquals(cluster.messages("NodeIntegrityStatus").length, 3 + 3);
});

Deno.test("plan: what was told is told neither again nor by another process", () => {
  const cluster = active();
  const told = cluster.events.size;
  cluster.events.clear(); // events live for an hour only
  cluster.expectedBefore = undefined;
  cluster.settle();
  assertEquals(cluster.events.size, 0);
  assert(told > 0);
});

Deno.test("plan: a node that errs makes the phase Error, with AIDE's words in the event", () => {
  const cluster = active();
  cluster.report("a", {
    condition: "Errored",
    errorReason: "killed",
    errorMessage: "AIDE was killed by SIGKILL",
  });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Error");
  assertEquals(
    cluster.messages("NodeIntegrityStatus").at(-1),
    "node a has an error! AIDE was killed by SIGKILL",
  );
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.messages("FileIntegrityStatus").slice(-2), ["Error", "Active"]);
});

Deno.test("plan: what a baseline absorbed is told", () => {
  const cluster = active();
  cluster.report(
    "a",
    {},
    baseline(defaultConfig.digest, {
      digest: "sha256:b2",
      reason: "requested",
      absorbed: {
        ...{ added: 1, changed: 2, removed: 0 },
        resultConfigMapName: "aide-ds-worker-a-absorbed",
        resultConfigMapNamespace: "ns",
      },
    }),
  );
  cluster.settle();
  assertEquals(
    cluster.messages("NodeBaseline").at(-1),
    "node a has a new baseline, as requested: 100 entries, " +
      "which absorbed a:1,c:2,r:0 log:ns/aide-ds-worker-a-absorbed",
  );
});

Deno.test("plan: re-init of all nodes reaches each of them once, and leaves the annotation", () => {
  const cluster = active();
  annotate(cluster, { [annotations.reInit]: "" });
  cluster.settle();
  const ids = ["a", "b", "c"].map((name) =>
    cluster.status(name)?.metadata.annotations?.[annotations.reInit]
  );
  assertEquals(new Set(ids).size, 1);
  assertNotEquals(ids[0], undefined);
  assertEquals(cluster.fileIntegrity.metadata.annotations, {});
  assertEquals(cluster.fileIntegrity.status?.phase, "Initializing");
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assertEquals(cluster.messages("FileIntegrityStatus").slice(-2), ["Initializing", "Active"]);
});

Deno.test("plan: re-init of a list reaches these nodes, names what is no node, and waits for none", () => {
  const cluster = active();
  annotate(cluster, { [annotations.reInit]: " c ,gone, a,c," });
  cluster.settle();
  const asked = ["a", "b", "c"].filter((name) =>
    annotations.reInit in (cluster.status(name)?.metadata.annotations ?? {})
  );
  assertEquals(asked, ["a", "c"]);
  assertEquals(cluster.messages("ReInit"), ["re-init: not scanned here, and ignored: gone"]);
  annotate(cluster, { [annotations.reInit]: "nobody" });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.metadata.annotations, {});
});

Deno.test("plan: re-init-on-failed reaches the nodes that failed, together with those of a list", () => {
  const cluster = active();
  for (const name of ["a", "b"]) cluster.report(name, { condition: "Failed", filesAdded: 1 });
  annotate(cluster, { [annotations.reInitOnFailed]: "", [annotations.reInit]: "c" });
  cluster.settle();
  const asked = ["a", "b", "c"].filter((name) =>
    annotations.reInit in (cluster.status(name)?.metadata.annotations ?? {})
  );
  assertEquals(asked, ["a", "b", "c"]);
  const other = active();
  other.report("a", { condition: "Failed", filesAdded: 1 });
  annotate(other, { [annotations.reInitOnFailed]: "" });
  other.settle();
  assertEquals(annotations.reInit in (other.status("b")?.metadata.annotations ?? {}), false);
  assertEquals(annotations.reInit in (other.status("a")?.metadata.annotations ?? {}), true);
});

Deno.test("plan: a request that a process died over is handed on under the same id by the next one", () => {
  for (let dies = 1; dies < 4; dies++) {
    const cluster = active();
    annotate(cluster, { [annotations.reInit]: "" });
    for (let step = 0; step < dies; step++) cluster.step();
    const seen = new Set(
      [...cluster.statuses.values()].flatMap(({ metadata }) =>
        metadata.annotations?.[annotations.reInit] ?? []
      ),
    );
    cluster.expectedBefore = undefined;
    cluster.settle();
    for (const { metadata } of cluster.statuses.values()) {
      const id = metadata.annotations?.[annotations.reInit];
      assertNotEquals(id, undefined);
      if (seen.size > 0) assert(seen.has(id ?? ""));
    }
  }
});

Deno.test("plan: holdoff holds these nodes, stays the user's, and asks for no baseline when it ends", () => {
  const cluster = active();
  annotate(cluster, { [annotations.holdoff]: "a,zz" });
  cluster.settle();
  const held = (): string[] =>
    ["a", "b", "c"].filter((name) =>
      annotations.holdoff in (cluster.status(name)?.metadata.annotations ?? {})
    );
  assertEquals(held(), ["a"]);
  assertEquals(cluster.fileIntegrity.status?.nodes?.held, 1);
  assertEquals(cluster.condition("NodesReporting")?.reason, "NodesHeld");
  assertMatch(cluster.condition("NodesReporting")?.message ?? "", /zz/);
  cluster.now += 10 * 86_400_000;
  for (const name of ["b", "c"]) cluster.report(name, {});
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.nodes?.stale, 0); // who is held need not report
  annotate(cluster, { [annotations.holdoff]: "" });
  cluster.settle();
  assertEquals(held(), ["a", "b", "c"]);
  annotate(cluster, { [annotations.holdoff]: undefined });
  cluster.settle();
  assertEquals(held(), []);
  assertEquals(annotations.reInit in (cluster.status("a")?.metadata.annotations ?? {}), false);
});

Deno.test("plan: a configuration that is not to be had leaves the old one active, and says why", () => {
  const cluster = active();
  const { daemonSet, configMap } = structuredClone(cluster);
  const states = {
    "not-found": "ConfigNotFound",
    "key-not-found": "ConfigKeyNotFound",
    "forbidden": "ConfigForbidden",
    "refused": "ConfigRefused",
  } as const;
  for (const [state, reason] of Object.entries(states)) {
    cluster.config = { state: state as keyof typeof states, message: `why ${state}` };
    cluster.settle();
    assertEquals(cluster.daemonSet, daemonSet);
    assertEquals(cluster.configMap, configMap);
    assertEquals(cluster.condition("ConfigAccepted")?.reason, reason);
    assertEquals(cluster.condition("ConfigAccepted")?.message, `why ${state}`);
    assertEquals(cluster.fileIntegrity.status?.phase, state === "refused" ? "Error" : "Active");
    assertEquals(cluster.messages("Configuration").at(-1), `why ${state}`);
  }
  const text = "mended";
  cluster.config = { state: "accepted", origin: "user", text, digest: "sha256:m", remarks: [] };
  cluster.settle();
  assertEquals(cluster.configMap?.content, { data: { "aide.conf": text } });
  assertEquals(cluster.fileIntegrity.status?.phase, "Initializing");
  assertMatch(JSON.stringify(cluster.daemonSet?.content), /--config-digest=sha256:m/);
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
});

Deno.test("plan: a FileIntegrity whose configuration never was to be had runs the default policy meanwhile", () => {
  const cluster = three();
  cluster.config = { state: "not-found", message: "why" };
  cluster.settle();
  assertEquals(cluster.configMap?.content, { data: { "aide.conf": defaultConfig.text } });
  assertEquals(cluster.condition("ConfigAccepted")?.reason, "ConfigNotFound");
});

Deno.test("plan: while nothing is known of the configuration, nothing runs and nothing is changed", () => {
  const cluster = three();
  cluster.config = { state: "pending" };
  cluster.settle();
  assertEquals([cluster.daemonSet, cluster.configMap], [undefined, undefined]);
  const running = active();
  running.config = { state: "pending" };
  const { daemonSet, configMap } = structuredClone(running);
  running.settle();
  assertEquals([running.daemonSet, running.configMap], [daemonSet, configMap]);
});

Deno.test("plan: an operator that starts takes nothing back while it reads the configuration anew", () => {
  const accepted = active();
  const refused = active();
  refused.config = { state: "refused", message: "why" };
  refused.settle();
  for (const cluster of [accepted, refused]) {
    cluster.config = { state: "pending" };
    cluster.expectedBefore = undefined;
    assertEquals(cluster.step(), []);
  }
  assertEquals(refused.messages("FileIntegrityStatus").at(-1), "Error");
  // What was said of another spec says nothing of this one.
  const { metadata } = accepted.fileIntegrity;
  accepted.fileIntegrity = {
    ...accepted.fileIntegrity,
    metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
  };
  accepted.settle();
  assertEquals(accepted.condition("ConfigAccepted")?.reason, "ConfigUnchecked");
});

Deno.test("plan: an edited ConfigMap comes back also while the wanted configuration is refused", () => {
  const cluster = active();
  cluster.config = { state: "refused", message: "why" };
  cluster.configMap = {
    ...cluster.configMap as ObservedChild,
    content: { data: { "aide.conf": "!/" } },
  };
  cluster.settle();
  assertEquals(cluster.configMap?.content, { data: { "aide.conf": defaultConfig.text } });
});

Deno.test("plan: an active configuration that nobody has any more is not replaced by one that nobody asked for", () => {
  const cluster = active();
  const text = "the user's";
  cluster.config = { state: "accepted", origin: "user", text, digest: "sha256:u", remarks: [] };
  cluster.settle();
  cluster.config = { state: "not-found", message: "why" };
  cluster.configMap = {
    ...cluster.configMap as ObservedChild,
    content: { data: { "aide.conf": "!/" } },
  };
  const { daemonSet } = structuredClone(cluster);
  cluster.settle();
  assertEquals(cluster.daemonSet, daemonSet); // whose digest keeps every daemon from running what is there
});

Deno.test("plan: a priority class that is not there is left out and told, and the spec stays", () => {
  const spec = { config: {}, priorityClassName: "missing" };
  const cluster = new ModelCluster([node("a")], { ...worker, spec });
  cluster.priorityClass = "missing";
  active(cluster);
  assertEquals(cluster.condition("SpecAsWritten")?.reason, "PriorityClassNotFound");
  assertEquals(cluster.messages("PriorityClass"), [
    "Error while getting priority class 'missing', PriorityClass not found or invalid",
  ]);
  assertEquals(JSON.stringify(cluster.daemonSet).includes("priorityClassName"), false);
  assertEquals(cluster.fileIntegrity.spec, spec);
  assert((cluster.plan().requeueAfter ?? Infinity) <= 30_000);
  cluster.priorityClass = "found";
  cluster.settle();
  assertMatch(JSON.stringify(cluster.daemonSet), /"priorityClassName":"missing"/);
  assertEquals(cluster.condition("SpecAsWritten")?.status, "True");
});

Deno.test("plan: selectors and tolerations that are empty are no difference for ever", () => {
  const spec = { config: {}, nodeSelector: {}, tolerations: [] };
  assertEquals(active(new ModelCluster([node("a")], { ...worker, spec })).plan().actions, []);
});

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

Deno.test("plan: a hold that lasts for more than a day is said louder, and seen without an event", () => {
  const cluster = active();
  annotate(cluster, { [annotations.holdoff]: "" });
  cluster.settle();
  const since = cluster.fileIntegrity.status?.heldSince;
  assertEquals(since, "2026-01-01T00:00:00Z");
  cluster.now += 3_600_000;
  cluster.settle();
  assertEquals(cluster.condition("NodesReporting")?.reason, "NodesHeld");
  const { requeueAfter = 0 } = cluster.plan();
  assertEquals(requeueAfter, 23 * 3_600_000);
  cluster.now += requeueAfter;
  cluster.settle();
  assertEquals(cluster.condition("NodesReporting")?.reason, "NodesHeldLong");
  assertMatch(cluster.condition("NodesReporting")?.message ?? "", /since 2026-01-01T00:00:00Z/);
  annotate(cluster, { [annotations.holdoff]: undefined });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.heldSince, undefined);
});

Deno.test("plan: a default policy that has changed with the version is announced", () => {
  const cluster = active();
  const text = "next default";
  cluster.config = { state: "accepted", origin: "default", text, digest: "sha256:n", remarks: [] };
  cluster.settle();
  assertMatch(
    cluster.messages("Configuration").at(-1) ?? "",
    /^The default policy of this version is another/,
  );
  assertMatch(JSON.stringify(cluster.daemonSet?.content), /--config-digest=sha256:n/);
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

Deno.test("plan: realtime is not silently left out", () => {
  const spec = { config: {}, realtime: { enabled: true } };
  const cluster = active(new ModelCluster([node("a")], { ...worker, spec }));
  assertEquals(cluster.condition("SpecAsWritten")?.reason, "Adjusted");
  assertMatch(cluster.condition("SpecAsWritten")?.message ?? "", /spec\.realtime\.enabled/);
});

Deno.test("plan: from any state of its children and annotations it settles", () => {
  const value = fc.constantFrom("", "a", "a,b", "x", ",,");
  const note = fc.option(value, { nil: undefined });
  fc.assert(fc.property(
    fc.record({
      reInit: note,
      onFailed: note,
      holdoff: note,
      edit: edits,
      verdicts: fc.array(
        fc.constantFrom("Succeeded" as const, "Failed" as const, "Errored" as const),
        { maxLength: 3 },
      ),
    }),
    ({ reInit, onFailed, holdoff, edit, verdicts }) => {
      const cluster = active();
      verdicts.forEach((condition, at) =>
        cluster.report(["a", "b", "c"][at] ?? "a", { condition })
      );
      annotate(cluster, {
        [annotations.reInit]: reInit,
        [annotations.reInitOnFailed]: onFailed,
        [annotations.holdoff]: holdoff,
      });
      const child = cluster.daemonSet as ObservedChild;
      cluster.daemonSet = { ...child, content: { spec: edited(child.content.spec, edit) } };
      cluster.settle();
      assertEquals(cluster.fileIntegrity.metadata.annotations?.[annotations.reInit], undefined);
      assertEquals(cluster.fileIntegrity.metadata.annotations?.[annotations.holdoff], holdoff);
    },
  ));
});

Deno.test("plan: a configuration that can't be judged for now is looked at again, and says why", () => {
  const cluster = active();
  cluster.config = { state: "pending", message: "AIDE did not start" };
  cluster.settle();
  assertEquals(cluster.condition("ConfigAccepted")?.message, "AIDE did not start");
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assert((cluster.plan().requeueAfter ?? Infinity) <= 30_000);
});

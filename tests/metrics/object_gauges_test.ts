import { assertEquals } from "@std/assert";
import { effectiveSpec } from "../../src/api/effective.ts";
import type { FileIntegrity } from "../../src/api/file_integrity.ts";
import { annotations } from "../../src/api/labels.ts";
import { nextNodeStatus } from "../../src/api/next_node_status.ts";
import type { Baseline, LastResult, StoredNodeStatus } from "../../src/api/node_status.ts";
import { objectSamples, type SelectedNodes } from "../../src/metrics/object_gauges.ts";
import { keepNodeStatus } from "../../src/operator/keep.ts";
import type { ObservedNode } from "../../src/plan/observed.ts";
import { selectedStates } from "../../src/plan/selected_states.ts";
import { baseline, node, worker } from "../plan/model_cluster.ts";

const noon = Date.parse("2026-01-01T12:00:00Z");
const digest = "sha256:config";

function fileIntegrity(name: string, more: Partial<FileIntegrity> = {}): FileIntegrity {
  return {
    ...worker,
    metadata: { ...worker.metadata, name, uid: `uid-${name}` },
    status: { phase: "Active", configDigest: digest },
    ...more,
  };
}

const own = fileIntegrity("worker");

/** A scan that ended at that time of the day. */
function scan(time: string, more: Partial<LastResult> = {}): LastResult {
  return {
    condition: "Succeeded",
    lastProbeTime: `2026-01-01T${time}Z`,
    scan: {
      ...{ start: `2026-01-01T${time}Z`, durationSeconds: 12.5, entries: 90 },
      ...{ configDigest: digest, aideVersion: "0.19.1", scope: "full" },
    },
    changes: { added: 0, changed: 0, removed: 0, digest: "none", truncated: false, items: [] },
    ...more,
  };
}

const found = { added: 1, changed: 20, removed: 300, digest: "some", truncated: true, items: [] };
const failed = (time: string): LastResult => scan(time, { condition: "Failed", changes: found });
const errored = (time: string, more: Partial<LastResult> = {}): LastResult => ({
  ...{ condition: "Errored", lastProbeTime: `2026-01-01T${time}Z`, errorReason: "disk-full" },
  ...more,
});

interface Made {
  of?: FileIntegrity;
  name?: string;
  baseline?: Baseline | undefined;
  notes?: Record<string, string>;
}

/** The status of a node after these scans, as daemons write it. */
function status(scans: readonly LastResult[], made: Made = {}): StoredNodeStatus {
  const { of = own, name = "a", notes = {} } = made;
  const taken = "baseline" in made ? made.baseline : baseline(digest);
  const first: StoredNodeStatus = {
    ...{ apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrityNodeStatus" },
    metadata: {
      name: `${of.metadata.name}-${name}`,
      creationTimestamp: "2026-01-01T11:30:00Z",
      annotations: notes,
      ownerReferences: [{
        ...{ apiVersion: "x", kind: "FileIntegrity", name: of.metadata.name },
        ...{ uid: of.metadata.uid ?? "", controller: true },
      }],
    },
    nodeName: name,
  };
  return scans.reduce<StoredNodeStatus>((previous, result) =>
    nextNodeStatus(previous, {
      ...{ fileIntegrity: of, node: name, result },
      ...(taken !== undefined && { baseline: taken }),
    }), first);
}

interface World {
  fileIntegrities?: readonly FileIntegrity[];
  nodes?: readonly ObservedNode[];
  statuses?: readonly StoredNodeStatus[];
}

/** What is selected, as an operator sees it at noon. */
function selected(
  { fileIntegrities = [own], nodes = [node("a")], statuses = [] }: World,
): SelectedNodes[] {
  const kept = new Map(statuses.map((one) => [one.metadata.name, keepNodeStatus(one)]));
  const living = new Set(fileIntegrities.map(({ metadata }) => metadata.uid ?? ""));
  return fileIntegrities.map((one) => ({
    fileIntegrity: one,
    states: selectedStates({
      ...{ fileIntegrity: one, spec: effectiveSpec(one).spec, nodes, statuses: kept, living },
      ...{ configDigest: one.status?.configDigest, now: noon },
    }),
  }));
}

const prefix = "file_integrity_operator_";

/** The samples of a world in short; `which` are labels that are the same in all and left out. */
function samples(world: World, which: Record<string, string>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, labels, shared, value } of objectSamples(selected(world))) {
    const all = Object.entries({ ...shared, ...labels });
    if (!Object.entries(which).every(([key, one]) => ({ ...shared, ...labels })[key] === one)) {
      continue;
    }
    const rest = all.filter(([key]) => which[key] === undefined)
      .map(([key, text]) => `${key}=${text}`);
    const key = [name.replace(prefix, ""), ...rest].join(" ");
    assertEquals(found[key], undefined, `${key} comes twice`);
    found[key] = value;
  }
  return found;
}

const ofNode = (...scans: LastResult[]): Record<string, number> =>
  samples({ statuses: [status(scans)] }, { fileintegrity: "worker", node: "a" });

const known = {
  "node_baseline_timestamp_seconds": Date.parse("2026-01-01T00:00:00Z") / 1000,
  "node_baseline_entries": 100,
  "node_baseline_info reason=first": 1,
};

const flags = {
  ...{ "node_failed": 0, "node_errored reason=": 0, "node_held": 0, "node_stale": 0 },
  "node_initializing": 0,
};

const scanned = {
  "node_last_scan_timestamp_seconds": noon / 1000,
  "node_last_scan_duration_seconds": 12.5,
  "node_last_scan_entries": 90,
  "node_last_scan_unverified_paths": 0,
  "node_last_scan_changes kind=added": 0,
  "node_last_scan_changes kind=changed": 0,
  "node_last_scan_changes kind=removed": 0,
  "node_coverage_ratio": 0.9,
};

const changed = {
  "node_last_scan_changes kind=added": 1,
  "node_last_scan_changes kind=changed": 20,
  "node_last_scan_changes kind=removed": 300,
};

/** Without what only a scan that gave a verdict has. */
function withoutScan(from: Record<string, number>): Record<string, number> {
  const { node_last_scan_duration_seconds: _, node_last_scan_entries: __, ...rest } = from;
  const { node_coverage_ratio: ___, ...left } = rest;
  return left;
}

Deno.test("object gauges: a node that succeeded has everything that is known of its scan and its database", () => {
  assertEquals(ofNode(scan("12:00:00")), { ...flags, ...scanned, ...known });
});

Deno.test("object gauges: a node that failed is 1 with its changes, until a scan finds nothing", () => {
  const expected = { ...flags, "node_failed": 1, ...scanned, ...changed, ...known };
  assertEquals(ofNode(failed("12:00:00")), expected);
  assertEquals(ofNode(failed("11:00:00"), scan("12:00:00")), { ...flags, ...scanned, ...known });
  assertEquals(ofNode(scan("11:00:00"), failed("12:00:00")), expected);
});

Deno.test("object gauges: a scan that gives no verdict takes back nothing of what was found before, and finds nothing", () => {
  const { "node_errored reason=": _, ...rest } = flags;
  const none = { ...rest, "node_errored reason=disk-full": 1, ...withoutScan(scanned), ...known };
  assertEquals(ofNode(scan("11:00:00"), errored("12:00:00")), none);
  assertEquals(ofNode(failed("11:00:00"), errored("12:00:00")), { ...none, "node_failed": 1 });
  assertEquals(
    ofNode(failed("10:00:00"), scan("11:00:00"), errored("12:00:00")),
    none,
  );
  assertEquals(
    ofNode(scan("10:00:00"), failed("11:00:00"), errored("11:30:00"), errored("12:00:00")),
    { ...none, "node_failed": 1 },
  );
  assertEquals(ofNode(errored("12:00:00")), none);
});

Deno.test("object gauges: an error without a reason is an internal one, and unverified paths are counted", () => {
  const { errorReason: _, ...unexplained } = errored("12:00:00");
  const { "node_errored reason=internal-error": is } = ofNode(unexplained);
  assertEquals(is, 1);
  const unverified = { total: 7, items: [] };
  const of = ofNode(errored("12:00:00", { errorReason: "unverified", unverified }));
  assertEquals(of.node_last_scan_unverified_paths, 7);
  assertEquals(of["node_errored reason=unverified"], 1);
});

Deno.test("object gauges: a node is held since what its status says, and only while it is held", () => {
  const held = (notes: Record<string, string>): Record<string, number> =>
    samples({ statuses: [status([scan("12:00:00")], { notes })] }, {
      ...{ fileintegrity: "worker", node: "a" },
    });
  const rest = { ...flags, ...scanned, ...known };
  const since = { [annotations.heldSince]: "2026-01-01T10:00:00Z" };
  assertEquals(held({ [annotations.holdoff]: "node-update", ...since }), {
    ...{ ...rest, "node_held": 1 },
    "node_held_since_timestamp_seconds": Date.parse("2026-01-01T10:00:00Z") / 1000,
  });
  assertEquals(held(since), rest);
  assertEquals(held({ [annotations.holdoff]: "", [annotations.heldSince]: "yesterday" }), {
    ...{ ...rest, "node_held": 1 },
  });
});

Deno.test("object gauges: a node is stale when it is silent for too long, and not while it is held", () => {
  assertEquals(ofNode(scan("11:59:00")).node_stale, 0);
  assertEquals(ofNode(scan("09:00:00")).node_stale, 1);
  assertEquals(ofNode(scan("09:00:00")).node_failed, 0);
  const notes = { [annotations.holdoff]: "" };
  const held = samples({ statuses: [status([scan("09:00:00")], { notes })] }, {
    ...{ fileintegrity: "worker", node: "a" },
  });
  assertEquals([held.node_stale, held.node_held], [0, 1]);
});

Deno.test("object gauges: a node without a verdict is initializing, with or without a status", () => {
  const initializing = { ...flags, "node_initializing": 1 };
  const which = { fileintegrity: "worker", node: "a" };
  assertEquals(samples({}, which), initializing);
  const first = [status([], { baseline: undefined })];
  assertEquals(samples({ statuses: first }, which), initializing);
  // Asked for a new database, or about to get one for another configuration.
  const asked = [status([failed("12:00:00")], { notes: { [annotations.reInit]: "id" } })];
  const of = samples({ statuses: asked }, which);
  assertEquals([of.node_initializing, of.node_failed], [1, 1]);
  const outdated = [status([scan("12:00:00")], { baseline: baseline("sha256:other") })];
  assertEquals(samples({ statuses: outdated }, which).node_initializing, 1);
});

Deno.test("object gauges: what the existing operator's daemons reported tells what it holds, and no more", () => {
  const theirs: StoredNodeStatus = {
    ...status([], { baseline: undefined }),
    results: [
      { condition: "Succeeded", lastProbeTime: "2026-01-01T11:00:00Z" },
      {
        ...{ condition: "Failed", lastProbeTime: "2026-01-01T12:00:00Z" },
        ...{ filesAdded: 4, filesRemoved: 2, resultConfigMapName: "x" },
      },
    ],
    lastResult: {
      ...{ condition: "Failed", lastProbeTime: "2026-01-01T12:00:00Z" },
      ...{ filesAdded: 4, filesRemoved: 2, resultConfigMapName: "x" },
    },
  };
  assertEquals(samples({ statuses: [theirs] }, { fileintegrity: "worker", node: "a" }), {
    ...{ ...flags, "node_failed": 1, "node_initializing": 1 },
    "node_last_scan_timestamp_seconds": noon / 1000,
    "node_last_scan_unverified_paths": 0,
    "node_last_scan_changes kind=added": 4,
    "node_last_scan_changes kind=changed": 0,
    "node_last_scan_changes kind=removed": 2,
  });
  // Moved over: ours has built its first database, and not scanned yet.
  const moved: StoredNodeStatus = {
    ...theirs,
    baseline: baseline(digest, { reason: "moved-over" }),
  };
  const of = samples({ statuses: [moved] }, { fileintegrity: "worker", node: "a" });
  assertEquals(of["node_baseline_info reason=moved-over"], 1);
  assertEquals(of.node_failed, 1);
  assertEquals(of.node_coverage_ratio, undefined);
});

Deno.test("object gauges: only a full scan of a database that is not empty has a coverage", () => {
  const partly = scan("12:00:00");
  const paths = { ...partly, scan: { ...partly.scan!, scope: "paths" as const } };
  assertEquals(ofNode(paths).node_coverage_ratio, undefined);
  const empty = [status([scan("12:00:00")], { baseline: baseline(digest, { entries: 0 }) })];
  const of = samples({ statuses: empty }, { fileintegrity: "worker", node: "a" });
  assertEquals([of.node_coverage_ratio, of.node_baseline_entries], [undefined, 0]);
});

Deno.test("object gauges: no time that is none, whatever a node wrote", () => {
  const odd = [
    status([{ ...scan("12:00:00"), lastProbeTime: "soon" }], {
      baseline: baseline(digest, { created: "" }),
    }),
  ];
  const of = samples({ statuses: odd }, { fileintegrity: "worker", node: "a" });
  assertEquals(of.node_last_scan_timestamp_seconds, undefined);
  assertEquals(of.node_baseline_timestamp_seconds, undefined);
  assertEquals(Object.values(of).filter((value) => !Number.isFinite(value)), []);
});

/** The nodes that have series, by FileIntegrity. */
function seriesOf(world: World): Record<string, string[]> {
  const all: Record<string, Set<string>> = {};
  for (const { labels, shared } of objectSamples(selected(world))) {
    const { fileintegrity = "", node: one } = { ...shared, ...labels };
    const nodes = all[fileintegrity] ??= new Set();
    if (one !== undefined) nodes.add(one);
  }
  return Object.fromEntries(Object.entries(all).map(([name, nodes]) => [name, [...nodes].sort()]));
}

Deno.test("object gauges: a node that is gone, or that nobody selects, has no series, whatever its status says", () => {
  const infra = fileIntegrity("infra", { spec: { config: {}, nodeSelector: { role: "infra" } } });
  const nodes = [node("a"), node("b", { labels: { role: "infra" } })];
  const statuses = ["a", "b", "gone"].flatMap((name) => [
    status([failed("12:00:00")], { name }),
    status([failed("12:00:00")], { name, of: infra }),
  ]);
  const fileIntegrities = [own, infra];
  assertEquals(seriesOf({ fileIntegrities, nodes, statuses }), {
    ...{ worker: ["a", "b"], infra: ["b"] },
  });
  assertEquals(seriesOf({ fileIntegrities: [infra], nodes, statuses }), { infra: ["b"] });
  assertEquals(seriesOf({ fileIntegrities: [], nodes, statuses }), {});
  const tainted = [node("a", { taints: [{ key: "k", effect: "NoSchedule" }] })];
  assertEquals(seriesOf({ nodes: tainted, statuses }), { worker: [] });
});

Deno.test("object gauges: several FileIntegrities on a node each tell of their own scans", () => {
  const other = fileIntegrity("other");
  const statuses = [status([failed("12:00:00")]), status([scan("12:00:00")], { of: other })];
  const world = { fileIntegrities: [own, other], statuses };
  assertEquals(samples(world, { fileintegrity: "worker", node: "a" }).node_failed, 1);
  assertEquals(samples(world, { fileintegrity: "other", node: "a" }).node_failed, 0);
});

Deno.test("object gauges: the status of another FileIntegrity, or of one before it, tells nothing of this one", () => {
  // "web-1" on "a" and "web" on "1-a" have a status of the same name.
  const web = fileIntegrity("web");
  const web1 = fileIntegrity("web-1");
  const statuses = [status([failed("12:00:00")], { of: web1, name: "a" })];
  const world = { fileIntegrities: [web, web1], nodes: [node("a"), node("1-a")], statuses };
  assertEquals(samples(world, { fileintegrity: "web", node: "1-a" }), {
    ...{ ...flags, "node_initializing": 1 },
  });
  assertEquals(samples(world, { fileintegrity: "web-1", node: "a" }).node_failed, 1);
  const { uid: _, ...metadata } = own.metadata;
  const before = { ...own, metadata: { ...metadata, uid: "uid-before" } };
  const left = [status([failed("12:00:00")], { of: before })];
  assertEquals(samples({ statuses: left }, { fileintegrity: "worker", node: "a" }).node_failed, 0);
});

/** The samples of a FileIntegrity that are of no node. */
function ofNoNode(world: World): Record<string, number> {
  const all = samples(world, { fileintegrity: "worker" });
  return Object.fromEntries(Object.entries(all).filter(([key]) => !/ node=/.test(key)));
}

Deno.test("object gauges: nodes are counted by state, and the phase is one of four", () => {
  const statuses = [
    status([scan("12:00:00")], { name: "a" }),
    status([failed("09:00:00")], { name: "b" }),
    status([failed("11:00:00"), errored("12:00:00")], { name: "c" }),
    status([scan("12:00:00")], { name: "d", notes: { [annotations.holdoff]: "" } }),
  ];
  const nodes = ["a", "b", "c", "d", "e"].map((name) => node(name));
  assertEquals(ofNoNode({ nodes, statuses }), {
    "nodes state=desired": 5,
    "nodes state=succeeded": 2,
    "nodes state=failed": 1,
    "nodes state=errored": 1,
    "nodes state=initializing": 1,
    "nodes state=held": 1,
    "nodes state=stale": 1,
    "phase phase=Initializing": 0,
    "phase phase=Active": 1,
    "phase phase=Pending": 0,
    "phase phase=Error": 0,
  });
});

Deno.test("object gauges: every condition has each of its statuses, of which one is 1; a new object has none", () => {
  const condition = (type: string, status: "True" | "False" | "Unknown") => ({
    ...{ type, status, reason: "x", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
  });
  const conditions = [condition("Ready", "False"), condition("DaemonsConfined", "Unknown")];
  const fileIntegrities = [fileIntegrity("worker", { status: { phase: "Error", conditions } })];
  const all = ofNoNode({ fileIntegrities, nodes: [] });
  assertEquals(
    Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith("condition"))),
    {
      "condition type=Ready status=True": 0,
      "condition type=Ready status=False": 1,
      "condition type=Ready status=Unknown": 0,
      "condition type=DaemonsConfined status=True": 0,
      "condition type=DaemonsConfined status=False": 0,
      "condition type=DaemonsConfined status=Unknown": 1,
    },
  );
  assertEquals(all["phase phase=Error"], 1);
  const { status: _, ...unseen } = fileIntegrity("worker");
  const first = ofNoNode({ fileIntegrities: [unseen], nodes: [] });
  assertEquals(Object.keys(first).filter((key) => key.startsWith("condition")), []);
  assertEquals(Object.values(first).every((value) => value === 0), true);
});

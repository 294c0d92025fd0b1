import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { annotations } from "../../src/api/labels.ts";
import type { ObservedChild } from "../../src/plan/observed.ts";
import { active, annotate, three } from "./active_cluster.ts";
import { edited, edits } from "./edits.ts";
import { defaultConfig, ModelCluster, node, worker } from "./model_cluster.ts";

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

Deno.test("plan: selectors and tolerations that are empty are no difference for ever", () => {
  const spec = { config: {}, nodeSelector: {}, tolerations: [] };
  assertEquals(active(new ModelCluster([node("a")], { ...worker, spec })).plan().actions, []);
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

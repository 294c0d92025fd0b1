import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { annotations } from "../../src/api/labels.ts";
import { active, annotate } from "./active_cluster.ts";

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

Deno.test("plan: a holdoff that names what is no node is told by one event, with the remedy, and by no later process", () => {
  const cluster = active();
  const said = (names: string): string =>
    `The annotation holdoff names what is not scanned here: ${names}. ` +
    "Correct the names, and separate them by commas";
  annotate(cluster, { [annotations.holdoff]: "a; b" });
  cluster.settle();
  const told = [said('"a; b"')];
  assertEquals(cluster.messages("Holdoff"), told);
  assertEquals(cluster.condition("NodesReporting"), {
    ...cluster.condition("NodesReporting"),
    ...{ status: "True", reason: "AllReporting", message: told[0] ?? "" },
  });
  assertEquals([...cluster.events.values()].at(-1)?.type, "Warning");
  // Not by a look at another version, nor by another process, nor beside other news of nodes.
  cluster.expectedBefore = undefined;
  cluster.report("a", { condition: "Failed", filesAdded: 1 });
  cluster.settle();
  cluster.now += 86_400_000;
  cluster.settle();
  assertMatch(cluster.condition("NodesReporting")?.message ?? "", /did not report in time.*"a; b"/);
  for (const name of ["a", "b", "c"]) cluster.report(name, {});
  cluster.settle();
  assertEquals(cluster.messages("Holdoff"), told);
  annotate(cluster, { [annotations.holdoff]: "false" });
  cluster.settle();
  told.push(said('"false"'));
  assertEquals(cluster.messages("Holdoff"), told);
  // One that is too long for a message is no more to tell every time.
  annotate(cluster, { [annotations.holdoff]: `a,${"x".repeat(20_000)}` });
  cluster.settle();
  assertEquals(cluster.messages("Holdoff").length, 3);
  for (const holdoff of ["", "a,b", undefined]) {
    annotate(cluster, { [annotations.holdoff]: holdoff });
    cluster.settle();
    assertEquals(cluster.messages("Holdoff").length, 3);
  }
});

Deno.test("plan: a new baseline of a held node is said to wait for the hold, and not to be built", () => {
  const cluster = active();
  const message = (): string | undefined => cluster.condition("Ready")?.message;
  annotate(cluster, { [annotations.holdoff]: "b" });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  annotate(cluster, { [annotations.reInit]: "b" });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Initializing");
  assertEquals(message(), "New databases wait for the hold of 1 node to end: b");
  annotate(cluster, { [annotations.reInit]: "a,c" });
  cluster.settle();
  assertEquals(
    message(),
    "Databases are being built on 2 nodes: a, c; New databases wait for the hold of 1 node to end: b",
  );
  annotate(cluster, { [annotations.holdoff]: undefined });
  cluster.settle();
  assertEquals(message(), "Databases are being built on 3 nodes: a, b, c");
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

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { annotations, labels } from "../../src/api/labels.ts";
import type { ObservedChild } from "../../src/plan/observed.ts";
import { active } from "./active_cluster.ts";
import { edited, edits } from "./edits.ts";

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

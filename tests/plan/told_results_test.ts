import { assert, assertEquals } from "@std/assert";
import { active } from "./active_cluster.ts";
import { baseline, defaultConfig } from "./model_cluster.ts";

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

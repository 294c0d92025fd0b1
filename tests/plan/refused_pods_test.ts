import { assert, assertEquals, assertMatch } from "@std/assert";
import { active, three } from "./active_cluster.ts";
import type { ModelCluster } from "./model_cluster.ts";

const said = 'spec.template.spec.nodeSelector: Invalid value: "bad key!"';

const brief = (cluster: ModelCluster, type: string): string => {
  const { status, reason } = cluster.condition(type) ?? {};
  return `${status} ${reason}`;
};

function write(cluster: ModelCluster, spec: Record<string, unknown>): void {
  cluster.fileIntegrity = { ...cluster.fileIntegrity, spec: { config: {}, ...spec } };
}

Deno.test("plan: pods that the API server refuses are an Error that says why, told once and asked for again", () => {
  const cluster = three();
  cluster.refuses = said;
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Error");
  const messages = ["Ready", "SpecAsWritten"].map((type) => cluster.condition(type)?.message);
  for (const type of ["Ready", "SpecAsWritten"]) {
    assertEquals(brief(cluster, type), "False DaemonSetRefused");
  }
  assertMatch(
    messages[0] ?? "",
    /^The API server refuses .*: correct .*Invalid value: "bad key!"$/,
  );
  assertEquals(cluster.messages("FileIntegrityStatus"), ["Pending", "Error"]);
  assertEquals(cluster.messages("DaemonSet"), [messages[1]]);
  assert((cluster.plan().requeueAfter ?? Infinity) <= 30_000);
  // Another process does not know of it, until it has tried; meanwhile it takes back nothing for good.
  cluster.refusedChange = undefined;
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Error");
  cluster.refuses = undefined;
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assertEquals(brief(cluster, "SpecAsWritten"), "True AsWritten");
});

Deno.test("plan: a refused change of the spec holds up nothing else, and is over when the spec is another", () => {
  const cluster = active();
  cluster.refuses = said;
  write(cluster, { tolerations: [{ key: "bad key!", operator: "Exists" }] });
  cluster.report("a", { condition: "Failed", filesChanged: 1 });
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Error");
  assertEquals(brief(cluster, "NodesUnchanged"), "False ChangesFound");
  write(cluster, {});
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assertEquals(brief(cluster, "SpecAsWritten"), "True AsWritten");
  // A change that was not refused yet is not said to be.
  write(cluster, { debug: true });
  cluster.refuses = undefined;
  cluster.settle();
  assertEquals(cluster.messages("DaemonSet").length, 1);
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
});

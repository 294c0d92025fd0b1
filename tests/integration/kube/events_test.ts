/** Events as people see them, on a real API server. */
import { assert, assertEquals } from "@std/assert";
import type { KubeObject } from "../../../src/kube/kube_object.ts";
import { EventRecorder, type Occurrence } from "../../../src/kube/event_recorder.ts";
import { resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { directClient } from "./direct_client.ts";

const instance = "file-integrity-operator-7d9c5b7f4-abcde";

async function fileIntegrity(
  cluster: TestCluster,
  { name: namespace }: TestNamespace,
): Promise<void> {
  const object = {
    apiVersion: resources.fileIntegrities.apiVersion,
    kind: "FileIntegrity",
    metadata: { name: "example-fileintegrity", namespace },
    spec: { nodeSelector: { "node-role.kubernetes.io/worker": "" }, config: {} },
  };
  const made = await cluster.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(object) });
  assertEquals(made.code, 0, made.stderr);
}

/** What `kubectl get events` prints, in columns: one or more spaces stand between them, but not in the last one. */
async function printed(
  cluster: TestCluster,
  { name: namespace }: TestNamespace,
  reason: string,
): Promise<string[][]> {
  const args = ["get", "events", "--field-selector", `reason=${reason}`];
  const { code, stdout, stderr } = await cluster.kubectl(args, { namespace });
  assertEquals(code, 0, stderr);
  return stdout.trim().split("\n").map((line) => {
    const [, ...columns] = /^(LAST SEEN|\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return columns;
  });
}

const nodes = ["ip-10-0-134-173.ec2.internal", "ip-10-0-152-92.ec2.internal"];

function occurrences(about: KubeObject, namespace: string): Occurrence[] {
  const [first = "", second = ""] = nodes;
  const log = `${namespace}/aide-ds-example-fileintegrity-${second}-failed`;
  const base = { about, reason: "NodeIntegrityStatus" };
  const fine = (node: string): Occurrence => ({
    ...{ ...base, type: "Normal", message: `no changes to node ${node}` },
    transition: `${node}/Succeeded/2026-01-01T00:00:00Z`,
  });
  const changed = (added: number): Occurrence => ({
    ...{ ...base, type: "Warning" },
    message: `node ${second} has changed! a:${added},c:1,r:0 log:${log}`,
    transition: `${second}/Failed/sha256:${added}`,
  });
  return [fine(first), fine(second), changed(1), changed(3)];
}

clusterTest("kubectl get events prints what the documentation shows", async (cluster) => {
  await using namespace = await cluster.namespace("events");
  using client = await directClient(cluster, namespace);
  await fileIntegrity(cluster, namespace);
  const address = { name: "example-fileintegrity", namespace: namespace.name };
  const about = await client.get(resources.fileIntegrities, address);
  const start = (): EventRecorder =>
    new EventRecorder({
      ...{ api: client, component: "file-integrity-operator", instance, clock: systemClock },
    });
  const recorder = start();
  const all = occurrences(about, namespace.name);
  for (const occurrence of all) assertEquals(await recorder.record(occurrence), true);
  const rows = await printed(cluster, namespace, "NodeIntegrityStatus");
  assertEquals(rows[0], ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
  const object = "fileintegrity/example-fileintegrity";
  const [first, second] = nodes;
  const log = `log:${namespace.name}/aide-ds-example-fileintegrity-${second}-failed`;
  assertEquals(rows.slice(1).map(([, ...columns]) => columns.join(" ")).toSorted(), [
    `Normal NodeIntegrityStatus ${object} no changes to node ${first}`,
    `Normal NodeIntegrityStatus ${object} no changes to node ${second}`,
    `Warning NodeIntegrityStatus ${object} node ${second} has changed! a:1,c:1,r:0 ${log}`,
    `Warning NodeIntegrityStatus ${object} node ${second} has changed! a:3,c:1,r:0 ${log}`,
  ]);
  for (const [seen = ""] of rows.slice(1)) assert(/^\d+[sm]/.test(seen), seen);

  // A process that was started later looks at the same state, and tells nothing twice.
  const later = start();
  for (const occurrence of all) assertEquals(await later.record(occurrence), false);
  assertEquals((await printed(cluster, namespace, "NodeIntegrityStatus")).length, 5);

  const described = await cluster.kubectl(["describe", "fileintegrity", "example-fileintegrity"], {
    namespace: namespace.name,
  });
  assert(described.stdout.includes(`no changes to node ${first}`), described.stdout);
  assert(/From\b/.test(described.stdout) && /file-integrity-operator\b/.test(described.stdout));
});

clusterTest(
  "the server takes the longest names and messages, and other objects",
  async (cluster) => {
    await using namespace = await cluster.namespace("events");
    using client = await directClient(cluster, namespace);
    const recorder = new EventRecorder({
      ...{ api: client, component: "file-integrity-operator", instance, clock: systemClock },
    });
    const name = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
    for (const at of [253, 221, 220, 193, 192, 191, 1]) {
      const about = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          ...{ name: name.slice(0, at).replace(/\.$/, ""), uid: `${at}` },
          namespace: namespace.name,
        },
      };
      const message = "€".repeat(2_000);
      await recorder.record({ about, type: "Warning", reason: "Long", message, transition: "" });
    }
    assertEquals((await printed(cluster, namespace, "Long")).length, 8);
  },
);

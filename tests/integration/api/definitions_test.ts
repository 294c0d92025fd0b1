import { assertEquals, assertMatch } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { apiCaller, fileIntegritiesPath, nodeStatusesPath } from "./api_caller.ts";
import { createFileIntegrity, makeNodeStatus, report } from "./test_objects.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const probeTime = "2020-09-15T12:45:57Z";

clusterTest("definitions: established, structural, with the wanted names", async (cluster) => {
  const { stdout, code } = await cluster.kubectl(["get", "crd", "-o", "json"]);
  assertEquals(code, 0);
  const ours = JSON.parse(stdout).items.filter((crd: Any) =>
    crd.spec.group === "fileintegrity.openshift.io"
  );
  assertEquals(ours.map((crd: Any) => crd.metadata.name), [
    "fileintegrities.fileintegrity.openshift.io",
    "fileintegritynodestatuses.fileintegrity.openshift.io",
  ]);
  for (const { status, spec } of ours) {
    const conditions = status.conditions.map(({ type, status }: Any) => `${type}=${status}`);
    // NonStructuralSchema would stand here, and so would names that are taken.
    assertEquals(conditions.sort(), ["Established=True", "NamesAccepted=True"]);
    assertEquals(status.acceptedNames, spec.names);
    assertEquals(status.storedVersions, ["v1alpha1"]);
  }
});

clusterTest("definitions: discovery tells verbs, short names and subresources", async (cluster) => {
  await using namespace = await cluster.namespace("discovery");
  using viewer = await apiCaller(cluster, namespace, "viewer");
  const { body } = await viewer.call("GET", "/apis/fileintegrity.openshift.io/v1alpha1");
  const found = body.resources.map(({ name, kind, namespaced, shortNames, categories }: Any) => ({
    name,
    kind,
    namespaced,
    shortNames,
    categories,
  }));
  // The API server lists them in no order.
  const byName = (one: Any, other: Any): number => one.name < other.name ? -1 : 1;
  assertEquals(found.sort(byName), [
    {
      name: "fileintegrities",
      kind: "FileIntegrity",
      namespaced: true,
      shortNames: ["fi"],
      categories: ["file-integrity"],
    },
    {
      name: "fileintegrities/status",
      kind: "FileIntegrity",
      namespaced: true,
      shortNames: undefined,
      categories: undefined,
    },
    {
      name: "fileintegritynodestatuses",
      kind: "FileIntegrityNodeStatus",
      namespaced: true,
      shortNames: ["fins"],
      categories: ["file-integrity"],
    },
  ]);
});

clusterTest("definitions: short names and the category work in kubectl", async (cluster) => {
  await using namespace = await cluster.namespace("names");
  using editor = await apiCaller(cluster, namespace, "editor");
  using operator = await apiCaller(cluster, namespace, "operator");
  const owner = await createFileIntegrity(editor, namespace.name, "example-fileintegrity");
  await makeNodeStatus(operator, owner, "node-a");
  const names = async (what: string): Promise<string[]> => {
    const { code, stdout, stderr } = await cluster.kubectl(["get", what, "-o", "name"], {
      as: "viewer",
      namespace: namespace.name,
    });
    assertEquals(code, 0, stderr);
    return stdout.trim().split("\n");
  };
  const one = "fileintegrity.fileintegrity.openshift.io/example-fileintegrity";
  const other = "fileintegritynodestatus.fileintegrity.openshift.io/example-fileintegrity-node-a";
  assertEquals(await names("fi"), [one]);
  assertEquals(await names("fileintegrity"), [one]);
  assertEquals(await names("fileintegrities.fileintegrity.openshift.io"), [one]);
  assertEquals(await names("fins"), [other]);
  assertEquals(await names("fileintegritynodestatus"), [other]);
  assertEquals((await names("file-integrity")).sort(), [one, other].sort());
});

clusterTest("definitions: defaults appear where the user wrote nothing", async (cluster) => {
  await using namespace = await cluster.namespace("defaults");
  using editor = await apiCaller(cluster, namespace, "editor");
  const { spec } = await createFileIntegrity(editor, namespace.name, "example-fileintegrity");
  assertEquals(spec, {
    config: { gracePeriod: 900, maxBackups: 5 },
    tolerations: [
      { effect: "NoSchedule", key: "node-role.kubernetes.io/master", operator: "Exists" },
      { effect: "NoSchedule", key: "node-role.kubernetes.io/infra", operator: "Exists" },
    ],
  });
});

clusterTest("definitions: spec and status are written apart", async (cluster) => {
  await using namespace = await cluster.namespace("status");
  using editor = await apiCaller(cluster, namespace, "editor");
  using operator = await apiCaller(cluster, namespace, "operator");
  const path = fileIntegritiesPath(namespace.name, "a");

  // The documentation's object comes with a status, which is not the user's to write.
  const created = await editor.call("POST", fileIntegritiesPath(namespace.name), {
    body: {
      apiVersion: "fileintegrity.openshift.io/v1alpha1",
      kind: "FileIntegrity",
      metadata: { name: "a" },
      spec: { config: {} },
      status: { phase: "Active" },
    },
  });
  assertEquals(created.code, 201, created.body.message);
  assertEquals(created.body.status, undefined);
  assertEquals(created.body.metadata.generation, 1);

  const ignored = await operator.call("PATCH", path, { body: { status: { phase: "Active" } } });
  assertEquals(ignored.code, 200, ignored.body.message);
  assertEquals(ignored.body.status, undefined);

  const both = await operator.call("PATCH", `${path}/status`, {
    body: { spec: { debug: true }, status: { phase: "Active" } },
  });
  assertEquals(both.code, 200, both.body.message);
  assertEquals(both.body.status, { phase: "Active" });
  assertEquals(both.body.spec.debug, undefined);
  assertEquals(both.body.metadata.generation, 1);
});

clusterTest(
  "definitions: a node status has no status beside it, and is written whole",
  async (cluster) => {
    await using namespace = await cluster.namespace("node-status");
    using editor = await apiCaller(cluster, namespace, "editor");
    using operator = await apiCaller(cluster, namespace, "operator");
    using daemon = await apiCaller(cluster, namespace, "daemon", "node-a");
    const owner = await createFileIntegrity(editor, namespace.name, "a");
    const made = await makeNodeStatus(operator, owner, "node-a");
    assertEquals([made.results, made.lastResult], [undefined, undefined]);

    const path = nodeStatusesPath(namespace.name, made.metadata.name);
    const pruned = await daemon.call("PATCH", path, { body: { status: { phase: "Active" } } });
    assertEquals([pruned.code, pruned.body.status], [200, undefined], pruned.body.message);
    assertEquals(pruned.warnings, ['unknown field "status"']);

    const reported = await report(daemon, owner, made, {
      condition: "Succeeded",
      lastProbeTime: probeTime,
    });
    assertEquals(reported.results, [{ condition: "Succeeded", lastProbeTime: probeTime }]);
    assertEquals(reported.lastResult, {
      condition: "Succeeded",
      lastProbeTime: probeTime,
      lastTransitionTime: probeTime,
    });
  },
);

clusterTest(
  "definitions: printer columns, few by default and more with -o wide",
  async (cluster) => {
    await using namespace = await cluster.namespace("columns");
    using editor = await apiCaller(cluster, namespace, "editor");
    using operator = await apiCaller(cluster, namespace, "operator");
    using daemon = await apiCaller(cluster, namespace, "daemon", "node-a");
    const owner = await createFileIntegrity(editor, namespace.name, "fi");
    const nodes = { succeeded: 1, errored: 0, initializing: 1, held: 0, stale: 0 };
    const status = { phase: "Active", nodes: { ...nodes, desired: 3, failed: 1 } };
    const path = fileIntegritiesPath(namespace.name, "fi");
    const patched = await operator.call("PATCH", `${path}/status`, { body: { status } });
    assertEquals(patched.code, 200, patched.body.message);
    const scanned = await makeNodeStatus(operator, owner, "node-a");
    await makeNodeStatus(operator, owner, "node-b");
    await report(daemon, owner, scanned, {
      condition: "Failed",
      lastProbeTime: new Date().toISOString().replace(/\.\d+/, ""),
      filesChanged: 2,
      changes: { added: 0, changed: 2, removed: 0, digest: "d", truncated: true, items: [] },
    });
    const lines = async (...args: string[]): Promise<string[][]> => {
      const { code, stdout, stderr } = await cluster.kubectl(["get", ...args], {
        as: "viewer",
        namespace: namespace.name,
      });
      assertEquals(code, 0, stderr);
      return stdout.trimEnd().split("\n").map((line) => line.trimEnd().split(/ {2,}/));
    };
    const [head, row = []] = await lines("fileintegrities");
    assertEquals(head, ["NAME", "AGE"]);
    assertMatch(row.join(" "), /^fi \d+s$/);
    const [wideHead, wideRow = []] = await lines("fileintegrities", "-o", "wide");
    assertEquals(wideHead, ["NAME", "AGE", "PHASE", "NODES", "FAILED"]);
    assertMatch(wideRow.join(" "), /^fi \d+s Active 3 1$/);

    assertEquals(await lines("fileintegritynodestatuses"), [
      ["NAME", "NODE", "STATUS"],
      ["fi-node-a", "node-a", "Failed"],
      ["fi-node-b", "node-b"], // not scanned yet
    ]);
    const [finsHead, finsRow = []] = await lines("fileintegritynodestatuses", "-o", "wide");
    assertEquals(finsHead, ["NAME", "NODE", "STATUS", "LAST SCAN", "CHANGES"]);
    assertMatch(finsRow.join(" "), /^fi-node-a node-a Failed \d+s 2$/);
  },
);

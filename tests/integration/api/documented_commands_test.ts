import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { logConfigMaps } from "../../../src/api/log_config_maps.ts";
import { failureConfigMapName } from "../../../src/api/names.ts";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { sampleLog } from "../../api/sample_log.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { apiCaller, fileIntegritiesPath } from "./api_caller.ts";
import { DocumentedShell } from "./documented_shell.ts";
import { logOwner, makeNodeStatus, publishLog, report } from "./test_objects.ts";

const nodes = ["ip-10-0-130-192", "ip-10-0-147-133", "ip-10-0-165-160"]
  .map((name) => `${name}.ec2.internal`);
const [failing = ""] = nodes;
const failureConfigMap = `aide-ds-worker-fileintegrity-${failing}-failed`;
const owned = { fileIntegrity: "worker-fileintegrity", node: failing, kind: "failed" } as const;

const documentedLog = `------
AIDE 0.15.1 found differences between database and filesystem!!
Start timestamp: 2020-09-15 12:58:15

Summary:
  Total number of files:	31553
  Added files:			0
  Removed files:		0
  Changed files:		1


---------------------------------------------------
Changed files:
---------------------------------------------------

changed: /hostroot/etc/resolv.conf

---------------------------------------------------
Detailed information about changes:
---------------------------------------------------


File: /hostroot/etc/resolv.conf
 SHA512   : sTQYpB/AL7FeoGtu/1g7opv6C+KT1CBJ , qAeM+a8yTgHPnIHMaRlS+so61EN8VOpg
`;

/** The documentation's FileIntegrity, applied as it stands there. */
async function applied(cluster: TestCluster, namespace: TestNamespace): Promise<FileIntegrity> {
  await using shell = await DocumentedShell.of(cluster, namespace, "editor");
  const { stdout } = await shell.run(
    "oc apply -f worker-fileintegrity.yaml -n openshift-file-integrity",
  );
  assertEquals(
    stdout,
    "fileintegrity.fileintegrity.openshift.io/worker-fileintegrity created\n" +
      "configmap/myconfig created\n",
  );
  using editor = await apiCaller(cluster, namespace, "editor");
  const path = fileIntegritiesPath(namespace.name, "worker-fileintegrity");
  return (await editor.call("GET", path)).body;
}

/** A scan's result of each node, in the order of the documentation. */
async function scanned(
  cluster: TestCluster,
  namespace: TestNamespace,
  owner: FileIntegrity,
  times: readonly string[],
): Promise<StoredNodeStatus[]> {
  using operator = await apiCaller(cluster, namespace, "operator");
  const statuses: StoredNodeStatus[] = [];
  for (const [at, node] of nodes.entries()) {
    using daemon = await apiCaller(cluster, namespace, "daemon", node);
    const made = await makeNodeStatus(operator, owner, node);
    const lastProbeTime = times[at] ?? "";
    statuses.push(await report(daemon, owner, made, { condition: "Succeeded", lastProbeTime }));
  }
  return statuses;
}

clusterTest("documentation: the FileIntegrity, its age and its phase", async (cluster) => {
  await using namespace = await cluster.namespace("documented");
  const { metadata, spec, status } = await applied(cluster, namespace);
  assertEquals(status, undefined);
  assertEquals(spec?.config, {
    gracePeriod: 20,
    initialDelay: 60,
    key: "config",
    maxBackups: 5,
    name: "myconfig",
    namespace: namespace.name,
  });
  await using shell = await DocumentedShell.of(cluster, namespace, "viewer");
  const list = await shell.run("oc get fileintegrities -n openshift-file-integrity");
  assertMatch(list.stdout, /^NAME +AGE\nworker-fileintegrity +\d+s\n$/);
  using operator = await apiCaller(cluster, namespace, "operator");
  const path = `${fileIntegritiesPath(namespace.name, metadata.name)}/status`;
  await operator.call("PATCH", path, { body: { status: { phase: "Active" } } });
  const phase = await shell.run(
    `oc get fileintegrities/worker-fileintegrity -o jsonpath="{ .status.phase }"`,
  );
  assertEquals(phase.stdout, "Active");
});

clusterTest("documentation: a re-init is asked for by an annotation", async (cluster) => {
  await using namespace = await cluster.namespace("documented");
  await applied(cluster, namespace);
  await using shell = await DocumentedShell.of(cluster, namespace, "editor");
  const { stdout } = await shell.run(
    "oc annotate fileintegrities/worker-fileintegrity file-integrity.openshift.io/re-init=",
  );
  assertEquals(
    stdout,
    "fileintegrity.fileintegrity.openshift.io/worker-fileintegrity annotated\n",
  );
});

clusterTest("documentation: results, first all Succeeded, then one Failed", async (cluster) => {
  await using namespace = await cluster.namespace("documented");
  const owner = await applied(cluster, namespace);
  using daemon = await apiCaller(cluster, namespace, "daemon", failing);
  await using shell = await DocumentedShell.of(cluster, namespace, "viewer");
  const [first] = await scanned(cluster, namespace, owner, [
    "2020-09-15T12:45:57Z",
    "2020-09-15T12:46:03Z",
    "2020-09-15T12:45:48Z",
  ]);
  if (first === undefined) throw new Error("No node was scanned");
  const all = "oc get fileintegritynodestatuses.fileintegrity.openshift.io " +
    "-ojsonpath='{.items[*].results}' | jq";
  assertEquals(
    (await shell.run(all)).stdout,
    `[
  {
    "condition": "Succeeded",
    "lastProbeTime": "2020-09-15T12:45:57Z"
  }
]
[
  {
    "condition": "Succeeded",
    "lastProbeTime": "2020-09-15T12:46:03Z"
  }
]
[
  {
    "condition": "Succeeded",
    "lastProbeTime": "2020-09-15T12:45:48Z"
  }
]
`,
  );
  const list = await shell.run("oc get fileintegritynodestatuses");
  assertEquals(list.stdout.split("\n").map((line) => line.trimEnd().split(/ {2,}/)), [
    ["NAME", "NODE", "STATUS"],
    ...nodes.map((node) => [`worker-fileintegrity-${node}`, node, "Succeeded"]),
    [""],
  ]);

  await publishLog(
    daemon,
    namespace.name,
    logConfigMaps(new Blob([documentedLog]).stream(), {
      ...owned,
      owner: logOwner(owner),
      name: failureConfigMapName("worker-fileintegrity", failing),
      namespace: namespace.name,
      counts: { added: 0, changed: 1, removed: 0 },
      scanTime: "2020-09-15T12:57:20Z",
    }),
  );
  await report(daemon, owner, first, {
    condition: "Failed",
    lastProbeTime: "2020-09-15T12:57:20Z",
    filesAdded: 0,
    filesChanged: 1,
    filesRemoved: 0,
    resultConfigMapName: failureConfigMap,
    resultConfigMapNamespace: namespace.name,
  });
  const documented = `[
  {
    "condition": "Succeeded",
    "lastProbeTime": "2020-09-15T12:45:57Z"
  },
  {
    "condition": "Failed",
    "filesChanged": 1,
    "lastProbeTime": "2020-09-15T12:57:20Z",
    "resultConfigMapName": "${failureConfigMap}",
    "resultConfigMapNamespace": "openshift-file-integrity"
  }
]
`;
  const one = await shell.run(
    `oc get fileintegritynodestatuses.fileintegrity.openshift.io/worker-fileintegrity-${failing} ` +
      "-ojsonpath='{.results}' | jq -r",
  );
  assertEquals(one.stdout, documented);
  assertStringIncludes((await shell.run(all)).stdout, documented);

  const described = await shell.run(`oc describe cm ${failureConfigMap}`);
  // The columns and the lines around the data are kubectl's, and differ between its versions.
  const words = (text: string): string => text.replace(/\s+/g, " ").replace(/(=|-)\1{3,}/g, "--");
  assertEquals(
    words(described.stdout).replace("BinaryData -- ", ""),
    words(`Name: ${failureConfigMap}
Namespace: openshift-file-integrity
Labels: file-integrity.openshift.io/node=${failing}
        file-integrity.openshift.io/owner=worker-fileintegrity
        file-integrity.openshift.io/result-log=
Annotations: file-integrity.openshift.io/files-added: 0
             file-integrity.openshift.io/files-changed: 1
             file-integrity.openshift.io/files-removed: 0

Data
====
integritylog:
----
${documentedLog}

Events: <none>
`),
  );
});

clusterTest("documentation: -w shows each change of a node's status", async (cluster) => {
  await using namespace = await cluster.namespace("documented");
  const owner = await applied(cluster, namespace);
  using daemon = await apiCaller(cluster, namespace, "daemon", failing);
  await using shell = await DocumentedShell.of(cluster, namespace, "viewer");
  const time = "2020-09-15T12:45:57Z";
  const [first] = await scanned(cluster, namespace, owner, [time, time, time]);
  if (first === undefined) throw new Error("No node was scanned");
  await using watch = shell.start("oc get fileintegritynodestatuses -w");
  const row = (node: string, condition: string): RegExp =>
    new RegExp(`^worker-fileintegrity-${node} +${node} +${condition}$`);
  assertMatch(await watch.line(), /^NAME +NODE +STATUS$/);
  for (const node of nodes) assertMatch(await watch.line(), row(node, "Succeeded"));
  await report(daemon, owner, first, {
    condition: "Failed",
    lastProbeTime: "2020-09-15T12:57:20Z",
    filesAdded: 1,
  });
  assertMatch(await watch.line(), row(failing, "Failed"));
});

clusterTest("documentation: a long log is unpacked by the documented command", async (cluster) => {
  await using namespace = await cluster.namespace("documented");
  const owner = await applied(cluster, namespace);
  using daemon = await apiCaller(cluster, namespace, "daemon", failing);
  await using shell = await DocumentedShell.of(cluster, namespace, "viewer");
  // Three ConfigMaps, each as large as the API server takes one.
  const size = 4_000_000;
  const names = await publishLog(
    daemon,
    namespace.name,
    logConfigMaps(sampleLog(size), {
      ...owned,
      owner: logOwner(owner),
      name: failureConfigMap,
      namespace: namespace.name,
      counts: { added: 0, changed: size, removed: 0 },
      scanTime: "2020-09-15T12:57:20Z",
    }),
  );
  let unpacked = "";
  for (const name of names) {
    const annotations = await shell.run(`oc get cm ${name} -o jsonpath='{.metadata.annotations}'`);
    assertEquals(JSON.parse(annotations.stdout)["file-integrity.openshift.io/compressed"], "");
    const { stdout } = await shell.run(
      `oc get cm ${name} -o json | jq -r '.data.integritylog' | base64 -d | gunzip`,
    );
    unpacked += stdout;
  }
  assertEquals(names.length > 1, true, `${names}`);
  // Compared as a whole: a difference of megabytes is nothing to print.
  assertEquals(unpacked === await new Response(sampleLog(size)).text(), true);
});

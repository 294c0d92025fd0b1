import { assert, assertEquals } from "@std/assert";
import { resources } from "../../../src/kube/resource.ts";
import { auditEnd, auditEntries } from "../../cluster/audit_log.ts";
import { daemonTest } from "./daemon_node.ts";

daemonTest("the first baseline is Succeeded, a change is Failed with its log", async (node) => {
  const { host } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  assertEquals(first.baseline?.reason, "first");
  assertEquals(first.results?.map(({ condition }) => condition), ["Succeeded"]);
  assertEquals(node.writes, [`patch fileintegritynodestatuses/${node.name}`]);

  await host.append("etc/hosts", "# integrity test\n");
  daemon.nextScan();
  const failed = await node.result("Failed");
  const configMap = `aide-ds-fi-${node.node}-failed`;
  assertEquals(failed.results?.map(({ lastProbeTime: _, ...rest }) => rest), [
    { condition: "Succeeded" },
    {
      condition: "Failed",
      filesChanged: 1,
      resultConfigMapName: configMap,
      resultConfigMapNamespace: node.namespace.name,
    },
  ]);
  assertEquals(failed.lastResult?.changes?.items.map(({ path }) => path), ["/etc/hosts"]);
  assertEquals(failed.baseline, first.baseline);
  const log = await node.object("log", resources.configMaps, configMap, () => true);
  assert(log.data?.["integritylog"]?.includes("/hostroot/etc/hosts"), JSON.stringify(log));
  assertEquals(log.metadata.ownerReferences, [{
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrity",
    name: "fi",
    uid: node.fileIntegrity.metadata.uid ?? "",
  }]);
  assertEquals(log.metadata.labels, {
    "file-integrity.openshift.io/node": node.node,
    "file-integrity.openshift.io/owner": "fi",
    "file-integrity.openshift.io/result-log": "",
  });
  assertEquals(log.metadata.annotations, {
    "file-integrity.openshift.io/files-added": "0",
    "file-integrity.openshift.io/files-changed": "1",
    "file-integrity.openshift.io/files-removed": "0",
  });

  await Deno.writeTextFile(host.at("etc/hosts"), "127.0.0.1 localhost\n");
  daemon.nextScan();
  const again = await node.result("Succeeded", first);
  assertEquals(again.results?.map(({ condition }) => condition), ["Failed", "Succeeded"]);
  // Nothing of the failure is left in the newest result.
  assertEquals(Object.keys(again.lastResult ?? {}).sort(), [
    "condition",
    "lastProbeTime",
    "lastTransitionTime",
    "scan",
  ]);
  const patch = `patch fileintegritynodestatuses/${node.name}`;
  assertEquals(node.writes.slice(1), [`apply configmaps/${configMap}`, patch, patch]);
});

daemonTest("a node on which nothing changes costs one write for a scan", async (node) => {
  const scans = 5;
  const start = await auditEnd(node.cluster.auditLog);
  await using daemon = await node.start();
  let last = await node.result("Succeeded");
  await daemon.idle();
  for (let scan = 2; scan <= scans; scan++) {
    daemon.nextScan();
    last = await node.result("Succeeded", last);
    await daemon.idle(scan);
  }
  const account = `system:serviceaccount:${node.namespace.name}:file-integrity-daemon`;
  const asked = async (): Promise<string[]> =>
    (await auditEntries(node.cluster.auditLog, start)).entries
      .filter(({ user, stage }) => user.username === account && stage === "ResponseComplete")
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
  const isRead = (call: string): boolean => /^(get|list|watch) /.test(call);
  // The API server notes down a call when it has answered it.
  const end = performance.now() + 60_000;
  let calls = await asked();
  while (calls.filter((call) => !isRead(call)).length < scans && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    calls = await asked();
  }
  const writes = calls.filter((call) => !isRead(call));
  assertEquals(writes, Array(scans).fill("patch fileintegritynodestatuses"));
  // And nothing is asked again and again.
  const reads = calls.filter(isRead);
  assert(reads.length <= 4 + scans, reads.join(", "));
});

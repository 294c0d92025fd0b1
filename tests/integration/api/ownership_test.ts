import { assertEquals, assertStringIncludes } from "@std/assert";
import { failureConfigMapName, ownership } from "../../../src/api/names.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import {
  apiCaller,
  applyType,
  configMapsPath,
  fileIntegritiesPath,
  nodeStatusesPath,
} from "./api_caller.ts";
import { createFileIntegrity, makeNodeStatus, ownerReference } from "./test_objects.ts";

/** The log of node-a for a FileIntegrity. */
const logName = (fi: string): string => failureConfigMapName(fi, "node-a");

const apply = (fi: string, ownerReferences: unknown[]): { body: unknown; type: string } => ({
  body: {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: logName(fi), ...ownership(fi, "node-a"), ownerReferences },
    data: { integritylog: "changed" },
  },
  type: applyType,
});

clusterTest("ownership: only the operator may have an owner's deletion wait", async (cluster) => {
  await using namespace = await cluster.namespace("owner");
  const { name: ns } = namespace;
  using editor = await apiCaller(cluster, namespace, "editor");
  using operator = await apiCaller(cluster, namespace, "operator");
  using daemon = await apiCaller(cluster, namespace, "daemon", "node-a");
  const reference = ownerReference(await createFileIntegrity(editor, ns, "fi"));
  const waiting = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ownerReferences: [reference] },
  };

  // Without this refusal, OwnerReferencesPermissionEnforcement is off and the test shows nothing.
  const refused = await editor.call("POST", configMapsPath(ns), {
    body: { ...waiting, metadata: { ...waiting.metadata, name: "by-editor" } },
  });
  assertEquals(refused.code, 403);
  assertStringIncludes(refused.body.message, "cannot set blockOwnerDeletion");

  const made = await operator.call("POST", configMapsPath(ns), {
    body: { ...waiting, metadata: { ...waiting.metadata, name: "by-operator" } },
  });
  assertEquals([made.code, made.body.metadata.ownerReferences], [201, [reference]]);

  // A log goes with its owner as well, but need not be waited for.
  const log = `${configMapsPath(ns, logName("fi"))}?fieldManager=daemon`;
  const byDaemon = await daemon.call("PATCH", log, apply("fi", [reference]));
  assertEquals(byDaemon.code, 403);
  assertStringIncludes(byDaemon.body.message, "cannot set blockOwnerDeletion");
  const { blockOwnerDeletion: _, ...plain } = reference;
  const created = await daemon.call("PATCH", log, apply("fi", [plain]));
  assertEquals(created.code, 201, created.body.message);
  const again = await daemon.call("PATCH", log, apply("fi", [plain]));
  assertEquals(again.code, 200, again.body.message);

  // Another owner is a matter of who may delete the log, and that is the operator.
  const other = { ...plain, uid: crypto.randomUUID() };
  const moved = await daemon.call("PATCH", log, apply("fi", [other]));
  assertEquals(moved.code, 403);
  assertStringIncludes(moved.body.message, "can't delete");
  const byOperator = `${configMapsPath(ns, logName("fi"))}?fieldManager=operator&force=true`;
  const taken = await operator.call("PATCH", byOperator, apply("fi", [plain]));
  assertEquals(taken.code, 200, taken.body.message);
});

clusterTest("ownership: what belongs to a FileIntegrity goes with it", async (cluster) => {
  await using namespace = await cluster.namespace("collected");
  const { name: ns } = namespace;
  using editor = await apiCaller(cluster, namespace, "editor");
  using operator = await apiCaller(cluster, namespace, "operator");
  using daemon = await apiCaller(cluster, namespace, "daemon", "node-a");
  const [gone, kept] = await Promise.all(
    ["gone", "kept"].map(async (name) => {
      const owner = await createFileIntegrity(editor, ns, name);
      await makeNodeStatus(operator, owner, "node-a");
      await makeNodeStatus(operator, owner, "node-b");
      const { blockOwnerDeletion: _, ...plain } = ownerReference(owner);
      const log = logName(name);
      const path = `${configMapsPath(ns, log)}?fieldManager=daemon`;
      const published = await daemon.call("PATCH", path, apply(name, [plain]));
      assertEquals(published.code, 201, published.body.message);
      return { owner, log };
    }),
  );
  const deleted = await editor.call("DELETE", fileIntegritiesPath(ns, "gone"));
  assertEquals(deleted.code, 200, deleted.body.message);
  const { code, stdout, stderr } = await cluster.kubectl([
    ...["wait", "--for=delete", "--timeout=240s"],
    ...["fins/gone-node-a", "fins/gone-node-b", `configmap/${gone?.log}`],
  ], { as: "viewer", namespace: ns });
  assertEquals(code, 0, stdout + stderr);
  const left = await operator.call("GET", nodeStatusesPath(ns));
  assertEquals(
    left.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ["kept-node-a", "kept-node-b"],
  );
  const log = await operator.call("GET", configMapsPath(ns, kept?.log));
  assertEquals(log.code, 200, log.body.message);
});

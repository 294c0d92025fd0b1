import { assertEquals, assertStringIncludes } from "@std/assert";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import {
  type ApiCaller,
  apiCaller,
  callerWithToken,
  configMapsPath,
  fileIntegritiesPath,
  nodeStatusesPath,
} from "./api_caller.ts";
import { createFileIntegrity, fileIntegrity, makeNodeStatus } from "./test_objects.ts";

const deadline = 180_000;

/** Somebody to whom an admin has bound a standard role, once that has taken effect. */
async function person(cluster: TestCluster, namespace: string, role: string): Promise<ApiCaller> {
  const admin = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl([...args, "-n", namespace]);
    assertEquals(code, 0, stderr);
    return stdout.trim();
  };
  const name = `with-${role}`;
  await admin("create", "serviceaccount", name);
  const subject = `--serviceaccount=${namespace}:${name}`;
  await admin("create", "rolebinding", name, `--clusterrole=${role}`, subject);
  const caller = callerWithToken(cluster, await admin("create", "token", name));
  // The role takes ours in by a controller, and the API server learns of role and binding by a watch.
  const last = performance.now() + deadline;
  while (performance.now() < last) {
    const { code } = await caller.call("GET", fileIntegritiesPath(namespace));
    if (code === 200) return caller;
  }
  caller[Symbol.dispose]();
  throw new Error(`The role ${role} lets nobody list FileIntegrities`);
}

clusterTest(
  "standard roles: view reads objects, events and logs, and writes nothing",
  async (cluster) => {
    await using namespace = await cluster.namespace("view");
    const { name: ns } = namespace;
    using editor = await apiCaller(cluster, namespace, "editor");
    using operator = await apiCaller(cluster, namespace, "operator");
    const owner = await createFileIntegrity(editor, ns, "fi");
    await makeNodeStatus(operator, owner, "node-a");
    using auditor = await person(cluster, ns, "view");
    for (
      const path of [
        fileIntegritiesPath(ns, "fi"),
        `${fileIntegritiesPath(ns, "fi")}/status`,
        nodeStatusesPath(ns),
        nodeStatusesPath(ns, "fi-node-a"),
        configMapsPath(ns),
        `/api/v1/namespaces/${ns}/events`,
      ]
    ) assertEquals((await auditor.call("GET", path)).code, 200, path);
    const patch = { body: { metadata: { labels: { a: "b" } } } };
    for (const path of [fileIntegritiesPath(ns, "fi"), nodeStatusesPath(ns, "fi-node-a")]) {
      assertEquals((await auditor.call("PATCH", path, patch)).code, 403, path);
      assertEquals((await auditor.call("DELETE", path)).code, 403, path);
    }
  },
);

for (const role of ["edit", "admin"]) {
  clusterTest(
    `standard roles: ${role} says what is scanned, and writes no result`,
    async (cluster) => {
      await using namespace = await cluster.namespace(role);
      const { name: ns } = namespace;
      using operator = await apiCaller(cluster, namespace, "operator");
      using somebody = await person(cluster, ns, role);
      const owner = await createFileIntegrity(somebody, ns, "fi");
      await makeNodeStatus(operator, owner, "node-a");
      assertEquals((await somebody.call("GET", nodeStatusesPath(ns, "fi-node-a"))).code, 200);
      const replaced = await somebody.call("PUT", fileIntegritiesPath(ns, "fi"), {
        body: { ...fileIntegrity("fi") as object, metadata: owner.metadata },
      });
      assertEquals(replaced.code, 200, replaced.body.message);
      const patch = { body: { results: [], status: { phase: "Active" } } };
      for (
        const path of [nodeStatusesPath(ns, "fi-node-a"), `${fileIntegritiesPath(ns, "fi")}/status`]
      ) {
        const answer = await somebody.call("PATCH", path, patch);
        assertEquals(answer.code, 403, path);
        assertStringIncludes(answer.body.message, "cannot patch resource");
      }
      assertEquals((await somebody.call("DELETE", fileIntegritiesPath(ns, "fi"))).code, 200);
    },
  );
}

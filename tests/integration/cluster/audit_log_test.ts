import { assert, assertEquals } from "@std/assert";
import { auditEnd, auditEntries } from "../../cluster/audit_log.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";

clusterTest("the audit log says who asked for what, and how it ended", async (cluster) => {
  const from = await auditEnd(cluster.auditLog);
  await using namespace = await cluster.namespace("audit");
  const as = { as: "viewer", namespace: namespace.name } as const;
  assertEquals((await cluster.kubectl(["get", "fileintegrities"], as)).code, 0);
  assertEquals((await cluster.kubectl(["get", "secrets"], as)).code, 1);
  const { entries } = await auditEntries(cluster.auditLog, from);
  const events = entries.filter(({ objectRef, stage }) =>
    objectRef?.namespace === namespace.name && stage === "ResponseComplete"
  );
  const viewer = `system:serviceaccount:${namespace.name}:file-integrity-viewer`;
  const calls = events.filter(({ user }) => user.username === viewer)
    .map(({ verb, objectRef, responseStatus }) => [
      verb,
      objectRef?.resource,
      responseStatus?.code,
    ]);
  assertEquals(calls, [["list", "fileintegrities", 200], ["list", "secrets", 403]]);
  assert(events.some(({ user, verb }) => user.username === "admin" && verb === "patch"));
});

clusterTest("the audit log has calls of nobody whom the server knows", async (cluster) => {
  const from = await auditEnd(cluster.auditLog);
  using client = Deno.createHttpClient({ caCerts: [cluster.ca] });
  const path = `/api/v1/namespaces/${crypto.randomUUID()}`;
  const headers = { authorization: "Bearer nobody" };
  const { status, body } = await fetch(`${cluster.server}${path}`, { client, headers });
  await body?.cancel();
  assertEquals(status, 401);
  const { entries } = await auditEntries(cluster.auditLog, from);
  const called = entries.filter(({ requestURI }) => requestURI === path);
  assertEquals(called.at(-1)?.user, { username: "" });
  assertEquals(called.at(-1)?.responseStatus.code, 401);
});

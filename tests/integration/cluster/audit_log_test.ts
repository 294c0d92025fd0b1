import { assert, assertEquals } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";

interface AuditEvent {
  verb: string;
  stage: string;
  user: { username: string };
  objectRef?: { resource: string; namespace?: string };
  responseStatus?: { code: number };
}

clusterTest("the audit log says who asked for what, and how it ended", async (cluster) => {
  await using namespace = await cluster.namespace("audit");
  const as = { as: "viewer", namespace: namespace.name } as const;
  assertEquals((await cluster.kubectl(["get", "fileintegrities"], as)).code, 0);
  assertEquals((await cluster.kubectl(["get", "secrets"], as)).code, 1);
  const events = (await Deno.readTextFile(cluster.auditLog)).trimEnd().split("\n")
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ objectRef, stage }) =>
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

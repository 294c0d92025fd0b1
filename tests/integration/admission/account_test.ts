import { assert, assertEquals } from "@std/assert";
import { failureConfigMapName, nodeStatusName, ownership } from "../../../src/api/names.ts";
import {
  apiCaller,
  callerWithToken,
  configMapsPath,
  fileIntegritiesPath,
  nodeStatusesPath,
} from "../api/api_caller.ts";
import { fileIntegrity, logOwner } from "../api/test_objects.ts";
import {
  assertCases,
  confinedTest,
  makeAsAdmin,
  others,
  own,
  ownLog,
  type PolicyCase,
} from "./confined_daemons.ts";

confinedTest("policy: a token that names no node lets nothing be written", async (parts) => {
  const { cluster, namespace, ns, fi } = parts;
  using unbound = await apiCaller(cluster, namespace, "daemon");
  const refused = `the token of system:serviceaccount:${ns}:file-integrity-daemon names no node: ` +
    "use the token that is mounted into a pod of the DaemonSet";
  const node = "/api/v1/nodes";
  const body = { metadata: { name: `${ns}-node` } };
  await assertCases(unbound, [
    {
      name: "results",
      method: "PATCH",
      path: nodeStatusesPath(ns, nodeStatusName("fi", own)),
      call: { body: { results: [] } },
      refused,
    },
    {
      name: "a log",
      method: "POST",
      path: configMapsPath(ns),
      call: { body: ownLog(fi) },
      refused,
    },
    { name: "anything", method: "POST", path: node, call: { body }, refused },
  ]);
});

confinedTest("policy: a daemon writes nothing else, whatever it was granted", async (parts) => {
  const { ns, daemon } = parts;
  const neither = (operation: string, plural: string): string =>
    "a daemon updates its node's FileIntegrityNodeStatus, and creates and updates the ConfigMaps " +
    `of its logs: ${operation} of ${plural} is neither`;
  const core = `/api/v1/namespaces/${ns}`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}`;
  const refusedPost = (path: string, body: unknown, plural: string): PolicyCase => ({
    ...{ name: plural, method: "POST", path, call: { body } },
    refused: neither("CREATE", plural),
  });
  // Nothing of this is ever to run, on nodes of tests beside this one either.
  const nodeSelector = { "example.com/none": "none" };
  const spec = { nodeSelector, containers: [{ name: "a", image: "a" }] };
  const pod = { metadata: { name: "a" }, spec };
  await makeAsAdmin(parts, { apiVersion: "v1", kind: "Pod", ...pod });
  const fis = "fileintegrities.fileintegrity.openshift.io";
  await assertCases(daemon, [
    refusedPost(`${core}/secrets`, { metadata: { name: "a" } }, "secrets"),
    refusedPost(`${core}/pods`, pod, "pods"),
    refusedPost(
      `${core}/serviceaccounts/file-integrity-operator/token`,
      { spec: {} },
      "serviceaccounts/token",
    ),
    refusedPost(
      `${rbac}/roles`,
      { metadata: { name: "a" }, rules: [] },
      "roles.rbac.authorization.k8s.io",
    ),
    refusedPost(fileIntegritiesPath(ns), fileIntegrity("other"), fis),
    {
      name: "a shell in a pod",
      method: "POST",
      path: `${core}/pods/a/exec?command=sh&stdout=true`,
      refused: neither("CONNECT", "pods/exec"),
    },
    {
      name: "what is scanned",
      method: "PATCH",
      path: fileIntegritiesPath(ns, "fi"),
      call: { body: { spec: { debug: true } } },
      refused: neither("UPDATE", fis),
    },
    {
      name: "the status of a FileIntegrity",
      method: "PATCH",
      path: `${fileIntegritiesPath(ns, "fi")}/status`,
      call: { body: { status: { phase: "Active" } } },
      refused: neither("UPDATE", `fileintegrities/status.fileintegrity.openshift.io`),
    },
    {
      name: "a FileIntegrity deleted",
      method: "DELETE",
      path: fileIntegritiesPath(ns, "fi"),
      refused: neither("DELETE", fis),
    },
  ]);
});

confinedTest("policy: a daemon writes in its own namespace only", async (parts) => {
  const { cluster, ns, daemon, fi } = parts;
  await using elsewhere = await cluster.namespace("elsewhere");
  const { name } = elsewhere;
  const only = `a daemon of namespace "${ns}" writes in that namespace only, not in `;
  await assertCases(daemon, [
    {
      name: "a log in another namespace",
      method: "POST",
      path: configMapsPath(name),
      call: { body: ownLog(fi) },
      refused: `${only}"${name}"`,
    },
    {
      name: "an object without a namespace",
      method: "POST",
      path: "/api/v1/nodes",
      call: { body: { metadata: { name: `${ns}-node` } } },
      refused: `${only}the whole cluster`,
    },
  ]);
});

confinedTest("policy: it asks the API server what it may do", async ({ daemon }) => {
  // The API server stores nothing of it: a policy for everything leaves such questions out.
  const { code, body } = await daemon.call(
    "POST",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    { body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } },
  );
  assertEquals(code, 201, body.message);
  assertEquals(body.status.userInfo.extra["authentication.kubernetes.io/node-name"], [own]);
});

confinedTest("policy: operator, admin and other accounts are not held", async (parts) => {
  const { cluster, ns, operator, other, fi } = parts;
  const theirs = failureConfigMapName("fi", others);
  const body = ownLog(fi, (log) => {
    Object.assign(log.metadata, { name: theirs, ...ownership("fi", others) });
  });
  await assertCases(other, [
    { name: "each node its own", method: "POST", path: configMapsPath(ns), call: { body } },
  ]);
  const path = configMapsPath(ns, theirs);
  const label = { metadata: { labels: { a: "b" } } };
  await assertCases(operator, [
    { name: "a log changed", method: "PATCH", path, call: { body: label } },
    {
      name: "a node's labels",
      method: "PATCH",
      path: nodeStatusesPath(ns, nodeStatusName("fi", own)),
      call: { body: { ...label, baseline: null } },
    },
    { name: "a log deleted", method: "DELETE", path },
  ]);
  const owner = { ownerReferences: [logOwner(fi)] };
  await makeAsAdmin(parts, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "x", ...owner },
  });

  // An account whose name only ends like the daemons'.
  const named = "other-file-integrity-daemon";
  const args = ["--namespace", ns, "create"];
  await cluster.kubectl([...args, "serviceaccount", named]);
  await cluster.kubectl([
    ...args,
    "rolebinding",
    named,
    "--clusterrole=edit",
    `--serviceaccount=${ns}:${named}`,
  ]);
  const { stdout: token } = await cluster.kubectl([...args, "token", named]);
  using caller = callerWithToken(cluster, token.trim());
  const deadline = performance.now() + 180_000;
  while (true) {
    const { code, body } = await caller.call("DELETE", configMapsPath(ns, "x"));
    if (code === 200) break;
    assert(body.message.includes("cannot delete resource"), body.message);
    assert(performance.now() < deadline, body.message);
  }
});

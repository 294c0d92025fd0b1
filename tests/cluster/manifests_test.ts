import { assert, assertEquals } from "@std/assert";
import {
  accessReviews,
  type Account,
  type Manifest,
  manifestNamespace,
  namespacedManifests,
  readManifests,
  serviceAccount,
} from "./manifests.ts";

Deno.test("the manifests for a test stand in its namespace, and only there", async () => {
  const manifests = namespacedManifests(await readManifests(), "one-test");
  assertEquals(manifests[0]?.kind, "Namespace");
  assertEquals(JSON.stringify(manifests).includes(manifestNamespace), false);
  const ofCluster = manifests.filter(({ metadata }) => metadata.namespace === undefined).slice(1);
  assert(ofCluster.length > 0);
  for (const { kind, metadata } of ofCluster) {
    assert(kind === "ClusterRole" || metadata.name.endsWith("-one-test"), metadata.name);
  }
  for (const account of ["operator", "daemon", "viewer", "editor"] as Account[]) {
    const name = serviceAccount(account);
    const own = manifests.find(({ kind, metadata }) =>
      kind === "ServiceAccount" && metadata.name === name && metadata.namespace === "one-test"
    );
    assert(own !== undefined, name);
  }
});

Deno.test("for each binding there is a question that shows when it is in effect", () => {
  const role = "rbac.authorization.k8s.io/v1";
  const bound = (kind: string, name: string): Manifest => ({
    apiVersion: role,
    kind: "RoleBinding",
    metadata: { name: "binding", namespace: "one-test" },
    subjects: [{ kind: "ServiceAccount", name: "daemon", namespace: "one-test" }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
  });
  const rules = [{
    apiGroups: ["fileintegrity.openshift.io"],
    resources: ["fileintegritynodestatuses/status"],
    resourceNames: ["a"],
    verbs: ["patch", "get"],
  }];
  const reviews = accessReviews([
    { apiVersion: role, kind: "Role", metadata: { name: "r", namespace: "one-test" }, rules },
    bound("Role", "r"),
    bound("ClusterRole", "view"), // not ours: nothing is known of its rules
  ]);
  assertEquals(reviews.map(({ spec }) => spec), [{
    user: "system:serviceaccount:one-test:daemon",
    resourceAttributes: {
      verb: "patch",
      group: "fileintegrity.openshift.io",
      resource: "fileintegritynodestatuses",
      subresource: "status",
      name: "a",
      namespace: "one-test",
    },
  }]);
});

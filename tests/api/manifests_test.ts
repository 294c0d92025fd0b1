import { assert, assertEquals } from "@std/assert";
import { parseAll } from "@std/yaml";

// deno-lint-ignore no-explicit-any
type Any = any;

const files = [
  "base/namespace.yaml",
  ...["daemon", "editor", "metrics", "operator", "viewer"].map(rbacFile),
];
const texts = new Map<string, string>();
for (const name of files) {
  texts.set(name, await Deno.readTextFile(new URL(`../../manifests/${name}`, import.meta.url)));
}
const documents = [...texts.values()].flatMap((text) => parseAll(text)) as Any[];
const roles = documents.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
const named = (kind: string, name: string): Any =>
  documents.find((one) => one.kind === kind && one.metadata.name === name);

function rbacFile(account: string): string {
  return `rbac/${account}.yaml`;
}

Deno.test("manifests: the namespace has the labels of the existing operator's", () => {
  assertEquals(named("Namespace", "openshift-file-integrity").metadata.labels, {
    "openshift.io/cluster-monitoring": "true",
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "privileged",
    "pod-security.kubernetes.io/warn": "privileged",
  });
});

Deno.test("manifests: accounts and roles have the names that users know", () => {
  const names = (kind: string): string[] =>
    documents.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name).sort();
  assertEquals(names("ServiceAccount"), [
    "file-integrity-daemon",
    "file-integrity-editor",
    "file-integrity-operator",
    "file-integrity-operator-metrics",
    "file-integrity-viewer",
  ]);
  assertEquals(names("ClusterRole"), [
    "file-integrity-operator",
    "file-integrity-operator-metrics",
    "fileintegrity-editor-role",
    "fileintegrity-viewer-role",
  ]);
});

Deno.test("manifests: everything with a namespace is in the product's, and every role is bound", () => {
  for (const { kind, metadata } of documents) {
    const ofCluster = kind === "Namespace" || kind.startsWith("Cluster");
    assertEquals(metadata.namespace, ofCluster ? undefined : "openshift-file-integrity");
  }
  for (const { kind, roleRef, subjects } of documents) {
    if (!kind.endsWith("Binding")) continue;
    assert(named(roleRef.kind, roleRef.name), roleRef.name);
    for (const subject of subjects) {
      assertEquals(subject.namespace, "openshift-file-integrity");
      assert(named("ServiceAccount", subject.name), subject.name);
    }
  }
  for (const { kind, metadata } of roles) {
    const bound = documents.some(({ roleRef }) =>
      roleRef?.kind === kind && roleRef.name === metadata.name
    );
    assert(bound, metadata.name);
  }
  // Beyond the namespace only the operator reaches; and who scrapes it, though to no resource.
  assertEquals(
    documents.filter(({ kind }) => kind === "ClusterRoleBinding").flatMap(({ subjects }) =>
      subjects.map(({ name }: Any) => name)
    ),
    ["file-integrity-operator-metrics", "file-integrity-operator"],
  );
});

const metricPaths = ["/metrics", "/metrics-fio"];

Deno.test("manifests: no wildcard, no secrets, no pods, no way to more rights", () => {
  const never =
    /^(\*|secrets|pods(\/.*)?|serviceaccounts(\/.*)?|.*roles|.*rolebindings|.*webhook.*)$/;
  for (const { metadata, rules } of roles) {
    for (
      const { apiGroups = [], resources = [], verbs, nonResourceURLs = [], ...others } of rules
    ) {
      assertEquals(Object.keys(others).filter((key) => key !== "resourceNames"), []);
      const paths = metadata.name === "file-integrity-operator-metrics" ? metricPaths : [];
      assertEquals(nonResourceURLs, paths);
      for (const word of [...apiGroups, ...resources, ...verbs]) {
        assert(!never.test(word), `${metadata.name}: ${word}`);
      }
      for (const verb of verbs) {
        assert(
          ["get", "list", "watch", "create", "update", "patch", "delete"].includes(verb),
          `${metadata.name}: ${verb}`,
        );
      }
    }
  }
});

Deno.test("manifests: every rule says why it is there", () => {
  for (const [name, text] of texts) {
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) {
      if (!line.startsWith("  - apiGroups:")) continue;
      const before = lines[at - 1] ?? "";
      // Two rules of one reason stand together: one is the other bound to a name.
      assert(before.startsWith("  # ") || before.startsWith("    verbs:"), `${name}:${at + 1}`);
    }
  }
});

Deno.test("manifests: the standard roles take in those for users, and nothing else", () => {
  const labels = (name: string): Any => named("ClusterRole", name).metadata.labels;
  assertEquals(labels("fileintegrity-viewer-role"), {
    "rbac.authorization.k8s.io/aggregate-to-view": "true",
  });
  assertEquals(labels("fileintegrity-editor-role"), {
    "rbac.authorization.k8s.io/aggregate-to-edit": "true",
    "rbac.authorization.k8s.io/aggregate-to-admin": "true",
  });
  assertEquals(labels("file-integrity-operator"), undefined);
});

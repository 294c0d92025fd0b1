import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { differingDocuments } from "../../src/build/docs.ts";
import { partNames, withParts } from "../../src/build/docs/generated_parts.ts";
import { markdownTable } from "../../src/build/docs/markdown_table.ts";
import { permissionTables } from "../../src/build/docs/permission_tables.ts";

Deno.test("docs: the parts that are made of the code are as it has them", async () => {
  assertEquals((await differingDocuments()).map(({ path }) => path), []);
});

const document = `# Title

<!-- made by deno task docs: one -->

old

<!-- end of one -->

By hand.

<!-- made by deno task docs: two -->
<!-- end of two -->
`;

Deno.test("docs: only what is between the marks is replaced", () => {
  assertEquals(partNames(document), ["one", "two"]);
  const made = withParts(document, { one: "$1 new", two: "newer" });
  assertEquals(
    made,
    `# Title

<!-- made by deno task docs: one -->

$1 new

<!-- end of one -->

By hand.

<!-- made by deno task docs: two -->

newer

<!-- end of two -->
`,
  );
  assertEquals(withParts(made, { one: "$1 new", two: "newer" }), made);
  assertThrows(() => withParts(document, { one: "new" }), TypeError, 'the part "two"');
});

Deno.test("docs: no text ends the cell that it stands in", () => {
  assertEquals(
    markdownTable(["a", "b"], [["one|two", "three\n  four"]]),
    "| a | b |\n| --- | --- |\n| one\\|two | three four |",
  );
});

const manifests = `# What it may do.
# And why.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: account
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: role
rules:
  # To read,
  # and to see.
  - apiGroups: [""]
    resources: [pods, services]
    verbs: [get, list]
  - apiGroups: [apps]
    resources: [deployments]
    resourceNames: [one]
    verbs: [get]
  # Another reason.
  - nonResourceURLs: [/metrics]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: of-others
roleRef:
  kind: ClusterRole
  name: role
subjects:
  - kind: ServiceAccount
    name: account
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: role
roleRef:
  kind: Role
  name: role
subjects:
  - kind: ServiceAccount
    name: account
`;

Deno.test("docs: an account's permissions are those that are bound to it, each with its comment", () => {
  assertEquals(
    permissionTables([manifests]),
    `### account

What it may do. And why.

| what | verbs | where | why |
| --- | --- | --- | --- |
| \`pods\`, \`services\` | get, list | its namespace | To read, and to see. |
| \`deployments\` of \`apps\`, only \`one\` | get | its namespace | To read, and to see. |
| \`/metrics\` | get | its namespace | Another reason. |`,
  );
});

Deno.test("docs: every account of the manifests is told of", async () => {
  const text = await Deno.readTextFile(new URL("../../manifests/README.md", import.meta.url));
  for await (const { name } of Deno.readDir(new URL("../../manifests/rbac", import.meta.url))) {
    if (!name.endsWith(".yaml")) continue;
    const file = await Deno.readTextFile(
      new URL(`../../manifests/rbac/${name}`, import.meta.url),
    );
    const [, account = ""] = /^kind: ServiceAccount\nmetadata:\n {2}name: (.*)$/m.exec(file) ?? [];
    assertMatch(text, new RegExp(`^### ${account}$`, "m"), name);
  }
});

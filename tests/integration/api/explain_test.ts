import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { TSchema } from "typebox";
import { FileIntegritySchema } from "../../../src/api/file_integrity.ts";
import { StoredNodeStatusSchema } from "../../../src/api/node_status.ts";
import { structuralSchema } from "../../../src/api/structural_schema.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";

interface Node {
  type?: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  required?: string[];
}

/** An object of the schema: its path in kubectl's words, and what stands there. */
interface Place {
  path: string;
  object: Node;
}

function places(node: Node, path: string): Place[] {
  const object = node.items ?? node;
  if (object.properties === undefined) return [];
  return [
    { path, object },
    ...Object.entries(object.properties).filter(([name]) => name !== "metadata")
      .flatMap(([name, child]) => places(child, `${path}.${name}`)),
  ];
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Each field of an explanation and the text below it, both on one line. */
function explainedFields(stdout: string): Map<string, string> {
  const fields = new Map<string, string>();
  const [, list = ""] = stdout.split(/^FIELDS:$/m);
  for (const block of list.split(/\n(?= {2}\w+\t)/)) {
    const [, name, rest = ""] = /^ {2}(\w+)\t([\s\S]*)$/.exec(block.replace(/^\n+/, "")) ?? [];
    if (name !== undefined) fields.set(name, oneLine(rest));
  }
  return fields;
}

const kinds: [string, string, TSchema][] = [
  ["fileintegrity", "FileIntegrity", FileIntegritySchema],
  ["fileintegritynodestatus", "FileIntegrityNodeStatus", StoredNodeStatusSchema],
];

for (const [resource, kind, schema] of kinds) {
  clusterTest(`explain: every field of a ${kind}, with its whole text`, async (cluster) => {
    await using namespace = await cluster.namespace("explain");
    const explain = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await cluster.kubectl(["explain", ...args], {
        as: "viewer",
        namespace: namespace.name,
      });
      assertEquals(code, 0, stderr);
      return stdout;
    };
    const root = structuralSchema(schema, kind) as Node;
    for (const { path, object } of places(root, resource)) {
      const stdout = await explain(path);
      assertStringIncludes(oneLine(stdout), oneLine(object.description ?? "?"), path);
      const fields = explainedFields(stdout);
      assertEquals([...fields.keys()].sort(), Object.keys(object.properties ?? {}).sort(), path);
      for (const [name, field] of Object.entries(object.properties ?? {})) {
        if (path === resource && ["apiVersion", "kind", "metadata"].includes(name)) continue;
        const said = fields.get(name) ?? "";
        const text = oneLine(field.description ?? "");
        assert(text !== "" && said.endsWith(text), `${path}.${name}: ${said}`);
        assert(/[.:]$/.test(text), `${path}.${name} is no sentence: ${text}`);
        assertEquals(
          said.includes("-required-"),
          (object.required ?? []).includes(name),
          `${path}.${name}`,
        );
      }
    }
  });

  clusterTest(`explain --recursive: the whole tree of a ${kind}`, async (cluster) => {
    await using namespace = await cluster.namespace("explain");
    const { stdout, code, stderr } = await cluster.kubectl(["explain", resource, "--recursive"], {
      as: "viewer",
      namespace: namespace.name,
    });
    assertEquals(code, 0, stderr);
    const tree = (node: Node, depth: number): string[] =>
      Object.entries((node.items ?? node).properties ?? {}).sort(([a], [b]) => a < b ? -1 : 1)
        .flatMap(([name, child]) => [
          `${"  ".repeat(depth)}${name}`,
          ...(name === "metadata" ? [] : tree(child, depth + 1)),
        ]);
    const printed = (stdout.split(/^FIELDS:$/m)[1] ?? "").split("\n")
      .filter((line) => line.includes("\t")).map((line) => line.split("\t")[0] ?? "");
    // Of metadata the server tells what every object has.
    const from = printed.indexOf("  metadata");
    const below = printed.slice(from + 1).findIndex((line) => !line.startsWith("    "));
    if (from >= 0 && below >= 0) printed.splice(from + 1, below);
    assertEquals(printed, tree(structuralSchema(schema, kind) as Node, 1));
  });
}

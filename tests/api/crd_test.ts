import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import Type from "typebox";
import { customResourceDefinitions } from "../../src/api/crd.ts";
import { effectiveSpec } from "../../src/api/effective.ts";
import { structuralSchema } from "../../src/api/structural_schema.ts";
import { crdFiles, differingCrdFiles } from "../../src/build/crds.ts";
import { structuralFaults, valueFaults } from "./structural_rules.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const [fileIntegrity, nodeStatus] = customResourceDefinitions() as Any[];
const version = (crd: Any): Any => crd.spec.versions[0];
const schema = (crd: Any): Any => version(crd).schema.openAPIV3Schema;

Deno.test("crds/*.yaml are what the schemas say", async () => {
  assertEquals(await differingCrdFiles(), []);
  assertEquals(crdFiles().map(({ name }) => name), [
    "fileintegrity.openshift.io_fileintegrities.yaml",
    "fileintegrity.openshift.io_fileintegritynodestatuses.yaml",
  ]);
});

Deno.test("a file that differs, or is not there, is named", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [first, second] = crdFiles();
    assert(first !== undefined && second !== undefined);
    const folder = new URL(`file://${directory}/`);
    assertEquals(await differingCrdFiles(folder), [first.name, second.name]);
    await Deno.writeTextFile(new URL(first.name, folder), first.text);
    await Deno.writeTextFile(new URL(second.name, folder), `${second.text} `);
    assertEquals(await differingCrdFiles(folder), [second.name]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the written YAML reads back as the definitions", () => {
  const read = crdFiles().map(({ text }) => parse(text));
  assertEquals(read, JSON.parse(JSON.stringify(customResourceDefinitions())));
});

Deno.test("schemas are structural, and their defaults fit", () => {
  for (const crd of [fileIntegrity, nodeStatus]) {
    assertEquals(structuralFaults(schema(crd), crd.spec.names.kind), []);
  }
});

Deno.test("the check of structural schemas finds each breach", () => {
  const breaches = [
    { properties: {} },
    { type: "object", properties: { a: { type: "string", const: "x" } } },
    { type: "object", properties: { a: { anyOf: [{ type: "string" }] } } },
    { type: "object", properties: {}, additionalProperties: { type: "string" } },
    { type: "array" },
    { type: "string", enum: ["a", "a"] },
    { type: "object", properties: {}, required: ["b"] },
    { type: "array", items: { type: "object" }, "x-kubernetes-list-type": "map" },
    { type: "integer", default: "5" },
    { type: "integer", "x-kubernetes-int-or-string": true },
  ];
  for (const breach of breaches) {
    assert(structuralFaults(breach, "x").length > 0, JSON.stringify(breach));
  }
});

Deno.test("a schema with no structural form is refused, by name", () => {
  const union = Type.Object({ a: Type.Union([Type.String(), Type.Null()]) });
  assertThrows(() => structuralSchema(union, "Kind"), TypeError, "Kind.a");
});

Deno.test("every field of spec, status and results has a description", () => {
  const undescribed = (node: Any, path: string): string[] => [
    ...(node.description === undefined ? [path] : []),
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      undescribed(child, `${path}.${name}`)
    ),
    ...(node.items === undefined || node.items.type !== "object"
      ? []
      : undescribed(node.items, `${path}[]`)),
  ];
  for (const crd of [fileIntegrity, nodeStatus]) {
    const missing = undescribed(schema(crd), crd.spec.names.kind);
    assertEquals(missing.filter((path) => !path.endsWith(".metadata")), []);
  }
});

Deno.test("names, scope and subresources are those that clients know", () => {
  assertEquals(fileIntegrity.metadata.name, "fileintegrities.fileintegrity.openshift.io");
  assertEquals(nodeStatus.metadata.name, "fileintegritynodestatuses.fileintegrity.openshift.io");
  assertEquals([fileIntegrity, nodeStatus].map((crd) => crd.spec.names.listKind), [
    "FileIntegrityList",
    "FileIntegrityNodeStatusList",
  ]);
  assertEquals([fileIntegrity, nodeStatus].map((crd) => crd.spec.names.shortNames), [["fi"], [
    "fins",
  ]]);
  assertEquals([fileIntegrity, nodeStatus].map((crd) => crd.spec.scope), [
    "Namespaced",
    "Namespaced",
  ]);
  assertEquals(version(fileIntegrity).subresources, { status: {} });
  assertEquals(version(nodeStatus).subresources, {});
});

Deno.test("kubectl get prints what the documentation prints, and more only with -o wide", () => {
  const columns = (crd: Any, priority: number): string[] =>
    version(crd).additionalPrinterColumns
      .filter((column: Any) => (column.priority ?? 0) === priority).map((column: Any) =>
        column.name
      );
  assertEquals(columns(fileIntegrity, 0), ["Age"]);
  assertEquals(columns(fileIntegrity, 1), ["Phase", "Nodes", "Failed"]);
  assertEquals(columns(nodeStatus, 0), ["Node", "Status"]);
  assertEquals(columns(nodeStatus, 1), ["Last scan", "Changes"]);
});

Deno.test("every column's path leads to a field of its type", () => {
  for (const crd of [fileIntegrity, nodeStatus]) {
    for (const { jsonPath, type } of version(crd).additionalPrinterColumns) {
      if (jsonPath.startsWith(".metadata.")) continue;
      const field = jsonPath.slice(1).split(".")
        .reduce((node: Any, name: string) => node?.properties?.[name], schema(crd));
      assertEquals(
        type === "date" ? field?.format : field?.type,
        type === "date" ? "date-time" : type,
        jsonPath,
      );
    }
  }
});

Deno.test("defaults are those of the documentation", () => {
  const { config, tolerations } = schema(fileIntegrity).properties.spec.properties;
  assertEquals(config.properties.gracePeriod.default, 900);
  assertEquals(config.properties.maxBackups.default, 5);
  assertEquals(tolerations.default, [
    { key: "node-role.kubernetes.io/master", operator: "Exists", effect: "NoSchedule" },
    { key: "node-role.kubernetes.io/infra", operator: "Exists", effect: "NoSchedule" },
  ]);
  assertEquals(schema(fileIntegrity).required, undefined);
  assertEquals(schema(fileIntegrity).properties.spec.required, ["config"]);
});

Deno.test("descriptions tell the defaults that are in effect", () => {
  const { config, resources } = schema(fileIntegrity).properties.spec.properties;
  const { spec } = effectiveSpec({});
  for (const name of ["gracePeriod", "maxBackups", "initialDelay"] as const) {
    const { description } = config.properties[name];
    assert(description.includes(`, ${spec[name]} when absent.`), description);
  }
  for (const list of ["requests", "limits"] as const) {
    const { cpu, memory } = spec.resources[list];
    const { description } = resources.properties[list];
    assert(description.endsWith(`: ${cpu} and ${memory} when absent.`), description);
  }
});

Deno.test("a node status needs no result: the operator makes it before the node has one", () => {
  assertEquals(schema(nodeStatus).required, ["nodeName"]);
});

Deno.test("what the existing operator took is not refused", () => {
  const base = { apiVersion: "x", kind: "x", metadata: {} };
  const specs: unknown[] = [
    undefined,
    { config: {} },
    { config: { gracePeriod: 0 } },
    { config: { gracePeriod: 3 } },
    { config: { gracePeriod: -1, maxBackups: -1, initialDelay: -60 } },
    { config: { maxBackups: 0 } },
    { config: { name: "", namespace: "", key: "" } },
    { config: { key: "only" } },
    { config: { name: "Not A Name" } },
    { config: {}, tolerations: [], nodeSelector: {} },
    { config: {}, tolerations: [{ operator: "Exists" }] },
    { config: {}, tolerations: [{ key: "a", operator: "", effect: "", value: "b" }] },
    { config: {}, priorityClassName: "unknown", debug: true },
  ];
  for (const spec of specs) {
    const object = { ...base, ...(spec !== undefined && { spec }) };
    assertEquals(valueFaults(schema(fileIntegrity), object, ""), [], JSON.stringify(spec));
  }
});

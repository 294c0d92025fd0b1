import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TSchema } from "typebox";
import type { Fault } from "../../../src/api/fault.ts";
import { FileIntegritySchema, FileIntegritySpecSchema } from "../../../src/api/file_integrity.ts";
import { StoredNodeStatusSchema } from "../../../src/api/node_status.ts";
import { schemaFaults } from "../../../src/api/schema_faults.ts";
import { validateFileIntegrity } from "../../../src/api/validate.ts";
import { schemaArbitrary } from "../../api/schema_arbitrary.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { apiCaller, fileIntegritiesPath, nodeStatusesPath } from "./api_caller.ts";
import { refusedFields, sameField } from "./refused_fields.ts";

type Json = Record<string, unknown>;

const runs = 200;

const base = { apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrity" } as const;

/**
 * What our validator refuses though the API server takes it: what the existing operator's definition took as well,
 * so that ours can't refuse it, and no pod could be made of.
 */
const stricter: ((fault: Fault) => boolean)[] = [
  // Labels that no node can have: the DaemonSet was refused.
  ({ path }) => path.startsWith("spec.nodeSelector"),
  // Resources that no pod can have; the schema knows the quantities, but does not compare them.
  ({ path, remedy }) =>
    path.startsWith("spec.resources.") && /^Write (at most|a quantity of)/.test(remedy),
];

/** A list where a time belongs: the API server checks the type of a field with a format for other types only. */
function isListForTime({ message, remedy }: Fault): boolean {
  return message === "found a list" && remedy.startsWith("Write a t");
}

/** A value with another one in some place of it, and the value as it is in every other run. */
function altered(values: fc.Arbitrary<unknown>): fc.Arbitrary<Json> {
  return fc.tuple(values, fc.nat(), fc.option(fc.jsonValue(), { freq: 3 })).map(
    ([value, chosen, other]) => {
      const copy = structuredClone(value) as Json;
      const places: [Json, string][] = [];
      const collect = (node: unknown): void => {
        if (typeof node !== "object" || node === null) return;
        for (const [key, child] of Object.entries(node)) {
          places.push([node as Json, key]);
          collect(child);
        }
      };
      collect(copy);
      const place = places[chosen % Math.max(1, places.length)];
      if (place !== undefined && other !== null) place[0][place[1]] = other;
      return copy;
    },
  );
}

const words = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,8}[a-z0-9])?$/),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const labelMaps = fc.dictionary(fc.oneof(words, words.map((word) => `a.b/${word}`)), words, {
  maxKeys: 3,
});
const metadata = fc.record({
  name: words,
  labels: labelMaps,
  annotations: labelMaps,
  finalizers: fc.array(words.map((word) => `example.com/${word}`), { maxLength: 2 }),
  ownerReferences: fc.array(
    fc.record({
      apiVersion: fc.oneof(fc.constantFrom("v1", "apps/v1"), words),
      kind: words,
      name: words,
      uid: words,
      controller: fc.boolean(),
    }, { requiredKeys: ["apiVersion", "kind", "name", "uid"] }),
    { maxLength: 2 },
  ),
}, { requiredKeys: ["name"] });

clusterTest(
  "agreement: validator and API server refuse the same specs, for the same fields",
  async (cluster) => {
    await using namespace = await cluster.namespace("agreement");
    using editor = await apiCaller(cluster, namespace, "editor");
    const path = `${fileIntegritiesPath(namespace.name)}?dryRun=All`;
    const counts = { taken: 0, refused: 0 };
    const property = fc.asyncProperty(
      altered(fc.record({
        metadata: fc.oneof({ weight: 2, arbitrary: fc.constant({ name: "a" }) }, metadata),
        spec: schemaArbitrary(FileIntegritySpecSchema as TSchema),
      })),
      async (written) => {
        const object = { ...written, ...base };
        const answer = await editor.call("POST", path, { body: object });
        const { faults } = validateFileIntegrity(object, { strict: false });
        const both = JSON.stringify({ object, faults, answer: answer.body.message });
        if (answer.code === 201) {
          counts.taken++;
          assertEquals(faults.filter((fault) => !stricter.some((is) => is(fault))), [], both);
          return;
        }
        counts.refused++;
        assert([400, 422].includes(answer.code), both);
        for (const field of refusedFields(answer)) {
          assert(faults.some((fault) => sameField(fault.path, field)), both);
        }
      },
    );
    await fc.assert(property, { numRuns: runs });
    assert(counts.taken > runs / 10 && counts.refused > runs / 10, JSON.stringify(counts));
  },
);

clusterTest(
  "agreement: validator and API server take the same statuses and reports",
  async (cluster) => {
    await using namespace = await cluster.namespace("agreement");
    const { name: ns } = namespace;
    using editor = await apiCaller(cluster, namespace, "editor");
    using operator = await apiCaller(cluster, namespace, "operator");
    const made = await editor.call("POST", fileIntegritiesPath(ns), {
      body: { ...base, metadata: { name: "fi" }, spec: { config: {} } },
    });
    assertEquals(made.code, 201, made.body.message);
    const roots: [
      TSchema,
      string[],
      (value: Json) => Promise<{ code: number; fields: string[] }>,
    ][] = [
      [FileIntegritySchema, ["status"], async ({ status }) => {
        const body = { status };
        const to = `${fileIntegritiesPath(ns, "fi")}/status?dryRun=All`;
        const answer = await operator.call("PATCH", to, { body });
        return { code: answer.code, fields: refusedFields(answer) };
      }],
      [StoredNodeStatusSchema, ["nodeName", "results", "lastResult", "baseline"], async (value) => {
        const body = {
          ...value,
          apiVersion: base.apiVersion,
          kind: "FileIntegrityNodeStatus",
          metadata: { name: "a" },
        };
        const answer = await operator.call("POST", `${nodeStatusesPath(ns)}?dryRun=All`, { body });
        return { code: answer.code, fields: refusedFields(answer) };
      }],
    ];
    for (const [schema, keys, send] of roots) {
      const { properties } = schema as unknown as { properties: Record<string, TSchema> };
      const values = fc.record(
        Object.fromEntries(
          keys.map((key) => [key, schemaArbitrary(properties[key] as TSchema)]),
        ),
        { requiredKeys: keys.slice(0, 1) },
      );
      const property = fc.asyncProperty(altered(values), async (value) => {
        // A merge patch takes a null for "leave out", and the status is an object or none.
        const text = JSON.stringify(value);
        fc.pre(!/:null|\[null|,null/.test(text));
        const { code, fields } = await send(value);
        const subset = {
          type: "object",
          properties: Object.fromEntries(keys.map((key) => [key, properties[key]])),
          required: [],
        } as unknown as TSchema;
        const faults = schemaFaults(subset, value, false)
          .filter((fault) => code >= 300 || !isListForTime(fault)).map((fault) => fault.path);
        assertEquals(code < 300, faults.length === 0, `${text}: ${code} ${fields} ${faults}`);
        for (const field of fields) {
          assert(faults.some((fault) => sameField(fault, field)), `${text}: ${fields} ${faults}`);
        }
      });
      await fc.assert(property, { numRuns: runs });
    }
  },
);

/** Arbitrary values of a schema. */

import fc from "fast-check";
import type { TSchema } from "typebox";

type Json = Record<string, unknown>;

const dates = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().replace(/\.\d+Z$/, "Z"));

function texts(node: Json): fc.Arbitrary<string> {
  if (Array.isArray(node.enum)) return fc.constantFrom(...node.enum as string[]);
  if (node.format === "date-time") return dates;
  if (node.pattern !== undefined) {
    return fc.stringMatching(new RegExp(String(node.pattern)), { size: "small" });
  }
  return fc.string({ unit: "grapheme", minLength: Number(node.minLength ?? 0), size: "small" });
}

function lists(node: Json): fc.Arbitrary<unknown> {
  const items = schemaArbitrary(node.items as TSchema);
  const keys = node["x-kubernetes-list-map-keys"] as string[] | undefined;
  if (keys === undefined) return fc.array(items, { maxLength: 3 });
  const key = (item: unknown): string => JSON.stringify(keys.map((name) => (item as Json)[name]));
  return fc.uniqueArray(items, { maxLength: 3, selector: key });
}

/** Values that `schema` accepts; optional fields come and go. */
export function schemaArbitrary(schema: TSchema): fc.Arbitrary<unknown> {
  const node = schema as unknown as Json;
  if (Array.isArray(node.type)) {
    return fc.oneof(
      ...node.type.map((type) => schemaArbitrary({ ...node, type } as unknown as TSchema)),
    );
  }
  switch (node.type) {
    case "string":
      return texts(node);
    case "integer":
      return fc.integer({ min: Number(node.minimum ?? -2e9) });
    case "number":
      return fc.double({ min: Number(node.minimum ?? -1e9), max: 1e9, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return lists(node);
    case "object": {
      const properties = node.properties as Record<string, TSchema> | undefined;
      if (properties !== undefined) {
        const fields = Object.fromEntries(
          Object.entries(properties).map(([name, child]) => [name, schemaArbitrary(child)]),
        );
        return fc.record(fields, { requiredKeys: (node.required ?? []) as string[] });
      }
      const value = Object.values((node.patternProperties ?? {}) as Record<string, TSchema>)[0];
      if (value === undefined) return fc.constant({});
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), schemaArbitrary(value), {
        maxKeys: 3,
      });
    }
    default:
      throw new TypeError(`Cannot make values of ${JSON.stringify(node)}`);
  }
}

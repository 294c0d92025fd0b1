/** Turns a schema into the structural form that a custom resource definition takes. */

import type { TSchema } from "typebox";

/** A node of a structural schema: JSON, with `type` or `x-kubernetes-int-or-string` on every node. */
export type StructuralSchema = { readonly [keyword: string]: unknown };

const kept = new Set([
  "type",
  "description",
  "default",
  "enum",
  "format",
  "pattern",
  "minimum",
  "minLength",
  "maxLength",
  "maxItems",
  "required",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-validations",
]);

/**
 * The schema as openAPIV3Schema of a custom resource definition: records become `additionalProperties`, quantities
 * `x-kubernetes-int-or-string`. Throws a TypeError that names the field when a keyword has no structural form.
 */
export function structuralSchema(schema: TSchema, path: string): StructuralSchema {
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties") {
      result.properties = Object.fromEntries(
        Object.entries(value as Record<string, TSchema>)
          .map(([name, child]) => [name, structuralSchema(child, `${path}.${name}`)]),
      );
    } else if (keyword === "patternProperties") {
      const [child, ...more] = Object.values(value as Record<string, TSchema>);
      if (child === undefined || more.length > 0) {
        throw new TypeError(`Cannot write ${path} as a structural schema: it has several patterns`);
      }
      result.additionalProperties = structuralSchema(child, `${path}{}`);
    } else if (keyword === "items") {
      result.items = structuralSchema(value as TSchema, `${path}[]`);
    } else if (keyword === "type" && "x-kubernetes-int-or-string" in schema) {
      continue; // the two exclude each other
    } else if (kept.has(keyword)) {
      result[keyword] = value;
    } else if (!keyword.startsWith("~")) {
      throw new TypeError(
        `Cannot write ${path} as a structural schema: it has the keyword ${keyword}`,
      );
    }
  }
  return result;
}

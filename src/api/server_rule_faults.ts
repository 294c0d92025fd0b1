/** What an API server checks and JSON Schema does not: 64-bit numbers, and lists that are maps by a key. */

import { childPath, describeValue, type Fault } from "./fault.ts";

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const tooLarge = 2 ** 63;

function numberFaults(schema: Json, value: number, path: string): Fault[] {
  if (![schema.type].flat().includes("integer") || !Number.isInteger(value)) return [];
  // The greatest 64-bit number is not a number here: what is written as it has become 2^63.
  if (Math.abs(value) < tooLarge) return [];
  return [{
    path,
    message: `found ${describeValue(value)}`,
    remedy: "Write a whole number between -9223372036854775807 and 9223372036854775807",
  }];
}

/** Items of a list whose key an item before them has. */
function duplicateFaults(keys: readonly string[], list: readonly unknown[], path: string): Fault[] {
  const seen = new Set<string>();
  return list.flatMap((item, at) => {
    if (!isObject(item)) return [];
    const key = JSON.stringify(keys.map((name) => item[name]));
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{
      path: childPath(path, at),
      message: `found an item with the same ${keys.join(", ")} as one before it`,
      remedy: "Leave one of them out",
    }];
  });
}

/** The faults of a value of `schema`; parts of a wrong type are passed over, as the schema tells those. */
export function serverRuleFaults(schema: Json, value: unknown, path: string): Fault[] {
  if (typeof value === "number") return numberFaults(schema, value, path);
  if (Array.isArray(value)) {
    const items = schema.items as Json | undefined;
    const keys = schema["x-kubernetes-list-map-keys"] as string[] | undefined;
    return [
      ...(keys === undefined ? [] : duplicateFaults(keys, value, path)),
      ...(items === undefined
        ? []
        : value.flatMap((item, at) => serverRuleFaults(items, item, childPath(path, at)))),
    ];
  }
  if (!isObject(value)) return [];
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  return Object.entries(value).flatMap(([key, child]) => {
    const field = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return field === undefined ? [] : serverRuleFaults(field, child, childPath(path, key));
  });
}

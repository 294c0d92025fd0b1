/** Checks a value against a schema and says everything that is wrong with it. */

import type { TSchema } from "typebox";
import { Settings } from "typebox/system";
import Value from "typebox/value";
import { childPath, describeValue, type Fault } from "./fault.ts";
import { nearestField } from "./nearest_field.ts";
import { serverRuleFaults } from "./server_rule_faults.ts";

// The library stops after 8 by default, and a user should see all at once; hostile input must not make it endless.
const maxErrors = 200;

type Json = Record<string, unknown>;

interface Place {
  path: string;
  value: unknown;
  schema: Json;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const closedSchemas = new WeakMap<TSchema, TSchema>();

/** The schema with every object closed: a field that it doesn't name is an error. */
function closed(schema: TSchema): TSchema {
  const known = closedSchemas.get(schema);
  if (known !== undefined) return known;
  const close = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(close);
    if (!isObject(node)) return node;
    const copy = Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, close(child)]),
    );
    if (isObject(copy.properties) && copy.type === "object") copy.additionalProperties = false;
    return copy;
  };
  const result = close(schema) as TSchema;
  closedSchemas.set(schema, result);
  return result;
}

/** Follows a JSON pointer through the value and the schema at once. */
function follow(root: Json, value: unknown, pointer: string): Place {
  const place: Place = { path: "", value, schema: root };
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    const { schema } = place;
    if (Array.isArray(place.value)) {
      place.path = childPath(place.path, Number(key));
      place.schema = (schema.items ?? {}) as Json;
    } else {
      place.path = childPath(place.path, key);
      const properties = (schema.properties ?? {}) as Record<string, Json>;
      const patterns = (schema.patternProperties ?? {}) as Record<string, Json>;
      place.schema =
        (Object.hasOwn(properties, key) ? properties[key] : Object.values(patterns)[0]) ?? {};
    }
    const parent = place.value as Json | unknown[] | undefined;
    place.value = isObject(parent) && !Object.hasOwn(parent, key)
      ? undefined
      : (parent as Json | undefined)?.[key];
  }
  return place;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a group of fields",
};

function typeRemedy(wanted: unknown, value: unknown): string {
  const words = [wanted].flat().map((type) => typeWords[String(type)] ?? String(type)).join(" or ");
  const scalar = typeof value === "number" || typeof value === "boolean";
  if (wanted === "string" && scalar) return `Write a text: put the value in quotes`;
  if (wanted === "integer" && typeof value === "string" && /^[-+]?[0-9]+$/.test(value)) {
    return "Write a whole number, without quotes";
  }
  if (wanted === "boolean" && typeof value === "string" && /^(true|false)$/i.test(value)) {
    return `Write ${value.toLowerCase()}, without quotes`;
  }
  return `Write ${words}`;
}

function enumRemedy(allowed: unknown): string {
  const words = [allowed].flat().filter((word) => word !== "").map(String);
  if (words.length === 1) return `Write ${words[0]}`;
  return `Write one of ${words.join(", ")}`;
}

/** Everything in which `value` is not as `schema` says. With `strict`, unknown fields too. */
export function schemaFaults(schema: TSchema, value: unknown, strict: boolean): Fault[] {
  Settings.Set({ maxErrors });
  const root = schema as unknown as Json;
  const faults: Fault[] = [];
  for (const error of Value.Errors(strict ? closed(schema) : schema, value)) {
    const { path, value: found, schema: node } = follow(root, value, error.instancePath);
    const add = (message: string, remedy: string): void =>
      void faults.push({ path, message, remedy });
    switch (error.keyword) {
      case "boolean": {
        const at = error.instancePath.lastIndexOf("/");
        const parent = follow(root, value, error.instancePath.slice(0, at));
        const name = error.instancePath.slice(at + 1).replaceAll("~1", "/").replaceAll("~0", "~");
        const siblings = Object.keys(
          isObject(parent.schema.properties) ? parent.schema.properties : {},
        );
        const near = nearestField(schema, siblings, name, parent.path);
        add(
          "unknown field",
          near === undefined
            ? `Leave it out; known here are ${siblings.join(", ")}`
            : `Did you mean ${near}?`,
        );
        break;
      }
      case "required":
        for (const name of error.params.requiredProperties) {
          faults.push({
            path: childPath(path, name),
            message: "required, but not there",
            remedy: `Add ${childPath(path, name)}`,
          });
        }
        break;
      case "type":
        add(`found ${describeValue(found)}`, typeRemedy(error.params.type, found));
        break;
      case "enum":
        // A value of another type is told once, as what it should be.
        add(`found ${describeValue(found)}`, enumRemedy(node.enum));
        break;
      case "pattern":
        add(
          `found ${describeValue(found)}`,
          node["x-kubernetes-int-or-string"] === true
            ? "Write a quantity, such as 100m, 1 or 64Mi"
            : `Write a text that matches ${error.params.pattern}`,
        );
        break;
      case "format":
        add(`found ${describeValue(found)}`, "Write a time such as 2020-09-15T12:45:57Z");
        break;
      case "additionalProperties":
        break; // each of them came as "boolean"
      default:
        add(`found ${describeValue(found)}: ${error.message}`, "Write a value within the limits");
    }
  }
  faults.push(...serverRuleFaults(root, value, ""));
  return faults.filter((fault, at) =>
    faults.findIndex((other) => other.path === fault.path) === at
  );
}

/** Every field of the kinds, as the definitions have it. */

import { customResourceDefinitions } from "../../api/crd.ts";
import { effectiveSpec } from "../../api/effective.ts";
import { markdownTable } from "./markdown_table.ts";

/** As much of a structural schema as is told. */
interface Schema {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-validations"?: { message: string }[];
}

const manyWords = 8;
const count = (number: number): string => number.toLocaleString("en-US");

/** What `spec.config` is bounded to, as the code that bounds it says: the least and the greatest. */
function carriedOut(path: string): [number, number] | undefined {
  const field = /^spec\.config\.(\w+)$/.exec(path)?.[1];
  const bound = (value: number): unknown =>
    (effectiveSpec({ spec: { config: { [field ?? ""]: value } } }).spec as unknown as Record<
      string,
      unknown
    >)[field ?? ""];
  const [least, most] = [bound(Number.MIN_SAFE_INTEGER), bound(Number.MAX_SAFE_INTEGER)];
  return typeof least === "number" && typeof most === "number" ? [least, most] : undefined;
}

function kindOf({ type, format, items, additionalProperties, ...schema }: Schema): string {
  if (schema["x-kubernetes-int-or-string"]) return "quantity";
  if (format === "date-time") return "time";
  if (type === "array") return items?.type === "object" ? "list" : `list of ${items?.type}s`;
  if (additionalProperties !== undefined) return `map of ${additionalProperties.type}s`;
  return type ?? "";
}

function bounds(path: string, schema: Schema): string[] {
  const { minimum, minLength, maxLength, maxItems } = schema;
  const range = carriedOut(path);
  return [
    ...(minimum === undefined ? [] : [`${minimum} or more`]),
    ...(minLength === undefined || maxLength === undefined
      ? maxLength === undefined ? [] : [`at most ${count(maxLength)} characters`]
      : [`${minLength} to ${count(maxLength)} characters`]),
    ...(maxItems === undefined ? [] : [`at most ${count(maxItems)} items`]),
    ...(range === undefined ? [] : [`carried out as ${range.map(count).join(" to ")}`]),
  ];
}

function meaning({ description = "", enum: words = [], ...schema }: Schema): string {
  const rules = schema["x-kubernetes-validations"] ?? [];
  const quoted = words.map((word) => `\`${word === "" ? '""' : word}\``);
  return [
    description,
    ...(words.length === 0 ? [] : [
      words.length > manyWords
        ? `One of ${words.length} words, each with a section below.`
        : `One of ${quoted.join(", ")}.`,
    ]),
    ...rules.map(({ message }) => `Refused where not: ${message}.`),
  ].join(" ");
}

function rows(schema: Schema, path: string, required: boolean): string[][] {
  const own = [
    `\`${path}\``,
    [kindOf(schema), ...(required ? ["required"] : []), ...bounds(path, schema)].join(", "),
    schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``,
    meaning(
      schema.items === undefined ? schema : {
        ...schema,
        ...(schema.items["x-kubernetes-validations"] && {
          "x-kubernetes-validations": schema.items["x-kubernetes-validations"],
        }),
      },
    ),
  ];
  const { items, properties = items?.properties ?? {} } = schema;
  const needed = (items ?? schema).required ?? [];
  const below = items === undefined ? path : `${path}[]`;
  return [
    own,
    ...Object.entries(properties).flatMap(([name, child]) =>
      rows(child, `${below}.${name}`, needed.includes(name))
    ),
  ];
}

function rootOf(kind: string): Schema {
  for (const { spec } of customResourceDefinitions()) {
    const { names, versions } = spec as {
      names: { kind: string };
      versions: { schema: { openAPIV3Schema: Schema } }[];
    };
    if (names.kind === kind && versions[0] !== undefined) return versions[0].schema.openAPIV3Schema;
  }
  throw new TypeError(`There is no definition of ${kind}`);
}

/** A table of the fields below the top-level fields of a kind that are named, or below all but metadata. */
export function fieldTable(kind: string, ...named: readonly string[]): string {
  const { properties = {}, required = [] } = rootOf(kind);
  const known = ["apiVersion", "kind", "metadata"];
  return markdownTable(
    ["field", "type", "default", "meaning"],
    Object.entries(properties)
      .filter(([name]) => named.length === 0 ? !known.includes(name) : named.includes(name))
      .flatMap(([name, schema]) => rows(schema, name, required.includes(name))),
  );
}

/** A table of the columns that `kubectl get` prints of each kind. */
export function columnTable(): string {
  const columns = customResourceDefinitions().flatMap(({ spec }) => {
    const { names, versions: [version] } = spec as {
      names: { plural: string; shortNames: string[] };
      versions: {
        additionalPrinterColumns: {
          name: string;
          jsonPath: string;
          description: string;
          priority?: number;
        }[];
      }[];
    };
    return (version?.additionalPrinterColumns ?? [])
      .map(({ name, jsonPath, description, priority }) => [
        `\`${names.plural}\`, \`${names.shortNames.join("`, `")}\``,
        name.toUpperCase() + (priority === undefined ? "" : " (`-o wide`)"),
        `\`${jsonPath}\``,
        description,
      ]);
  });
  return markdownTable(["kubectl get", "column", "of", "meaning"], columns);
}

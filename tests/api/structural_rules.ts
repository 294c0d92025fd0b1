/** The rules of structural schemas, and what they accept, written from the Kubernetes documentation. */

type Json = Record<string, unknown>;

const isGroup = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const allowed = new Set([
  ...["type", "description", "default", "enum", "format", "pattern", "items", "properties"],
  ...["additionalProperties", "required", "minimum", "maximum", "minLength", "maxLength"],
  ...["minItems", "maxItems", "nullable", "x-kubernetes-int-or-string", "x-kubernetes-list-type"],
  ...["x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-validations"],
  "x-kubernetes-preserve-unknown-fields",
]);

const types = ["object", "array", "string", "integer", "number", "boolean"];

/** Every breach of the rules of structural schemas, with its path. */
export function structuralFaults(node: unknown, path: string): string[] {
  if (!isGroup(node)) return [`${path}: not a schema`];
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(`${path}: ${text}`);
  for (const keyword of Object.keys(node)) {
    if (!allowed.has(keyword)) fault(`keyword ${keyword}`);
  }
  const { type, properties, items, additionalProperties, required, enum: words } = node;
  const isQuantity = node["x-kubernetes-int-or-string"] === true;
  if (isQuantity === (type !== undefined)) {
    fault("neither or both of type and x-kubernetes-int-or-string");
  }
  if (type !== undefined && !types.includes(String(type))) fault(`type ${JSON.stringify(type)}`);
  if (type === "array" && items === undefined) fault("an array without items");
  if (properties !== undefined && additionalProperties !== undefined) {
    fault("properties beside additionalProperties");
  }
  if ((properties ?? additionalProperties) !== undefined && type !== "object") {
    fault("not an object");
  }
  if (words !== undefined && new Set(words as unknown[]).size !== (words as unknown[]).length) {
    fault("a word twice in enum");
  }
  for (const name of (required ?? []) as string[]) {
    if (!isGroup(properties) || !(name in properties)) fault(`requires unknown ${name}`);
  }
  const keys = node["x-kubernetes-list-map-keys"] as string[] | undefined;
  if ((node["x-kubernetes-list-type"] === "map") !== (keys !== undefined)) {
    fault("list-map-keys without a list of type map, or the reverse");
  }
  for (const key of keys ?? []) {
    if (!(isGroup(items) && (items.required as string[] | undefined)?.includes(key))) {
      fault(`list-map-key ${key} is not required`);
    }
  }
  if ("default" in node) faults.push(...valueFaults(node, node.default, `${path}.default`));
  for (const [name, child] of Object.entries(isGroup(properties) ? properties : {})) {
    faults.push(...structuralFaults(child, `${path}.${name}`));
  }
  if (items !== undefined) faults.push(...structuralFaults(items, `${path}[]`));
  if (additionalProperties !== undefined) {
    faults.push(...structuralFaults(additionalProperties, `${path}{}`));
  }
  return faults;
}

function isOfType(type: unknown, value: unknown): boolean {
  // 64 bits, as the API server has them.
  if (type === "integer") return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isGroup(value);
  const scalar: string = typeof value;
  return scalar === type;
}

/** What an API server would refuse in a value; unknown fields it prunes. CEL rules are left out. */
export function valueFaults(schema: unknown, value: unknown, path: string): string[] {
  const node = schema as Json;
  const type = node["x-kubernetes-int-or-string"] === true
    ? (typeof value === "string" ? "string" : "integer")
    : node.type;
  if (!isOfType(type, value)) return [`${path}: not of type ${type}`];
  const faults: string[] = [];
  const check = (fits: boolean, what: string): void =>
    void (fits || faults.push(`${path}: ${what}`));
  if (Array.isArray(node.enum)) check(node.enum.includes(value), "enum");
  if (typeof value === "string") {
    if (node.pattern !== undefined) check(new RegExp(String(node.pattern)).test(value), "pattern");
    if (node.minLength !== undefined) {
      check([...value].length >= Number(node.minLength), "minLength");
    }
    if (node.maxLength !== undefined) {
      check([...value].length <= Number(node.maxLength), "maxLength");
    }
    if (node.format === "date-time") {
      check(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$/.test(value), "date-time");
    }
  }
  if (typeof value === "number" && node.minimum !== undefined) {
    check(value >= Number(node.minimum), "minimum");
  }
  if (Array.isArray(value)) {
    if (node.maxItems !== undefined) check(value.length <= Number(node.maxItems), "maxItems");
    const keys = node["x-kubernetes-list-map-keys"] as string[] | undefined;
    const seen = value.filter(isGroup).map((item) => JSON.stringify(keys?.map((key) => item[key])));
    check(keys === undefined || new Set(seen).size === seen.length, "duplicate");
    for (const [at, item] of value.entries()) {
      faults.push(...valueFaults(node.items, item, `${path}[${at}]`));
    }
  } else if (isGroup(value)) {
    const properties = (node.properties ?? {}) as Json;
    for (const name of (node.required ?? []) as string[]) {
      check(Object.hasOwn(value, name), `required ${name}`);
    }
    for (const [name, child] of Object.entries(value)) {
      const of = Object.hasOwn(properties, name) ? properties[name] : node.additionalProperties;
      if (of !== undefined) faults.push(...valueFaults(of, child, `${path}.${name}`));
    }
  }
  return faults;
}

/** What the web console is told of the fields of FileIntegrities. */

/** A field of `spec` or `status`. */
export interface Descriptor {
  /** From `spec` or `status` on: "config.gracePeriod". */
  path: string;
  displayName: string;
  description: string;
  "x-descriptors"?: string[];
}

/** As much of a schema as is looked at. */
export interface FieldSchema {
  type?: string;
  description?: string;
  properties?: Record<string, FieldSchema>;
}

const widget = "urn:alm:descriptor:com.tectonic.ui:";
const kubernetes = "urn:alm:descriptor:io.kubernetes";

// What a field's type does not say.
const byPath: Readonly<Record<string, string>> = {
  "config.name": `${kubernetes}:ConfigMap`,
  "config.namespace": `${kubernetes}:Namespace`,
  "priorityClassName": `${kubernetes}:PriorityClass`,
  "resources": `${widget}resourceRequirements`,
  "phase": `${kubernetes}.phase`,
  "conditions": `${kubernetes}.conditions`,
};

const text = `${widget}text`;
const byType: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  spec: { boolean: `${widget}booleanSwitch`, integer: `${widget}number`, string: text },
  status: { boolean: text, integer: text, string: text }, // it is read alone
};

function displayName(path: string): string {
  const words = path.split(".").map((name) =>
    name.replace(/[A-Z]/g, (at) => ` ${at.toLowerCase()}`)
  );
  const [first = "", ...rest] = words.join(" ");
  return first.toUpperCase() + rest.join("");
}

/** The descriptors of all fields; those of objects with fields of their own in place of the object's. */
export function descriptors(
  part: "spec" | "status",
  schema: FieldSchema,
  prefix = "",
): Descriptor[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const own = byPath[path] ?? byType[part]?.[field.type ?? ""];
    if (field.properties !== undefined && own === undefined) {
      return descriptors(part, field, `${path}.`);
    }
    return [{
      path,
      displayName: displayName(path),
      description: field.description ?? "",
      ...own !== undefined && { "x-descriptors": [own] },
    }];
  });
}

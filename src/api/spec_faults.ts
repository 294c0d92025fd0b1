/** Faults of a FileIntegrity's spec that no schema can say: what the pods or their nodes could never have had. */

import { childPath, describeValue, type Fault } from "./fault.ts";
import type { FileIntegritySpec, Toleration } from "./file_integrity.ts";
import { isLabelKey, isLabelValue } from "./label_syntax.ts";
import { quantityValue } from "./quantity.ts";

function nodeSelectorFaults(selector: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  for (const [key, value] of Object.entries(selector)) {
    const path = childPath("spec.nodeSelector", key);
    if (!isLabelKey(key)) {
      faults.push({
        path,
        message: "not the key of a label",
        remedy: "Write a key such as node-role.kubernetes.io/worker",
      });
    } else if (typeof value === "string" && !isLabelValue(value)) {
      faults.push({
        path,
        message: `found ${describeValue(value)}`,
        remedy: 'Write a label value: at most 63 letters, digits, "-", "_" and ".", or ""',
      });
    }
  }
  return faults;
}

function tolerationFaults(toleration: Toleration, path: string): Fault[] {
  const { key = "", operator = "", value = "", effect = "", tolerationSeconds } = toleration;
  const faults: Fault[] = [];
  if (key === "" && operator !== "Exists") {
    faults.push({
      path: `${path}.operator`,
      message: `found ${operator === "" ? "nothing" : describeValue(operator)} and no key`,
      remedy: "Write Exists to tolerate every key, or give a key",
    });
  }
  if (operator === "Exists" && value !== "") {
    faults.push({
      path: `${path}.value`,
      message: `found ${describeValue(value)} with operator Exists`,
      remedy: "Leave out value, or write operator: Equal",
    });
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    faults.push({
      path: `${path}.effect`,
      message: `found ${effect === "" ? "nothing" : describeValue(effect)} with tolerationSeconds`,
      remedy: "Write effect: NoExecute, or leave out tolerationSeconds",
    });
  }
  return faults;
}

function resourceFaults(resources: NonNullable<FileIntegritySpec["resources"]>): Fault[] {
  const faults: Fault[] = [];
  for (const name of ["cpu", "memory"] as const) {
    const [request, limit] = (["requests", "limits"] as const).map((list) => {
      const quantity: unknown = resources[list]?.[name];
      const value = typeof quantity === "string" || typeof quantity === "number"
        ? quantityValue(quantity)
        : undefined;
      if (value !== undefined && value < 0) {
        faults.push({
          path: `spec.resources.${list}.${name}`,
          message: `found ${describeValue(quantity)}`,
          remedy: "Write a quantity of 0 or more",
        });
      }
      return value;
    });
    if (request !== undefined && limit !== undefined && request > limit) {
      faults.push({
        path: `spec.resources.requests.${name}`,
        message: `found ${describeValue(resources.requests?.[name])}, more than the limit`,
        remedy: `Write at most ${resources.limits?.[name]}`,
      });
    }
  }
  return faults;
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The faults of a spec beyond its schema; parts of a wrong type are passed over, as the schema tells those. */
export function specFaults(spec: FileIntegritySpec | undefined): Fault[] {
  if (!isGroup(spec)) return [];
  const { nodeSelector, tolerations, resources } = spec as Partial<FileIntegritySpec>;
  return [
    ...(isGroup(nodeSelector) ? nodeSelectorFaults(nodeSelector) : []),
    ...(Array.isArray(tolerations) ? tolerations : []).flatMap((toleration: unknown, at) =>
      isGroup(toleration) ? tolerationFaults(toleration, `spec.tolerations[${at}]`) : []
    ),
    ...(isGroup(resources)
      ? resourceFaults(resources as NonNullable<FileIntegritySpec["resources"]>)
      : []),
  ];
}

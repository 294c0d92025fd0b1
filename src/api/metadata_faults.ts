/** Faults of an object's metadata that its schema can't say: what the API server would refuse in any object. */

import { childPath, describeValue, type Fault } from "./fault.ts";
import { isAnnotationKey, isLabelKey, isLabelValue } from "./label_syntax.ts";
import { isNamespaceName, isObjectName } from "./names.ts";

const maxAnnotationBytes = 262_144;

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keyRemedy = 'Write a key such as example.com/team: letters, digits, "-", "_" and "."';

function nameFaults({ name, namespace }: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  if (typeof name === "string" && !isObjectName(name)) {
    faults.push({
      path: "metadata.name",
      message: `found ${describeValue(name)}`,
      remedy:
        'Write a name of at most 253 lower-case letters, digits, "-" and ".", such as worker-fileintegrity',
    });
  }
  if (typeof namespace === "string" && !isNamespaceName(namespace)) {
    faults.push({
      path: "metadata.namespace",
      message: `found ${describeValue(namespace)}`,
      remedy:
        'Write a name of at most 63 lower-case letters, digits and "-", such as openshift-file-integrity',
    });
  }
  return faults;
}

function labelFaults(labels: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  for (const [key, value] of Object.entries(labels)) {
    const path = childPath("metadata.labels", key);
    if (!isLabelKey(key)) {
      faults.push({ path, message: "not the key of a label", remedy: keyRemedy });
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

function annotationFaults(annotations: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  let bytes = 0;
  const encoder = new TextEncoder();
  for (const [key, value] of Object.entries(annotations)) {
    if (!isAnnotationKey(key)) {
      faults.push({
        path: childPath("metadata.annotations", key),
        message: "not the key of an annotation",
        remedy: keyRemedy,
      });
    }
    bytes += encoder.encode(key).length;
    if (typeof value === "string") bytes += encoder.encode(value).length;
  }
  if (bytes > maxAnnotationBytes) {
    faults.push({
      path: "metadata.annotations",
      message: `found ${bytes} bytes`,
      remedy: `Write at most ${maxAnnotationBytes} bytes in all keys and values together`,
    });
  }
  return faults;
}

function ownerFaults(owner: Record<string, unknown>, path: string): Fault[] {
  const faults: Fault[] = [];
  for (const field of ["apiVersion", "kind", "name", "uid"]) {
    const value = owner[field];
    const fits = field === "apiVersion" ? /^([^/]*\/)?[^/]+$/ : /./s;
    if (typeof value !== "string" || fits.test(value)) continue;
    faults.push({
      path: `${path}.${field}`,
      message: `found ${describeValue(value)}`,
      remedy: `Write the ${field} of the owner`,
    });
  }
  return faults;
}

function ownersFaults(owners: readonly unknown[]): Fault[] {
  const path = "metadata.ownerReferences";
  const faults = owners.flatMap((owner, at) =>
    isGroup(owner) ? ownerFaults(owner, `${path}[${at}]`) : []
  );
  const controllers = owners.filter((owner) => isGroup(owner) && owner.controller === true);
  if (controllers.length > 1) {
    faults.push({
      path,
      message: `found ${controllers.length} owners with controller: true`,
      remedy: "Leave controller: true with one of them",
    });
  }
  return faults;
}

/** The faults of `metadata` beyond its schema; parts of a wrong type are passed over, as the schema tells those. */
export function metadataFaults(metadata: unknown): Fault[] {
  if (!isGroup(metadata)) return [];
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return [
    ...nameFaults(metadata),
    ...(isGroup(labels) ? labelFaults(labels) : []),
    ...(isGroup(annotations) ? annotationFaults(annotations) : []),
    ...(Array.isArray(finalizers) ? finalizers : []).flatMap((finalizer: unknown, at) =>
      typeof finalizer === "string" && !isLabelKey(finalizer)
        ? [{
          path: `metadata.finalizers[${at}]`,
          message: `found ${describeValue(finalizer)}`,
          remedy: keyRemedy,
        }]
        : []
    ),
    ...(Array.isArray(ownerReferences) ? ownersFaults(ownerReferences) : []),
  ];
}

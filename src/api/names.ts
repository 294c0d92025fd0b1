/** Names of the objects that belong to a FileIntegrity, and the label values made of names. */

import { createHash } from "node:crypto";
import { annotations, labels } from "./labels.ts";

const maxObjectName = 253;
// Room for the "-2", "-3" … of a log in several ConfigMaps.
const maxLogName = maxObjectName - "-99999".length;
const logPrefix = "aide-ds-";
const maxLabelValue = 63;
const hashLength = 32;

const hash = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, hashLength);

/**
 * The beginning of `middle` between `prefix` and `suffix`, with a hash of the whole name behind it: `max` characters, or
 * one less. Names of that length are always shortened, so a short name and a shortened one are never the same.
 */
function shortened(
  whole: string,
  prefix: string,
  middle: string,
  suffix: string,
  max: number,
): string {
  const room = max - prefix.length - suffix.length - hashLength - 1;
  // A label of a DNS name can't end with the "." that the cut may leave; "-" is safe before "-<hash>".
  return `${prefix}${middle.slice(0, room).replace(/\.$/, "")}-${hash(whole)}${suffix}`;
}

const isShort = (name: string, max: number): boolean => name.length < max - 1;

/**
 * Name of the DaemonSet: `aide-<fi>`, or `aide` and the SHA-1 of that in hex when it has 64 characters or more,
 * as the existing operator names it.
 */
export function daemonSetName(fileIntegrity: string): string {
  const friendly = `aide-${fileIntegrity}`;
  if (friendly.length < 64) return friendly;
  return `aide${createHash("sha1").update(friendly).digest("hex")}`;
}

/** Name of a node's FileIntegrityNodeStatus: `<fi>-<node>`, shortened with a hash above 253 characters. */
export function nodeStatusName(fileIntegrity: string, node: string): string {
  const whole = `${fileIntegrity}-${node}`;
  return isShort(whole, maxObjectName) ? whole : shortened(whole, "", whole, "", maxObjectName);
}

/**
 * Name of the first ConfigMap of a log. One that is too long loses of the FileIntegrity's name, so that it still ends
 * with the node's: manifests/base/admission.yaml, which can't compute a hash, tells by that whose log it is. Where the
 * node's name itself, of more than 195 characters, leaves no room for another, as much of it stands there as fits.
 */
function logName(fileIntegrity: string, node: string, kind: "failed" | "absorbed"): string {
  const whole = `${logPrefix}${fileIntegrity}-${node}-${kind}`;
  if (isShort(whole, maxLogName)) return whole;
  const tail = `-${node}-${kind}`;
  const fits = logPrefix.length + 1 + 1 + hashLength + tail.length <= maxLogName;
  return fits
    ? shortened(whole, logPrefix, fileIntegrity, tail, maxLogName)
    : shortened(whole, logPrefix, node, `-${kind}`, maxLogName);
}

/** Name of the ConfigMap with the log of a node's failed scan: `aide-ds-<fi>-<node>-failed`. */
export function failureConfigMapName(fileIntegrity: string, node: string): string {
  return logName(fileIntegrity, node, "failed");
}

/** Name of the ConfigMap with the log of what a new baseline absorbed: `aide-ds-<fi>-<node>-absorbed`. */
export function absorbedConfigMapName(fileIntegrity: string, node: string): string {
  return logName(fileIntegrity, node, "absorbed");
}

/** Name of the ConfigMap that keeps a configuration of the existing operator which ours can't run. */
export function keptConfigName(fileIntegrity: string): string {
  const whole = `${fileIntegrity}-before-moving-over`;
  return isShort(whole, maxObjectName)
    ? whole
    : shortened(whole, "", fileIntegrity, "-before-moving-over", maxObjectName);
}

/** Name of part `part` (from 1) of a log whose first ConfigMap is called `name`: `name`, `name-2`, `name-3` … */
export function logPartName(name: string, part: number): string {
  return part === 1 ? name : `${name}-${part}`;
}

/**
 * A label value for an object name: the name itself up to 63 characters, else its beginning and a hash. The "_"
 * between them stands in no object name, so a shortened value is never another object's name.
 */
export function labelValue(name: string): string {
  if (name.length <= maxLabelValue) return name;
  return `${name.slice(0, maxLabelValue - hashLength - 1)}_${hash(name)}`;
}

/** The `owner` and, with a node, `node` labels, and the annotations that hold the full names of shortened values. */
export function ownership(
  fileIntegrity: string,
  node?: string,
): { labels: Record<string, string>; annotations: Record<string, string> } {
  const result: { labels: Record<string, string>; annotations: Record<string, string> } = {
    labels: {},
    annotations: {},
  };
  const add = (label: string, annotation: string, name: string): void => {
    const value = labelValue(name);
    result.labels[label] = value;
    if (value !== name) result.annotations[annotation] = name;
  };
  if (node !== undefined) add(labels.node, annotations.nodeName, node);
  add(labels.owner, annotations.ownerName, fileIntegrity);
  return result;
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether `name` can be the name of a Kubernetes object: a DNS-1123 subdomain of at most 253 characters. */
export function isObjectName(name: string): boolean {
  return name.length <= maxObjectName && subdomain.test(name);
}

/** Whether `name` can be the name of a namespace: a DNS-1123 label of at most 63 characters. */
export function isNamespaceName(name: string): boolean {
  return name.length <= 63 && subdomain.test(name) && !name.includes(".");
}

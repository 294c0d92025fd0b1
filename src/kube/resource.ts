/** The kinds of objects that the program reads and writes, and their paths in the API. */

import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "kubernetes-types/admissionregistration/v1.d.ts";
import type { DaemonSet } from "kubernetes-types/apps/v1.d.ts";
import type { SelfSubjectReview } from "kubernetes-types/authentication/v1.d.ts";
import type { Lease } from "kubernetes-types/coordination/v1.d.ts";
import type { ConfigMap, Event, Node, Service } from "kubernetes-types/core/v1.d.ts";
import type { PriorityClass } from "kubernetes-types/scheduling/v1.d.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { apiVersion as fileIntegrityVersion } from "../api/labels.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import type { KubeObject } from "./kube_object.ts";

/** A kind of object and where the API server has it. `T` is the type of its objects. */
export interface Resource<T extends KubeObject> {
  /** "v1", or "<group>/<version>". */
  readonly apiVersion: string;
  readonly kind: string;
  /** The last part of its path: "configmaps". */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never there: it keeps resources of different objects apart in the types. */
  readonly object?: T;
}

/** The type of kubernetes-types with what every stored object has. */
export type Stored<T> = Omit<T, "apiVersion" | "kind" | "metadata"> & {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
};

/** What is used of the kinds of prometheus-operator. */
type Monitoring = KubeObject & { spec?: unknown };

/** Describes a kind of object. */
export function resource<T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  scope: "namespaced" | "cluster",
): Resource<T> {
  return { apiVersion, kind, plural, namespaced: scope === "namespaced" };
}

/** Every kind of object that the program reads or writes. */
export const resources = {
  fileIntegrities: resource<FileIntegrity>(
    fileIntegrityVersion,
    "FileIntegrity",
    "fileintegrities",
    "namespaced",
  ),
  nodeStatuses: resource<StoredNodeStatus>(
    fileIntegrityVersion,
    "FileIntegrityNodeStatus",
    "fileintegritynodestatuses",
    "namespaced",
  ),
  configMaps: resource<Stored<ConfigMap>>("v1", "ConfigMap", "configmaps", "namespaced"),
  daemonSets: resource<Stored<DaemonSet>>("apps/v1", "DaemonSet", "daemonsets", "namespaced"),
  events: resource<Stored<Event>>("v1", "Event", "events", "namespaced"),
  leases: resource<Stored<Lease>>("coordination.k8s.io/v1", "Lease", "leases", "namespaced"),
  nodes: resource<Stored<Node>>("v1", "Node", "nodes", "cluster"),
  priorityClasses: resource<Stored<PriorityClass>>(
    "scheduling.k8s.io/v1",
    "PriorityClass",
    "priorityclasses",
    "cluster",
  ),
  prometheusRules: resource<Monitoring>(
    "monitoring.coreos.com/v1",
    "PrometheusRule",
    "prometheusrules",
    "namespaced",
  ),
  selfSubjectReviews: resource<Stored<SelfSubjectReview>>(
    "authentication.k8s.io/v1",
    "SelfSubjectReview",
    "selfsubjectreviews",
    "cluster",
  ),
  serviceMonitors: resource<Monitoring>(
    "monitoring.coreos.com/v1",
    "ServiceMonitor",
    "servicemonitors",
    "namespaced",
  ),
  services: resource<Stored<Service>>("v1", "Service", "services", "namespaced"),
  validatingAdmissionPolicies: resource<Stored<ValidatingAdmissionPolicy>>(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    "cluster",
  ),
  validatingAdmissionPolicyBindings: resource<Stored<ValidatingAdmissionPolicyBinding>>(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    "cluster",
  ),
} as const;

/** Which object of a kind, or which collection: all namespaces where a namespaced kind is given none. */
export interface ResourceAddress {
  namespace?: string;
  name?: string;
  subresource?: "status";
}

// What a name may not be in a path; the API server refuses the same.
function segment(text: string, what: string): string {
  if (text === "" || text === "." || text === ".." || /[/%]/.test(text)) {
    throw new TypeError(`Cannot address an object by the ${what} ${JSON.stringify(text)}`);
  }
  return encodeURIComponent(text);
}

/** The path of a version of an API group below the server's address. */
export function versionPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/**
 * The path of an object or a collection below the server's address. Throws a `TypeError` for a name that can stand in
 * no path, and for a namespace that the kind does not have or an object of it needs.
 */
export function resourcePath<T extends KubeObject>(
  { apiVersion, plural, kind, namespaced }: Resource<T>,
  { namespace, name, subresource }: ResourceAddress,
): string {
  if (!namespaced && namespace !== undefined) {
    throw new TypeError(`Cannot address a ${kind} in a namespace: it has none`);
  }
  if (namespaced && name !== undefined && namespace === undefined) {
    throw new TypeError(`Cannot address the ${kind} ${JSON.stringify(name)} without a namespace`);
  }
  return [
    versionPath(apiVersion),
    ...(namespace === undefined ? [] : ["namespaces", segment(namespace, "namespace")]),
    plural,
    ...(name === undefined ? [] : [segment(name, "name")]),
    ...(subresource === undefined ? [] : [subresource]),
  ].join("/");
}

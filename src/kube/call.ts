/** One call to the API server, before it is sent. */

import type { KubeObject } from "./kube_object.ts";
import { type Resource, type ResourceAddress, resourcePath, versionPath } from "./resource.ts";

/** What a call does: Kubernetes' verbs, with the two kinds of patch told apart. */
export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "apply"
  | "replace"
  | "patch"
  | "delete"
  /** A create of what the server answers and does not store. */
  | "review"
  /** A get of the kinds that a version of an API group has. */
  | "discover";

/** A call to the API server. */
export interface Call {
  verb: Verb;
  resource: Resource<KubeObject>;
  address: ResourceAddress;
  /** Name of the object that a create makes, which is not in its address. */
  created?: string;
  /** Parameters of the URL; those that are undefined are left out. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** What is sent, as JSON. */
  body?: unknown;
}

/** How each verb is sent, and whether sending it twice leaves what sending it once does. */
export const verbs: Readonly<
  Record<Verb, { method: string; writes: boolean; repeatable: boolean; contentType?: string }>
> = {
  get: { method: "GET", writes: false, repeatable: true },
  list: { method: "GET", writes: false, repeatable: true },
  watch: { method: "GET", writes: false, repeatable: true },
  create: {
    method: "POST",
    writes: true,
    repeatable: false,
    contentType: "application/json",
  },
  apply: {
    method: "PATCH",
    writes: true,
    repeatable: true,
    contentType: "application/apply-patch+yaml",
  },
  replace: {
    method: "PUT",
    writes: true,
    repeatable: false,
    contentType: "application/json",
  },
  patch: {
    method: "PATCH",
    writes: true,
    repeatable: true,
    contentType: "application/merge-patch+json",
  },
  delete: {
    method: "DELETE",
    writes: true,
    repeatable: true,
    contentType: "application/json",
  },
  review: {
    method: "POST",
    writes: false,
    repeatable: true,
    contentType: "application/json",
  },
  discover: { method: "GET", writes: false, repeatable: true },
};

/** The URL of a call. Throws a `TypeError` for an address that can stand in no path. */
export function callUrl(server: string, { verb, resource, address, query = {} }: Call): URL {
  const path = verb === "discover"
    ? versionPath(resource.apiVersion)
    : resourcePath(resource, address);
  const url = new URL(server.replace(/\/+$/, "") + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** What an error says that it could not do: "Cannot get ConfigMap a/b", "Cannot list nodes". */
export function action({ verb, resource, address, created }: Call): string {
  const { namespace, name = created, subresource } = address;
  if (verb === "review") return `Cannot have a ${resource.kind} answered`;
  if (verb === "discover") return `Cannot ask which kinds there are of ${resource.apiVersion}`;
  if (name === undefined) {
    const place = namespace === undefined ? "" : ` in namespace ${namespace}`;
    return `Cannot ${verb} ${resource.plural}${place}`;
  }
  const of = subresource === undefined ? "" : `the ${subresource} of `;
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  return `Cannot ${verb} ${of}${resource.kind} ${prefix}${name}`;
}

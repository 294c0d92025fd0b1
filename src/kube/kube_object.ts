/** Objects and lists as the API server has them. */

import type { Status } from "kubernetes-types/meta/v1.d.ts";
import type { ObjectMeta } from "../api/object_meta.ts";

/** Any object of the Kubernetes API. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A page of a list, or a whole one. */
export interface KubeList<T> {
  metadata: {
    /** The version of the collection: where a watch goes on. */
    resourceVersion?: string;
    /** The token that brings the next page; absent or "" on the last one. */
    continue?: string;
    /** How many objects come after this page, where the server knows. */
    remainingItemCount?: number;
  };
  items: T[];
}

/** What happened to an object that is watched. A bookmark carries a `resourceVersion` and no other content. */
export type WatchEvent<T> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; resourceVersion: string };

/** The API server's own account of a call that it refused. */
export type ServerStatus = Pick<Status, "code" | "reason" | "message" | "details">;

/** The key of an object in caches and queues: `<namespace>/<name>`, or `<name>` without a namespace. */
export type ObjectKey = string;

/** The key of an object. */
export function objectKey({ metadata }: { metadata: ObjectMeta }): ObjectKey {
  const { namespace, name } = metadata;
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

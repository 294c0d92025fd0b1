/** What the program asks of an API server. */

import type { KubeList, KubeObject, WatchEvent } from "./kube_object.ts";
import type { Resource } from "./resource.ts";

/** One object of a kind. */
export interface ObjectAddress {
  name: string;
  /** Not for kinds without namespaces. */
  namespace?: string;
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds for the whole call, retries and their pauses included. */
  deadline?: number;
}

/** Which objects of a kind. */
export interface Selection {
  /** All namespaces where absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** Options of a list. */
export interface ListOptions extends CallOptions, Selection {
  /** Objects in one answer; 500 by default. */
  pageSize?: number;
}

/** Options of a watch. */
export interface WatchOptions extends Selection {
  signal?: AbortSignal;
  /** Events after this version of the collection. */
  resourceVersion: string;
  /** Seconds after which the server ends the watch; a watchdog ends it 15 seconds later whatever the server does. */
  timeoutSeconds?: number;
}

/** Options of a write. */
export interface WriteOptions extends CallOptions {
  subresource?: "status";
  /** The name under which the server keeps which fields this program set. */
  fieldManager?: string;
}

/** Options of a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take over fields that another manager set; without it they are a "conflict". */
  force?: boolean;
}

/** Options of a deletion. */
export interface DeleteOptions extends CallOptions {
  /** Delete this very object only, not a later one of the same name. */
  uid?: string;
  /** Delete this version of the object only. */
  resourceVersion?: string;
  propagation?: "Background" | "Foreground" | "Orphan";
}

/** A merge patch (RFC 7386): null removes a field. With `metadata.resourceVersion` it applies to that version only. */
export type MergePatch = Record<string, unknown>;

/** What an apply says of an object: its identity, and the fields that the caller owns. */
export type Applied<T extends KubeObject> =
  & Pick<T, "apiVersion" | "kind">
  & { metadata: Pick<T["metadata"], "name"> & Partial<T["metadata"]> }
  & Partial<Omit<T, "apiVersion" | "kind" | "metadata">>;

/** Reading. Rejections are `KubeError`s, or the reason of the caller's signal. */
export interface KubeReader {
  get<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    options?: CallOptions,
  ): Promise<T>;
  /** The pages of a list, each asked for when it is taken; "gone" when the list took so long that it must begin anew. */
  pages<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): AsyncGenerator<KubeList<T>, void>;
  /**
   * Events after a version of the collection, bookmarks included. Returns when the server ends the watch in good
   * order; rejects with "gone" when the version is too old, with "network" when the stream broke, and with "deadline"
   * when it fell silent. Objects carry `apiVersion` and `kind`, whatever the server left out.
   */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void>;
}

/** Asking which kinds of objects the server has. */
export interface KubeDiscovery {
  /** The plurals of the kinds of a version ("<group>/<version>") of an API group; none where the server has no such version. */
  kinds(apiVersion: string, options?: CallOptions): Promise<ReadonlySet<string>>;
}

/** What a kind of object is about, without the type and metadata that every object has. */
export type Content<T extends KubeObject> = Omit<T, "apiVersion" | "kind" | "metadata">;

/** Questions that the server answers and does not store, such as a SelfSubjectReview. */
export interface KubeReviewer {
  /** Asks, and gives the question with the answer in its status. It is no write: whoever does not lead may ask. */
  review<T extends KubeObject>(
    resource: Resource<T>,
    question: Content<T>,
    options?: CallOptions,
  ): Promise<Content<T>>;
}

/** Reading and writing. Answers are the objects as the server then has them. */
export interface KubeApi extends KubeReader {
  /** All pages in one list. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** Rejects with "already-exists" where there is an object of that name. */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply; makes the object where there is none. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: Applied<T>,
    options: ApplyOptions,
  ): Promise<T>;
  /** Replaces the object; with `metadata.resourceVersion`, that version of it only, else "conflict". */
  replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  mergePatch<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    patch: MergePatch,
    options?: WriteOptions,
  ): Promise<T>;
  /** Resolves when the server has taken the deletion; "not-found" where there was nothing to delete. */
  delete<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    options?: DeleteOptions,
  ): Promise<void>;
}

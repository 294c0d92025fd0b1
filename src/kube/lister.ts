/** How the rest of the program reads a cache. */

import type { ObjectKey } from "./kube_object.ts";

/** The objects that an informer knows. What it gives out is not to be changed. */
export interface Lister<K> {
  get(key: ObjectKey): K | undefined;
  /** To be read to its end before anything is awaited: the objects may be others then. */
  values(): IterableIterator<K>;
  readonly size: number;
  /** Resolves when all objects are known; rejects when the informer ends before. */
  readonly synced: Promise<void>;
  /** The version up to which changes have been taken in; undefined before the first list. Versions of deletions count. */
  readonly version: string | undefined;
  /** The latest monotonic moment of which it is known that the cache has what the server had; undefined before the first. */
  readonly syncedAt: number | undefined;
}

/** The objects that an informer knows, and what changes when it learns of others. */

import type { ObjectKey } from "./kube_object.ts";

/** What happened to an object of a cache. */
export type ChangeType = "added" | "modified" | "deleted";

/** A change of one object. An object that was deleted and made again is two changes, even under one name. */
export interface Change<K> {
  key: ObjectKey;
  type: ChangeType;
  /** The object as it is; for "deleted", as it was last known. */
  object: K;
  /** The object as the cache had it; undefined for "added". */
  previous: K | undefined;
}

/** An object as the cache holds it. */
export interface CacheEntry<K> {
  uid: string | undefined;
  /** Its `resourceVersion`: equal or different, never older or newer. */
  version: string;
  object: K;
}

/** What becomes of `before` when it is `after`; undefined stands for no object. */
function changes<K>(
  key: ObjectKey,
  before: CacheEntry<K> | undefined,
  after: CacheEntry<K> | undefined,
): Change<K>[] {
  if (before === undefined) {
    if (after === undefined) return [];
    return [{ key, type: "added", object: after.object, previous: undefined }];
  }
  const previous = before.object;
  if (after === undefined) return [{ key, type: "deleted", object: previous, previous }];
  if (before.uid !== after.uid) {
    return [...changes(key, before, undefined), ...changes(key, undefined, after)];
  }
  if (before.version === after.version) return [];
  return [{ key, type: "modified", object: after.object, previous }];
}

/**
 * Objects by key. Invariant: whoever applies the changes that `put`, `remove` and `replace` return, in that order, to
 * an empty map has at any time exactly the objects of the cache.
 */
export class ObjectCache<K> {
  #entries = new Map<ObjectKey, CacheEntry<K>>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: ObjectKey): CacheEntry<K> | undefined {
    return this.#entries.get(key);
  }

  entries(): MapIterator<[ObjectKey, CacheEntry<K>]> {
    return this.#entries.entries();
  }

  /** The object is this. */
  put(key: ObjectKey, entry: CacheEntry<K>): Change<K>[] {
    const before = this.#entries.get(key);
    this.#entries.set(key, entry);
    return changes(key, before, entry);
  }

  /** The object was deleted; `last` is what it was in the end. */
  remove(key: ObjectKey, last: CacheEntry<K>): Change<K>[] {
    const before = this.#entries.get(key);
    // A deletion of another object than the one that is there has been overtaken by that one's creation.
    if (before === undefined || before.uid !== last.uid) return [];
    this.#entries.delete(key);
    return [{ key, type: "deleted", object: last.object, previous: before.object }];
  }

  /** The objects are these, and no others: who reads sees the old ones or the new ones, never some of both. */
  replace(next: Map<ObjectKey, CacheEntry<K>>): Change<K>[] {
    const before = this.#entries;
    this.#entries = next;
    const all: Change<K>[] = [];
    for (const [key, entry] of before) {
      if (!next.has(key)) all.push(...changes(key, entry, undefined));
    }
    for (const [key, entry] of next) all.push(...changes(key, before.get(key), entry));
    return all;
  }
}

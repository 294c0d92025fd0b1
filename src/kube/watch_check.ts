/** Whether a watch has told everything that a list shows. */

import type { ObjectKey } from "./kube_object.ts";

/** An object's `resourceVersion`, or undefined where there is no object. */
type Version = string | undefined;

/**
 * Holds a list against a watch that goes on meanwhile. The two are never at the same moment: the watch may be behind
 * the list, its events still on their way, or already ahead of it. Versions have no order, but a watch tells every
 * version of every object; so the list's version of an object is either one that the watch has told since the list
 * was asked for (or the one that was known then), or one that it still has to tell. What it never tells is missed.
 *
 * The list must be a consistent read: no older than the moment when it was asked for.
 */
export class WatchCheck {
  // Versions of objects that the watch has told of since the check began, the ones before them included.
  readonly #told = new Map<ObjectKey, Set<Version>>();
  // What the list has and the watch has not told; undefined while the list is not complete.
  #open: Map<ObjectKey, Version> | undefined;
  readonly #settled = Promise.withResolvers<void>();

  /** Resolves when the watch has told everything that the list shows. */
  readonly settled: Promise<void> = this.#settled.promise;

  /** The watch told of an object. */
  tell(key: ObjectKey, before: Version, after: Version): void {
    if (this.#open === undefined) {
      const versions = this.#told.get(key);
      if (versions === undefined) this.#told.set(key, new Set([before, after]));
      else versions.add(after);
    } else if (this.#open.has(key) && this.#open.get(key) === after) {
      this.#open.delete(key);
      if (this.#open.size === 0) this.#settled.resolve();
    }
  }

  /** The list is complete: `listed` is what it has, `known` what is known from the watch at this moment. */
  compare(listed: ReadonlyMap<ObjectKey, string>, known: Iterable<[ObjectKey, string]>): void {
    const open = new Map<ObjectKey, Version>(listed);
    for (const [key, version] of known) {
      if (listed.get(key) === version) open.delete(key);
      else if (!listed.has(key)) open.set(key, undefined);
    }
    for (const [key, version] of open) {
      if (this.#told.get(key)?.has(version)) open.delete(key);
    }
    this.#told.clear();
    this.#open = open;
    if (open.size === 0) this.#settled.resolve();
  }

  /** Objects of the list that the watch has not told of so far. */
  get open(): number {
    return this.#open?.size ?? 0;
  }
}

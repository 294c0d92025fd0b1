import type { Lister } from "../kube/lister.ts";
import { isAsNewAs } from "../kube/resource_version.ts";
import type { MonotonicClock } from "../system/clock.ts";

/** What is used of an object's metadata. */
interface Versioned {
  metadata: { uid?: string; resourceVersion?: string; deletionTimestamp?: string };
}

/** An object as a write of this process left it. */
interface Write<T> {
  /** Undefined where it was deleted. */
  object: T | undefined;
  /** Of what was deleted. */
  uid?: string | undefined;
  /** When the API server had answered, in milliseconds of the monotonic clock. */
  at: number;
}

/**
 * Objects as the last write of this process left them, until the cache has heard of that write: what is decided in
 * between must not be decided by what was there before it, be it older by one version or, where several writes follow
 * each other or somebody else writes as well, by more.
 */
export class Freshest<T extends Versioned> {
  readonly #cache: Pick<Lister<T>, "version" | "syncedAt">;
  readonly #clock: Pick<MonotonicClock, "monotonic">;
  readonly #writes = new Map<string, Write<T>>();

  /** Beside a cache of these objects. */
  constructor(
    cache: Pick<Lister<T>, "version" | "syncedAt">,
    clock: Pick<MonotonicClock, "monotonic">,
  ) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** A write made `object`. */
  wrote(key: string, object: T): void {
    this.#writes.set(key, { object, at: this.#clock.monotonic() });
  }

  /** The object with that `metadata.uid` was deleted. */
  deleted(key: string, uid: string | undefined): void {
    this.#writes.set(key, { object: undefined, uid, at: this.#clock.monotonic() });
  }

  /** What the last write made of an object, until `of` finds that the cache has heard of it; then undefined. */
  lastWritten(key: string): T | undefined {
    return this.#writes.get(key)?.object;
  }

  /** The newest that is known of an object of which the cache has `cached`. */
  of(key: string, cached: T | undefined): T | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return cached;
    if (!this.#heard(write, cached)) return write.object;
    this.#writes.delete(key);
    return cached;
  }

  /**
   * The objects that writes made and of which the cache, in which `isCached` looks, has not heard at all. What is gone
   * from there is forgotten.
   */
  *made(isCached: (key: string) => boolean): Generator<T> {
    for (const key of this.#writes.keys()) {
      if (isCached(key)) continue;
      const newest = this.of(key, undefined);
      if (newest !== undefined) yield newest;
    }
  }

  #heard({ object, uid, at }: Write<T>, cached: T | undefined): boolean {
    // Whatever versions say, such as those of a store that was put back: a list that was asked for since then knows.
    if ((this.#cache.syncedAt ?? -Infinity) > at) return true;
    if (object === undefined) {
      const { uid: known, deletionTimestamp } = cached?.metadata ?? {};
      return known !== uid || deletionTimestamp !== undefined; // finalizers may keep it for long
    }
    const { resourceVersion } = object.metadata;
    // Versions that say nothing leave the cache right.
    return resourceVersion === undefined ||
      (isAsNewAs(this.#cache.version, resourceVersion) ?? true);
  }
}

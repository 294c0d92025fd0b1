/**
 * Objects as the last write of this process left them, until the cache has heard of that write: what is decided in
 * between must not be decided by what was there before it.
 */
export class Freshest<T extends { metadata: { resourceVersion?: string } }> {
  readonly #written = new Map<string, { over: string | undefined; object: T | undefined }>();

  /** A write made `object` (undefined: it deleted it) of the version `over` that the cache had. */
  wrote(key: string, over: string | undefined, object: T | undefined): void {
    this.#written.set(key, { over, object });
  }

  /** The newest that is known of an object of which the cache has `cached`. */
  of(key: string, cached: T | undefined): T | undefined {
    const written = this.#written.get(key);
    if (written === undefined) return cached;
    if (cached?.metadata.resourceVersion === written.over) return written.object;
    this.#written.delete(key); // the cache has moved on
    return cached;
  }

  /** Forgets an object. */
  forget(key: string): void {
    this.#written.delete(key);
  }
}

import type {
  KubeReader,
  ListOptions,
  ObjectAddress,
  WatchOptions,
} from "../../src/kube/kube_api.ts";
import {
  type KubeList,
  type KubeObject,
  objectKey,
  type WatchEvent,
} from "../../src/kube/kube_object.ts";
import type { Resource } from "../../src/kube/resource.ts";

type Event = { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject };

/** Objects of all kinds, by plural, that can be listed and watched. */
export class ListedObjects implements KubeReader {
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #log: { plural: string; event: Event }[] = [];
  #changed = Promise.withResolvers<void>();
  /** A kind whose list does not come. */
  missing: string | undefined;

  #objects(plural: string): Map<string, KubeObject> {
    const objects = this.#kinds.get(plural) ?? new Map();
    this.#kinds.set(plural, objects);
    return objects;
  }

  #happened(plural: string, type: Event["type"], object: KubeObject): KubeObject {
    const metadata = { ...object.metadata, resourceVersion: String(this.#log.length + 1) };
    const stored = { ...object, metadata };
    this.#log.push({ plural, event: { type, object: stored } });
    this.wake();
    return stored;
  }

  /** Makes an object, or replaces it. */
  put(plural: string, object: KubeObject): void {
    const objects = this.#objects(plural);
    const key = objectKey(object);
    objects.set(key, this.#happened(plural, objects.has(key) ? "MODIFIED" : "ADDED", object));
  }

  remove(plural: string, key: string): void {
    const object = this.#objects(plural).get(key);
    if (object === undefined) throw new TypeError(`There is no ${plural} ${key}`);
    this.#objects(plural).delete(key);
    this.#happened(plural, "DELETED", object);
  }

  get<T extends KubeObject>(_resource: Resource<T>, _address: ObjectAddress): Promise<T> {
    throw new TypeError("Only lists and watches are read here");
  }

  async *pages<T extends KubeObject>(
    { plural }: Resource<T>,
    { signal }: ListOptions = {},
  ): AsyncGenerator<KubeList<T>, void> {
    while (this.missing === plural) await this.#change(signal);
    yield {
      metadata: { resourceVersion: String(this.#log.length) },
      items: structuredClone([...this.#objects(plural).values()]) as T[],
    };
  }

  async *watch<T extends KubeObject>(
    { plural }: Resource<T>,
    { resourceVersion, signal }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    for (let at = Number(resourceVersion);; at++) {
      while (at >= this.#log.length) await this.#change(signal);
      const next = this.#log[at];
      if (next?.plural === plural) yield structuredClone(next.event) as unknown as WatchEvent<T>;
    }
  }

  /** Lets those go on that wait for a change. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<void>();
    const end = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", end);
    try {
      await Promise.race([this.#changed.promise, promise]);
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }
}

import { assert, assertEquals } from "@std/assert";
import { Informer } from "../../../src/kube/informer.ts";
import type { InformerOptions } from "../../../src/kube/informer_options.ts";
import type { KubeReader } from "../../../src/kube/kube_api.ts";
import type { KubeObject, ObjectKey } from "../../../src/kube/kube_object.ts";
import type { Resource } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";

/** What a cache keeps of an object in these tests. */
export interface Kept {
  name: string;
  uid: string | undefined;
  version: string | undefined;
}

/** Names and versions of objects. */
export function versionsOf(objects: Iterable<KubeObject | Kept>): Record<string, string> {
  const versions = [...objects].map((object) =>
    "metadata" in object
      ? [object.metadata.name, `${object.metadata.resourceVersion}`]
      : [object.name, `${object.version}`]
  );
  return Object.fromEntries(versions.sort());
}

/** An informer on a collection of the API server, and what it told. */
export class FollowedObjects<T extends KubeObject> implements AsyncDisposable {
  readonly informer: Informer<T, Kept>;
  readonly told = new Map<ObjectKey, Kept>();
  readonly errors: unknown[] = [];
  /** What was told and should not have been. */
  readonly #faults: string[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #moved = Promise.withResolvers<void>();

  constructor(
    reader: KubeReader,
    resource: Resource<T>,
    options: Partial<InformerOptions<T, Kept>>,
  ) {
    this.informer = new Informer({
      ...{ reader, resource, clock: systemClock, random: Math.random },
      keep: ({ metadata: { name, uid, resourceVersion } }) => ({
        ...{ name, uid, version: resourceVersion },
      }),
      onChange: (key, type, object, previous) => {
        if (this.told.get(key) !== previous || (type === "added") !== (previous === undefined)) {
          this.#faults.push(`${type} ${key} instead of another object than it was told of`);
        }
        if (type === "deleted") this.told.delete(key);
        else this.told.set(key, object);
        this.move();
      },
      onError: (error) => {
        this.errors.push(error);
        this.move();
      },
      ...options,
    });
    this.#running = this.informer.run(this.#stop.signal);
  }

  /** Somebody who waits is to look again. */
  move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** Waits until `there` is so, looking whenever something was told; throws when it takes too long. */
  async until(what: string, there: () => boolean, seconds = 180): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const { state, figures, size } = this.informer;
      const now = JSON.stringify({ state, figures, size });
      late.reject(new Error(`Waited ${seconds} seconds for ${what}: ${now}`));
    }, seconds * 1_000);
    try {
      while (!there()) await Promise.race([this.#moved.promise, late.promise]);
    } finally {
      clearTimeout(timer);
      late.promise.catch(() => {});
    }
  }

  /** Waits until the cache is `objects`, in these versions. */
  async untilIs(objects: readonly KubeObject[]): Promise<void> {
    const wanted = JSON.stringify(versionsOf(objects));
    await this.until(
      `a cache of ${wanted}`,
      () => JSON.stringify(versionsOf(this.informer.values())) === wanted,
    );
    assertEquals(this.#faults, []);
    assertEquals(versionsOf(this.told.values()), versionsOf(objects));
    for (const { metadata } of objects) {
      const kept = this.informer.get(`${metadata.namespace}/${metadata.name}`);
      assert(kept !== undefined && kept.uid === metadata.uid);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

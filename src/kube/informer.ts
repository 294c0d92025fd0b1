import { type BackOff, backOff, isLasting } from "./back_off.ts";
import type { InformerFigures, InformerOptions, InformerState } from "./informer_options.ts";
import type { Selection } from "./kube_api.ts";
import { isKubeError, KubeError } from "./kube_error.ts";
import { type KubeObject, type ObjectKey, objectKey, type WatchEvent } from "./kube_object.ts";
import type { Lister } from "./lister.ts";
import { type CacheEntry, type Change, ObjectCache } from "./object_cache.ts";
import { WatchCheck } from "./watch_check.ts";

const pauses: BackOff = { first: 500, cap: 30_000 };
const lastingPauses: BackOff = { first: 5_000, cap: 60_000 };

// A watch that was on for so long was worth its call even where it brought nothing.
const worthwhile = 1_000;

// After so many failed watches in a row the version that they begin at is itself under suspicion.
const failuresBeforeList = 5;

/**
 * A cache of the objects of one kind: lists them, then follows them by watches. The watch is a hint, the list is the
 * truth.
 *
 * ```
 * idle     -> listing
 * listing  -> watching                        the cache is what the list says
 *          -> pausing -> listing              it failed
 * watching -> watching                        it ended in good order
 *          -> pausing -> watching             it failed, or ended as soon as it began
 *          -> (pausing ->) listing            its version is too old, or it failed several times, or a periodic list
 *                                             showed more than it told
 * any      -> ended                           the signal aborted
 * ```
 *
 * Invariants:
 * - One stream of changes: the list that replaces the cache is asked for while no watch is on, and the next watch
 *   begins at that list's version. So no event is older than the cache, and none can move an object back. The periodic
 *   list, for which the watch stays on, is only compared; where it shows more, a list of the first sort follows.
 * - The cache is replaced as a whole, without waiting: no reader sees half of a list.
 * - The changes told, applied in order to an empty map, give the cache.
 * - No call follows one that failed or brought nothing without a pause that grows with their number, up to a cap.
 * - After the signal nothing is told, and nothing is left running once `run` has resolved.
 */
export class Informer<T extends KubeObject, K> implements Lister<K> {
  readonly #options: InformerOptions<T, K>;
  readonly #selection: Selection;
  readonly #cache = new ObjectCache<K>();
  readonly #synced = Promise.withResolvers<void>();
  #state: InformerState = { phase: "idle", problem: undefined };
  #figures: InformerFigures = {
    lists: 0,
    watches: 0,
    events: 0,
    bookmarks: 0,
    missed: 0,
    errors: {},
  };
  #syncedAt: number | undefined;
  #failingSince: number | undefined;
  /** Where the next watch begins: the version of the list, then of each event and bookmark. */
  #version = "";
  /** Watches in a row that failed or brought nothing. */
  #failures = 0;
  /** The check that is under way; it hears of every event. */
  #check: WatchCheck | undefined;

  constructor(options: InformerOptions<T, K>) {
    this.#options = options;
    const { namespace, labelSelector, fieldSelector } = options;
    this.#selection = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    this.#synced.promise.catch(() => {}); // nobody need wait for it
  }

  get(key: ObjectKey): K | undefined {
    return this.#cache.get(key)?.object;
  }

  *values(): IterableIterator<K> {
    for (const [, { object }] of this.#cache.entries()) yield object;
  }

  get size(): number {
    return this.#cache.size;
  }

  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get version(): string | undefined {
    return this.#version === "" ? undefined : this.#version;
  }

  get syncedAt(): number | undefined {
    return this.#syncedAt;
  }

  /** Since when something is wrong, in milliseconds of the monotonic clock; undefined while all is well. */
  get failingSince(): number | undefined {
    return this.#failingSince;
  }

  get state(): Readonly<InformerState> {
    return { ...this.#state };
  }

  get figures(): Readonly<InformerFigures> {
    return { ...this.#figures, errors: { ...this.#figures.errors } };
  }

  /** Follows the objects until the signal aborts, whatever the server does. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#state.phase !== "idle") throw new TypeError("Cannot run an informer twice");
    try {
      while (await this.#load(signal)) await this.#keepUp(signal);
    } finally {
      this.#state.phase = "ended";
      this.#synced.reject(signal.reason);
    }
  }

  /** Replaces the cache by a list, however often that must be tried; false when the signal aborted. */
  async #load(signal: AbortSignal): Promise<boolean> {
    for (let failures = 1; !signal.aborted; failures++) {
      this.#state.phase = "listing";
      const asked = this.#options.clock.monotonic();
      try {
        const { version, entries } = await this.#list(signal, (object) => this.#entry(object));
        if (signal.aborted) break;
        this.#version = version;
        this.#syncedAt = asked;
        this.#isWell();
        const changes = this.#cache.replace(entries);
        this.#synced.resolve();
        this.#tell(changes, signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#failed(error, "list");
        await this.#pause(failures, error, signal);
        continue;
      }
      return !signal.aborted;
    }
    return false;
  }

  async #list<E>(
    signal: AbortSignal,
    entry: (object: T) => E,
  ): Promise<{ version: string; entries: Map<ObjectKey, E> }> {
    const { reader, resource } = this.#options;
    const entries = new Map<ObjectKey, E>();
    let version: string | undefined;
    for await (const page of reader.pages(resource, { ...this.#selection, signal })) {
      // All pages have one version. If they had not, the first one's is the one from which nothing is lost.
      version ??= page.metadata.resourceVersion;
      for (const object of page.items) entries.set(objectKey(object), entry(object));
    }
    if (!version) {
      throw new KubeError(
        "protocol",
        `Cannot follow ${resource.plural}: the server's list of them has no version`,
      );
    }
    this.#figures.lists++;
    return { version, entries };
  }

  /** Watches, and checks the watch from time to time, until a list is needed or the signal aborts. */
  async #keepUp(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const end = (): void => over.abort();
    await Promise.all([this.#follow(either).finally(end), this.#checkUp(either).finally(end)]);
  }

  /** One watch after the other, until a list is needed or the signal aborts. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const { events } = this.#figures;
      const from = this.#version;
      const began = clock.monotonic();
      const error = await this.#watch(signal);
      if (signal.aborted) return;
      // A bookmark alone is no proof of progress: versions move on without anything to tell.
      const moved = this.#figures.events > events && this.#version !== from;
      const worth = moved || clock.monotonic() - began >= worthwhile;
      if (worth) this.#failures = 0;
      if (error === undefined && worth) {
        this.#isWell();
        continue;
      }
      this.#failures++;
      if (error !== undefined) this.#failed(error, "watch");
      const gone = isKubeError(error, "gone");
      if (!gone || this.#failures > 1) await this.#pause(this.#failures, error, signal);
      if (gone || this.#failures >= failuresBeforeList) return;
    }
  }

  /** One watch; the error that ended it, or undefined. */
  async #watch(signal: AbortSignal): Promise<unknown> {
    const { reader, resource, watchSeconds } = this.#options;
    this.#state.phase = "watching";
    this.#figures.watches++;
    try {
      const events = reader.watch(resource, {
        ...this.#selection,
        resourceVersion: this.#version,
        ...(watchSeconds === undefined ? {} : { timeoutSeconds: watchSeconds }),
        signal,
      });
      for await (const event of events) {
        if (signal.aborted) return;
        this.#take(event, signal);
      }
    } catch (error) {
      return error ?? new Error("The watch failed without an error");
    }
  }

  #take(event: WatchEvent<T>, signal: AbortSignal): void {
    this.#isWell();
    if (event.type === "BOOKMARK") {
      this.#figures.bookmarks++;
      this.#version = event.resourceVersion;
      return;
    }
    this.#figures.events++;
    const key = objectKey(event.object);
    const entry = this.#entry(event.object);
    const before = this.#cache.get(key)?.version;
    const changes = event.type === "DELETED"
      ? this.#cache.remove(key, entry)
      : this.#cache.put(key, entry);
    this.#version = entry.version; // not before the cache has it: what fails is to come again
    this.#check?.tell(key, before, this.#cache.get(key)?.version);
    this.#tell(changes, signal);
  }

  /** Compares with a list from time to time, until one shows more than the watch told or the signal aborts. */
  async #checkUp(signal: AbortSignal): Promise<void> {
    const { clock, random, relistInterval = 600_000, settleTime = 5_000 } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      if (failures === 0) await clock.sleep(relistInterval * (0.8 + 0.4 * random()), signal);
      if (signal.aborted) return;
      const check = new WatchCheck();
      const asked = clock.monotonic();
      this.#check = check;
      try {
        const { entries } = await this.#list(signal, (object) => this.#versionOf(object));
        check.compare(entries, this.#known());
        failures = 0;
      } catch (error) {
        this.#check = undefined;
        if (signal.aborted) return;
        this.#failed(error, "list");
        await clock.sleep(this.#pauseTime(++failures, error), signal);
        continue;
      }
      await this.#settle(check, settleTime, signal);
      this.#check = undefined;
      if (signal.aborted) return;
      if (check.open > 0) {
        if (this.#state.phase === "watching") this.#figures.missed += check.open;
        return;
      }
      this.#syncedAt = asked;
      if (this.#state.phase === "watching") this.#isWell();
    }
  }

  /** Waits until the watch has told everything, for a while. */
  async #settle(check: WatchCheck, milliseconds: number, signal: AbortSignal): Promise<void> {
    const settled = new AbortController();
    const either = AbortSignal.any([signal, settled.signal]);
    await Promise.race([check.settled, this.#options.clock.sleep(milliseconds, either)]);
    settled.abort();
  }

  *#known(): IterableIterator<[ObjectKey, string]> {
    for (const [key, { version }] of this.#cache.entries()) yield [key, version];
  }

  #versionOf(object: T): string {
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== "") return resourceVersion;
    throw new KubeError(
      "protocol",
      `Cannot follow ${object.kind} ${objectKey(object)}: no version`,
    );
  }

  #entry(object: T): CacheEntry<K> {
    const version = this.#versionOf(object);
    const known = this.#cache.get(objectKey(object));
    const { managedFields: _, ...metadata } = object.metadata;
    if (known?.version === version && known.uid === metadata.uid) return known;
    return { uid: metadata.uid, version, object: this.#options.keep({ ...object, metadata }) };
  }

  #tell(changes: readonly Change<K>[], signal: AbortSignal): void {
    for (const { key, type, object, previous } of changes) {
      if (signal.aborted) return;
      try {
        const told = this.#options.onChange?.(key, type, object, previous);
        if (told instanceof Promise) told.catch((error) => this.#report(error, "handler"));
      } catch (error) {
        this.#report(error, "handler");
      }
    }
  }

  #isWell(): void {
    this.#state.problem = undefined;
    this.#failingSince = undefined;
  }

  #failed(error: unknown, during: "list" | "watch"): void {
    this.#state.problem = error;
    this.#failingSince ??= this.#options.clock.monotonic();
    this.#report(error, during);
  }

  #report(error: unknown, during: "list" | "watch" | "handler"): void {
    const kind = isKubeError(error) ? error.kind : "other";
    this.#figures.errors[kind] = (this.#figures.errors[kind] ?? 0) + 1;
    try {
      this.#options.onError?.(error, during);
    } catch {
      // Whoever is told of errors has nobody to tell of its own.
    }
  }

  #pauseTime(failures: number, error: unknown): number {
    const lasting = error !== undefined && isLasting(error);
    const pause = backOff(failures, lasting ? lastingPauses : pauses, this.#options.random);
    return Math.max(pause, isKubeError(error) ? error.retryAfter ?? 0 : 0);
  }

  async #pause(failures: number, error: unknown, signal: AbortSignal): Promise<void> {
    this.#state.phase = "pausing";
    await this.#options.clock.sleep(this.#pauseTime(failures, error), signal);
  }
}

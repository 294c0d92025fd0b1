/** What an informer works with, and what it says of itself. */

import type { MonotonicClock } from "../system/clock.ts";
import type { KubeReader, Selection } from "./kube_api.ts";
import type { KubeErrorKind } from "./kube_error.ts";
import type { KubeObject, ObjectKey } from "./kube_object.ts";
import type { ChangeType } from "./object_cache.ts";
import type { Resource } from "./resource.ts";

/** What an informer is doing. */
export type InformerPhase =
  /** It was not started. */
  | "idle"
  /** It asks for all objects; readers see what it knew before. */
  | "listing"
  /** It follows the changes. */
  | "watching"
  /** It waits after an error, or after a watch that ended as soon as it began. */
  | "pausing"
  /** It was stopped. */
  | "ended";

/** What an informer is doing, and how well. */
export interface InformerState {
  phase: InformerPhase;
  /** What went wrong since when the cache may be behind; undefined while all is well. */
  problem: unknown;
}

/** Counts since the informer was made. */
export interface InformerFigures {
  /** Lists that came to their end. */
  lists: number;
  /** Watches that were begun. */
  watches: number;
  /** Events other than bookmarks. */
  events: number;
  bookmarks: number;
  /** Objects that a periodic list found to be different though a watch was on and had not said so. */
  missed: number;
  /** By kind of error; "other" is none of the API's but a fault of the program. */
  errors: Partial<Record<KubeErrorKind | "other", number>>;
}

/** What an informer follows and works with. */
export interface InformerOptions<T extends KubeObject, K> extends Selection {
  reader: KubeReader;
  resource: Resource<T>;
  /**
   * What to keep of an object, which comes without its `managedFields`. Nothing else of it stays in memory, as long as
   * the result does not hold the object.
   */
  keep(object: T): K;
  /**
   * Told of every change, in order, once the cache has it. For "deleted" the object is what it was last known to be. It
   * should do little, such as adding a key to a queue. What it throws goes to `onError`, and the informer goes on.
   */
  onChange?(key: ObjectKey, type: ChangeType, object: K, previous: K | undefined): unknown;
  /** Told of everything that went wrong, for a log; the informer sees to it itself. */
  onError?(error: unknown, during: "list" | "watch" | "handler"): void;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  /** Milliseconds between two periodic lists, plus or minus a fifth; 10 minutes by default. */
  relistInterval?: number;
  /** Milliseconds in which the watch has to tell what a periodic list shows; 5 seconds by default. */
  settleTime?: number;
  /** Seconds after which the server is to end a watch; the reader's default where absent. */
  watchSeconds?: number;
}

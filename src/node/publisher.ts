import type { Counts } from "../report/report.ts";
import type { Differences, UnverifiedPaths } from "../report/verdict.ts";
import type { LastResult } from "../api/node_status.ts";
import type { TakenBaseline } from "./take_baseline.ts";

/** A log to be published; every call of `open` gives it from the start. */
export interface PublishedLog {
  counts: Counts;
  open(): ReadableStream<Uint8Array>;
}

/** What a new baseline absorbed, or why nobody can say. */
export interface Absorbed {
  differences?: Differences;
  unverified?: UnverifiedPaths;
  /** What there is to say beside the counts. */
  note?: string;
  log?: PublishedLog;
}

/** What a node has to say after a step, all of it in one piece. */
export interface Publication {
  result: Omit<LastResult, "resultConfigMapName" | "resultConfigMapNamespace">;
  /** Of a failed scan. */
  log?: PublishedLog;
  /** A new baseline, which is the baseline from the moment that this is published. */
  baseline?: TakenBaseline;
  absorbed?: Absorbed;
  /** The configuration has changed, and waits: the host differs from the baseline of the old one. */
  configWaits?: boolean;
}

/**
 * A publication that is not taken for now: the place where it goes is away, or not ready. It stays to be published,
 * and parts of it may have been already. The message says why.
 */
export class PublishLater extends Error {
  override name = "PublishLater";
}

/**
 * Where a node's results go. `publish` resolves when they are safe, logs before the verdict that names them, and
 * throws when they could not be; the record of a baseline in them is the anchor from then on. To publish the same
 * thing once more does no harm.
 */
export interface Publisher {
  publish(publication: Publication, signal: AbortSignal): Promise<void>;
  /**
   * Where `publish` may throw `PublishLater`: resolves when another attempt is worth it after `failures` of them in a
   * row, or the signal aborts. Never rejects.
   */
  again?(failures: number, signal: AbortSignal): Promise<void>;
}

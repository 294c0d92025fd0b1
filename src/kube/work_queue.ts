import type { MonotonicClock } from "../system/clock.ts";
import { type BackOff, backOff } from "./back_off.ts";
import { isKubeError } from "./kube_error.ts";

/** What a run asks for. */
export interface RunResult {
  /** Milliseconds until the key is to run again. */
  requeueAfter?: number;
}

/** A run that ended, for metrics and a log. */
export interface RunReport {
  key: string;
  milliseconds: number;
  /** Why it failed; not there when it did not. */
  error?: unknown;
  /** Milliseconds until the run that follows the failed one at the latest. */
  retryAfter?: number;
}

/** How a queue stands, and counts since it was made. */
export interface QueueFigures {
  /** Keys that wait for a worker. */
  depth: number;
  /** Keys that wait for their time. */
  delayed: number;
  running: number;
  /** Runs that ended, failed ones included. */
  runs: number;
  failures: number;
  /** Milliseconds of the longest run, the ones under way included. */
  longestRun: number;
  /** Milliseconds of the longest run that is under way; 0 where none is. */
  longestRunning: number;
}

/** What a queue works with. */
export interface WorkQueueOptions {
  /**
   * Does what there is to do for a key. A rejection is a failure: the key runs again after a pause. The signal is that of
   * the queue's `run`; a run may go on to its end after it.
   */
  handle(key: string, signal: AbortSignal): Promise<RunResult | void>;
  /** Runs of different keys at once; 1 by default. */
  workers?: number;
  /** Pauses after failures of a key in a row; 100 ms to 5 minutes by default. */
  backOff?: BackOff;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  onRun?(report: RunReport): void;
}

/**
 * Keys that wait to be worked on. A key stands for "look at this again": it carries nothing, so however often it is
 * added before its run begins, one run answers.
 *
 * A key is in at most one of these states at a time, except that a running key may also be delayed:
 *
 * ```
 * (unknown) -> ready                    add
 * (unknown) -> delayed -> ready         addAfter, then its time has come, or add
 * ready     -> running                  a worker is free; the run that has waited longest goes first
 * running   -> running, again           add during the run
 * running   -> ready                    it ended, and was added during the run
 *           -> delayed                  it failed, or asked for another run
 *           -> (unknown)
 * ```
 *
 * Invariants:
 * - A key that is added gets a run that begins after that.
 * - There are never two runs of one key at once, and never more runs than workers.
 * - Of several delays the one that ends first counts. A run answers for the delays asked for before it began: what is
 *   to be looked at later still, it says itself.
 * - No run begins once the signal has aborted; `run` resolves when the last one has ended.
 * - A run that fails at once, or asks to run again at once, is not repeated without a pause.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #backOff: BackOff;
  readonly #ready = new Set<string>();
  /** When each delayed key becomes ready, on the monotonic clock. */
  readonly #delayed = new Map<string, number>();
  /** Since when each key runs, and whether it was added meanwhile. */
  readonly #running = new Map<string, { since: number; again: boolean }>();
  /** Failures in a row. */
  readonly #failures = new Map<string, number>();
  #counts = { runs: 0, failures: 0, longestRun: 0 };
  /** Aborted when there is something to do before the next delay is over. */
  #pause: AbortController | undefined;
  #started = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#backOff = options.backOff ?? { first: 100, cap: 300_000 };
  }

  /** The key is to run as soon as a worker is free. */
  add(key: string): void {
    this.#delayed.delete(key);
    const run = this.#running.get(key);
    if (run === undefined) this.#ready.add(key);
    else run.again = true;
    this.#wake();
  }

  /** The key is to run in so many milliseconds at the latest. */
  addAfter(key: string, milliseconds: number): void {
    if (Number.isNaN(milliseconds)) {
      throw new RangeError(`Cannot delay ${key}: the delay is not a number`);
    }
    if (milliseconds <= 0) return this.add(key);
    if (this.#ready.has(key) || this.#running.get(key)?.again) return;
    const due = this.#options.clock.monotonic() + milliseconds;
    if (due >= (this.#delayed.get(key) ?? Infinity)) return;
    this.#delayed.set(key, due);
    this.#wake();
  }

  get figures(): QueueFigures {
    const now = this.#options.clock.monotonic();
    const longestRunning = Math.max(
      0,
      ...[...this.#running.values()].map(({ since }) => now - since),
    );
    return {
      depth: this.#ready.size,
      delayed: this.#delayed.size,
      running: this.#running.size,
      ...this.#counts,
      longestRun: Math.max(this.#counts.longestRun, longestRunning),
      longestRunning,
    };
  }

  /** Works until the signal aborts; resolves when the runs that were under way have ended. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new TypeError("Cannot run a work queue twice");
    this.#started = true;
    const { workers = 1 } = this.#options;
    const runs = new Set<Promise<void>>();
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    while (!signal.aborted) {
      this.#pause = new AbortController(); // from here on nothing that happens is slept over
      this.#wakeDue();
      for (const key of this.#ready) {
        if (this.#running.size >= workers || signal.aborted) break;
        const run: Promise<void> = this.#runOnce(key, signal).finally(() => runs.delete(run));
        runs.add(run);
      }
      await this.#sleep(this.#pause.signal);
    }
    signal.removeEventListener("abort", stop);
    await Promise.all(runs);
  }

  #wake(): void {
    this.#pause?.abort();
  }

  #wakeDue(): void {
    const now = this.#options.clock.monotonic();
    const due = [...this.#delayed].filter(([, at]) => at <= now).sort(([, a], [, b]) => a - b);
    for (const [key] of due) this.add(key);
  }

  /** Until the signal aborts or a delay is over. */
  async #sleep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let next = Infinity;
    for (const due of this.#delayed.values()) next = Math.min(next, due);
    if (next < Infinity) return await clock.sleep(next - clock.monotonic(), signal);
    if (signal.aborted) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }

  async #runOnce(key: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const run = { since: clock.monotonic(), again: false };
    this.#ready.delete(key);
    this.#delayed.delete(key);
    this.#running.set(key, run);
    let result: RunResult = {};
    let failure: { error: unknown } | undefined;
    try {
      result = await this.#options.handle(key, signal) ?? {};
      if (Number.isNaN(result.requeueAfter)) {
        throw new RangeError(`Cannot run ${key} again: the delay asked for is not a number`);
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) failure = { error }; // else it was called off
    }
    this.#running.delete(key);
    const milliseconds = clock.monotonic() - run.since;
    this.#counts.runs++;
    this.#counts.longestRun = Math.max(this.#counts.longestRun, milliseconds);
    if (failure === undefined) this.#succeeded(key, run.again, result);
    const retryAfter = failure && this.#failed(key, run.again, failure.error);
    this.#wake();
    this.#report({
      ...{ key, milliseconds },
      ...(failure === undefined ? {} : failure),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }

  #succeeded(key: string, again: boolean, { requeueAfter }: RunResult): void {
    this.#failures.delete(key);
    if (again) this.add(key);
    // A key that always asks for "now" must leave time for others, and for the API server.
    else if (requeueAfter !== undefined) {
      this.addAfter(key, Math.max(requeueAfter, this.#backOff.first));
    }
  }

  #failed(key: string, again: boolean, error: unknown): number {
    const { clock, random } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#counts.failures++;
    const now = clock.monotonic();
    const { first } = this.#backOff;
    // What was asked for during the run does not wait for all of the back-off, but never comes at once.
    const asked = again ? first : (this.#delayed.get(key) ?? Infinity) - now;
    const pause = Math.min(backOff(failures, this.#backOff, random), Math.max(asked, first));
    const retryAfter = Math.max(pause, isKubeError(error) ? error.retryAfter ?? 0 : 0);
    this.#delayed.set(key, now + retryAfter);
    return retryAfter;
  }

  #report(report: RunReport): void {
    try {
      this.#options.onRun?.(report);
    } catch {
      // What a metric or a log can't take must not end the work.
    }
  }
}

import type { MonotonicClock } from "../system/clock.ts";
import { backOff, isLasting } from "./back_off.ts";
import type { KubeApi } from "./kube_api.ts";
import { isKubeError, KubeError } from "./kube_error.ts";
import { type ClaimOutcome, LeaseClaim } from "./lease_claim.ts";

/** What a process in an election is. */
export type ElectionPhase = "idle" | "candidate" | "leading" | "ended";

/** What an election works with. */
export interface LeaderElectionOptions {
  /** Must not ask this election's `guard`: the Lease is what leadership comes from. */
  api: Pick<KubeApi, "get" | "create" | "replace">;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Who this process is. No other process, not even an earlier one of this pod, may have had it. */
  identity: string;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  /** Whole seconds after which others may take over a Lease that is not renewed; 15 by default. */
  leaseSeconds?: number;
  /** Milliseconds after the last renewal from which this process writes nothing more; 10 s by default. */
  renewDeadline?: number;
  /** Milliseconds between attempts to get the Lease, and after a renewal that failed; 2 s by default. */
  retryPeriod?: number;
  /** Milliseconds from one renewal to the next; `retryPeriod` by default. */
  renewPeriod?: number;
  /** What follows a loss: the end, after which the process is to exit, by default. */
  onLoss?: "end" | "candidate";
  /**
   * Whether a holder is a process that has surely ended, so that nobody need wait for the end of its Lease; of none by
   * default. A process that is only cut off, or frozen, has not ended.
   */
  hasEnded?(identity: string): boolean;
  /** Told of every holder that is seen, this process included; "" where nobody has the Lease. */
  onHolder?(identity: string): void;
  /** Told of every attempt that failed, for a log. */
  onError?(error: unknown): void;
}

/** What a process does with its leadership. */
export interface Leading {
  /**
   * The work of the leader, until its signal aborts: because the process is to stop, or because the Lease is lost. The
   * Lease is kept until it resolves. When it resolves or rejects by itself, the Lease is given back.
   */
  onLeading(signal: AbortSignal): Promise<void>;
  /** Ends the candidacy or the leadership. */
  signal: AbortSignal;
}

/**
 * Elects one process of several by a Lease.
 *
 * ```
 * idle -> candidate -> leading -> ended       the work ended, or the signal aborted and then the work ended
 *                              -> ended or candidate   the Lease is lost
 *                   -> ended                  the signal aborted
 * ```
 *
 * Why `guard` passes in one process at most, at any moment:
 * - The Lease changes hands only by a write that carries the version which was read, so of all who try one succeeds.
 * - The holder counts from before it sent a renewal, by whichever of its clocks says more. Others count from after
 *   they saw it, by their monotonic clock, and wait the longer time (`leaseSeconds` against `renewDeadline`). Nobody
 *   compares a time that another machine wrote with a clock of its own.
 * - `guard` looks at the clocks itself, at every call. A process that was frozen finds its time over before its timers
 *   had a chance to run; it does not renew then either.
 * - A Lease that somebody deleted counts as held until the time of whoever held it is over.
 * - A process of which `hasEnded` knows that it has ended asks no `guard`.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #leaseSeconds: number;
  readonly #renewDeadline: number;
  readonly #retryPeriod: number;
  readonly #renewPeriod: number;
  #phase: ElectionPhase = "idle";
  readonly #claim: LeaseClaim;
  /** Attempts of a candidate in a row that failed. */
  #failures = 0;
  #lastAttempt: number | undefined;
  #lastAnswer: number | undefined;

  /** Throws a `RangeError` for times in which two processes could lead. */
  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseSeconds = options.leaseSeconds ?? 15;
    this.#renewDeadline = options.renewDeadline ?? 10_000;
    this.#retryPeriod = options.retryPeriod ?? 2_000;
    this.#renewPeriod = options.renewPeriod ?? this.#retryPeriod;
    if (
      !Number.isInteger(this.#leaseSeconds) || this.#leaseSeconds * 1_000 <= this.#renewDeadline
    ) {
      throw new RangeError(
        "Cannot elect a leader: the lease must last whole seconds, and longer than the deadline for its renewal",
      );
    }
    const attempts = [this.#retryPeriod, this.#renewPeriod];
    if (!attempts.every((period) => period > 0 && this.#renewDeadline > period * 1.2)) {
      throw new RangeError(
        "Cannot elect a leader: the deadline for renewals must leave time for more than one attempt",
      );
    }
    this.#claim = new LeaseClaim({
      ...options,
      leaseSeconds: this.#leaseSeconds,
      onHolder: (identity) => quietly(() => options.onHolder?.(identity)),
    });
  }

  get phase(): ElectionPhase {
    return this.#phase;
  }

  /** Who held the Lease when it was last seen; "" for nobody, undefined before it was seen. */
  get holder(): string | undefined {
    return this.#claim.holder;
  }

  /** When the last attempt to get or to renew the Lease began, in milliseconds of the monotonic clock. */
  get lastAttempt(): number | undefined {
    return this.#lastAttempt;
  }

  /** When the API server last told how the Lease stands, in milliseconds of the monotonic clock. */
  get lastAnswer(): number | undefined {
    return this.#lastAnswer;
  }

  /** Throws a "not-leader" `KubeError` unless this process leads at this moment. For `KubeClient`'s option of that name. */
  guard(): void {
    if (this.#timeLeft > 0) return;
    const { namespace, name } = this.#options;
    throw new KubeError(
      "not-leader",
      `Cannot write: this process does not hold the Lease ${namespace}/${name}; the one that does will do it`,
    );
  }

  /** Milliseconds for which this process still leads, unless it renews. */
  get #timeLeft(): number {
    return Math.max(0, this.#renewDeadline - this.#claim.age);
  }

  /**
   * Waits for the leadership, leads, and gives the Lease back. Resolves with "lost" when the Lease was lost; rejects with
   * what the work rejects with. To be called once.
   */
  async run(leading: Leading): Promise<"ended" | "lost"> {
    if (this.#phase !== "idle") throw new TypeError("Cannot run an election twice");
    try {
      while (await this.#acquire(leading.signal)) {
        const kept = await this.#lead(leading);
        if (kept || leading.signal.aborted) return kept ? "ended" : "lost";
        if (this.#options.onLoss !== "candidate") return "lost";
      }
      return "ended";
    } finally {
      this.#claim.giveUp();
      this.#phase = "ended";
    }
  }

  /** Tries until this process holds the Lease; false when the signal aborted first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    this.#phase = "candidate";
    while (!signal.aborted) {
      let pause = this.#retryPeriod * (1 + 0.2 * this.#options.random());
      try {
        const outcome = await this.#attempt(this.#renewDeadline / 2, signal);
        this.#failures = 0;
        if (outcome === "held" && this.#timeLeft > 0) return true;
        if (outcome === "other") pause = Math.min(pause, this.#claim.untilExpired);
      } catch (error) {
        if (signal.aborted) break;
        this.#report(error);
        if (isLasting(error)) pause = Math.max(pause, this.#lastingPause());
      }
      await this.#options.clock.sleep(pause, signal);
    }
    if (this.#claim.mayHold) await this.#release();
    return false;
  }

  async #attempt(milliseconds: number, signal: AbortSignal): Promise<ClaimOutcome> {
    const { clock } = this.#options;
    this.#lastAttempt = clock.monotonic();
    const outcome = await this.#claim.attempt(milliseconds, signal);
    this.#lastAnswer = clock.monotonic();
    return outcome;
  }

  #lastingPause(): number {
    const first = this.#retryPeriod;
    const { random } = this.#options;
    return backOff(++this.#failures, { first, cap: first * 15 }, random);
  }

  /** Leads until the work has ended; whether the Lease was kept until then. */
  async #lead({ onLeading, signal }: Leading): Promise<boolean> {
    this.#phase = "leading";
    const work = new AbortController();
    const ended = new AbortController();
    const stop = (): void => work.abort(signal.reason);
    signal.addEventListener("abort", stop);
    let failure: { error: unknown } | undefined;
    const begin = async (): Promise<void> => {
      if (!signal.aborted) await onLeading(work.signal);
    };
    const done = begin().catch((error) => {
      if (!work.signal.aborted || error !== work.signal.reason) failure = { error };
    }).finally(() => ended.abort());
    const kept = await this.#keep(ended.signal);
    // From here on guard throws: the Lease is lost, or there is nothing left to write.
    this.#claim.giveUp();
    if (!kept) {
      const { namespace, name } = this.#options;
      work.abort(new KubeError("not-leader", `The Lease ${namespace}/${name} is lost`));
    }
    await done;
    signal.removeEventListener("abort", stop);
    if (kept) await this.#release();
    if (failure === undefined) return kept;
    if (kept) throw failure.error;
    // Work that was cut off fails as it can; that its writes were refused is no news.
    if (!isKubeError(failure.error, "not-leader")) this.#report(failure.error);
    return kept;
  }

  /** Renews until the work has ended; false as soon as the Lease is lost. */
  async #keep(ended: AbortSignal): Promise<boolean> {
    // A call that hangs must leave time for another one, on another connection.
    const patience = Math.max(this.#retryPeriod, this.#renewDeadline / 3);
    let pause = this.#renewPeriod;
    while (!ended.aborted) {
      await this.#options.clock.sleep(Math.min(pause, this.#timeLeft), ended);
      if (ended.aborted) break;
      if (this.#timeLeft <= 0) return false; // and nothing is sent: it is somebody else's now
      try {
        const outcome = await this.#attempt(Math.min(this.#timeLeft, patience), ended);
        if (outcome === "other") return false;
        pause = outcome === "held" ? this.#renewPeriod : this.#retryPeriod;
      } catch (error) {
        pause = this.#retryPeriod;
        if (!ended.aborted) this.#report(error);
      }
    }
    return this.#timeLeft > 0;
  }

  async #release(): Promise<void> {
    await this.#claim.release(this.#renewDeadline / 2).catch((error) => this.#report(error));
  }

  #report(error: unknown): void {
    quietly(() => this.#options.onError?.(error));
  }
}

// Whoever is told of something has nobody to tell of its own errors, and must not end a leadership by them.
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    return;
  }
}

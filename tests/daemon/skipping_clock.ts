import { type MonotonicClock, systemClock } from "../../src/system/clock.ts";

/**
 * The machine's clock, with time that can be skipped, whereupon whoever sleeps into what was skipped wakes, and a time of
 * day that can be set.
 */
export class SkippingClock implements MonotonicClock {
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  #skipped = 0;
  #stepped = 0;

  now(): number {
    return Date.now() + this.#skipped + this.#stepped;
  }

  monotonic(): number {
    return performance.now() + this.#skipped;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const sleeper = { until: this.monotonic() + milliseconds, wake: () => woken.abort() };
    this.#sleepers.add(sleeper);
    try {
      await systemClock.sleep(milliseconds, AbortSignal.any([signal, woken.signal]));
    } finally {
      this.#sleepers.delete(sleeper);
    }
  }

  /** Sets the time of day that much forward; no time passes, and nobody wakes. */
  step(milliseconds: number): void {
    this.#stepped += milliseconds;
  }

  /** Skips time. */
  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
    const now = this.monotonic();
    for (const { until, wake } of this.#sleepers) if (until <= now) wake();
  }
}

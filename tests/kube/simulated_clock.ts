import { setImmediate } from "node:timers";
import type { MonotonicClock } from "../../src/system/clock.ts";

/** Lets everything run that need not wait for time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that goes only when it is told to, from one sleeper's end to the next. */
export class SimulatedClock implements MonotonicClock {
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  #elapsed = 0;
  /** Milliseconds by which the time of day was set. */
  offset = Date.parse("2026-01-01T00:00:00Z");

  now(): number {
    return this.offset + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.#elapsed + Math.max(milliseconds, 0), wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake);
    });
  }

  /** How many sleep. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Time has passed, and nobody had a chance to run. */
  skip(milliseconds: number): void {
    this.#elapsed += milliseconds;
  }

  /**
   * Lets time pass; whoever is due runs at the moment when he is. Time stands still until all is at rest: where files
   * or sockets are waited for, that takes more than letting run what need not wait.
   */
  async advance(milliseconds: number, rest: () => Promise<void> = settle): Promise<void> {
    const end = this.#elapsed + milliseconds;
    await rest();
    for (;;) {
      let next: { until: number; wake: () => void } | undefined;
      for (const sleeper of this.#sleepers) {
        if (next === undefined || sleeper.until < next.until) next = sleeper;
      }
      if (next === undefined || next.until > end) break;
      this.#elapsed = Math.max(this.#elapsed, next.until);
      next.wake();
      await rest();
    }
    this.#elapsed = end;
  }
}

import type { MonotonicClock } from "../../src/system/clock.ts";

/** A clock that goes only when it is told to, or, where `auto`, straight to the end of every sleep. */
export class ManualClock implements MonotonicClock {
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  #now: number;
  auto: boolean;

  constructor(start: string, auto = false) {
    this.#now = Date.parse(start);
    this.auto = auto;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.#now + milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake);
      if (this.auto) this.advance(Math.max(milliseconds, 0));
    });
  }

  /** Lets time pass and wakes whoever is due. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const { until, wake } of [...this.#sleepers]) if (until <= this.#now) wake();
  }

  /** The moment to which somebody sleeps, once somebody does. */
  async sleeping(): Promise<number> {
    while (this.#sleepers.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return Math.min(...[...this.#sleepers].map(({ until }) => until));
  }
}

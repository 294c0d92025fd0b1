import type { MonotonicClock } from "./clock.ts";

/** A moment that has been: when it was for a reader, and how long ago it is, whatever the time of day was set to since. */
export class Moment {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly #clock: MonotonicClock;
  readonly #monotonic: number;

  /** The moment in which it is made. */
  constructor(clock: MonotonicClock) {
    this.time = clock.now();
    this.#clock = clock;
    this.#monotonic = clock.monotonic();
  }

  /** Milliseconds since then. */
  get age(): number {
    return this.#clock.monotonic() - this.#monotonic;
  }
}

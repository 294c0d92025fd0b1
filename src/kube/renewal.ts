import type { MonotonicClock } from "../system/clock.ts";

/**
 * How long ago a lease was renewed, as its holder has to see it. To be made right before the call that renews is sent:
 * nobody else can have counted from an earlier moment.
 */
export class Renewal {
  readonly #clock: MonotonicClock;
  readonly #monotonic: number;
  readonly #timeOfDay: number;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#monotonic = clock.monotonic();
    this.#timeOfDay = clock.now();
  }

  /**
   * Milliseconds since then, by the clock that says more: the monotonic one stands still while the machine is
   * suspended, and the time of day can be set back.
   */
  get age(): number {
    return Math.max(
      this.#clock.monotonic() - this.#monotonic,
      this.#clock.now() - this.#timeOfDay,
    );
  }
}

import { type MonotonicClock, systemClock } from "../../../src/system/clock.ts";

/** A clock that runs so many times as fast as the machine's. */
export class HurriedClock implements MonotonicClock {
  /** Spans that were slept, in the order in which they began. */
  readonly slept: number[] = [];

  constructor(private readonly speed: number) {}

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic() * this.speed;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    await systemClock.sleep(milliseconds / this.speed, signal);
  }
}

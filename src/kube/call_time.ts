import type { MonotonicClock } from "../system/clock.ts";

/**
 * How long one call may go on: `signal` aborts when its time is up, or one of the signals that it was given aborts.
 * Unlike `AbortSignal.any` it leaves nothing behind on signals that live as long as the process.
 */
export class CallTime implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #clock: MonotonicClock;
  #end = Infinity;
  #timer = new AbortController();
  #up = false;

  constructor(
    clock: MonotonicClock,
    milliseconds: number,
    signals: readonly (AbortSignal | undefined)[],
  ) {
    this.#clock = clock;
    this.#sources = signals.filter((signal) => signal !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.#controller.abort(source.reason);
      else source.addEventListener("abort", this.#passOn);
    }
    this.limit(milliseconds);
  }

  /** Aborts with the reason of the signal that ended the call. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the call ended because its time was up. */
  get isUp(): boolean {
    return this.#up;
  }

  /** Milliseconds that are left. */
  get left(): number {
    return this.#end - this.#clock.monotonic();
  }

  /** Gives the call `milliseconds` from now, whatever it had before. */
  limit(milliseconds: number): void {
    this.#timer.abort();
    this.#timer = new AbortController();
    this.#end = this.#clock.monotonic() + milliseconds;
    void this.#watch(this.#timer.signal);
  }

  /** Waits within the call; ends at once when the call ends. */
  async pause(milliseconds: number): Promise<void> {
    await this.#clock.sleep(milliseconds, this.signal);
  }

  [Symbol.dispose](): void {
    this.#timer.abort();
    for (const source of this.#sources) source.removeEventListener("abort", this.#passOn);
  }

  readonly #passOn = (event: Event): void => {
    this.#controller.abort((event.target as AbortSignal).reason);
  };

  // A timer may end early; the clock says when the time is up.
  async #watch(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && this.left > 0) await this.#clock.sleep(this.left, stopped);
    if (stopped.aborted || this.signal.aborted) return;
    this.#up = true;
    this.#controller.abort();
  }
}

/** Time, as the program sees it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `milliseconds`, or at once when the signal aborts; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** A clock that also measures spans, whatever happens to the time of day. */
export interface MonotonicClock extends Clock {
  /** Milliseconds since an arbitrary moment; never goes back, and stands still while the machine is suspended. */
  monotonic(): number;
}

/** The longest span that a timer holds; longer sleeps end early, and whoever sleeps looks at the clock again. */
const longestTimer = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: MonotonicClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.min(Math.max(milliseconds, 0), longestTimer));
      signal.addEventListener("abort", finish);
    }),
};

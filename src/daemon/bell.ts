/** Wakes whoever waits for something to happen. */
export class Bell {
  #next = Promise.withResolvers<void>();

  /** Wakes all who wait. */
  ring(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  }

  /** Resolves when it rings next, or the signal aborts; never rejects. */
  async heard(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", resolve as () => void);
    await Promise.race([promise, this.#next.promise]);
    signal.removeEventListener("abort", resolve as () => void);
  }
}

/** Lets tests wait for what somebody else brings about. */
export class Changes {
  #next = Promise.withResolvers<void>();

  /** Those who wait are to look again. */
  tell(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /**
   * Waits until `look` finds something, looking again whenever something was told; throws after `seconds`, with what
   * `described` says of how things stand.
   */
  async until<T>(
    what: string,
    look: () => T | undefined,
    described: () => string,
    seconds = 180,
  ): Promise<T> {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), seconds * 1_000);
    try {
      while (true) {
        const found = look();
        if (found !== undefined) return found;
        if (await Promise.race([this.#next.promise, late.promise]) === "late") {
          throw new Error(`Waited ${seconds} seconds for ${what}: ${described()}`);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Waits for `milliseconds`, or less when `over` comes before. */
export async function pause(milliseconds: number, over: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise, over]);
  clearTimeout(timer);
}

/**
 * Listens on a port that was given up a moment ago. Meanwhile it may be somebody else's, if only as the near end of a
 * connection, and then this waits, for half a minute at most, until it is free again.
 */
export async function listenAgain<R>(listen: () => R | Promise<R>): Promise<R> {
  const end = performance.now() + 30_000;
  while (true) {
    try {
      return await listen();
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/**
 * Listens on a port that was given up a moment ago. Meanwhile it may be somebody else's, if only as the near end of a
 * connection, which keeps it for a minute after its end: then this waits, for two minutes at most, until it is free again.
 */
export async function listenAgain<R>(listen: () => R | Promise<R>): Promise<R> {
  const end = performance.now() + 120_000;
  while (true) {
    try {
      return await listen();
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

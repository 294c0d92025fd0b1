/** Ports that nothing listens on. */

/**
 * Gives `count` different ports of 127.0.0.1 that were free a moment ago. Another program may take one before its
 * user does, who has to be ready to try others.
 */
export function freePorts(count: number): number[] {
  const listeners: Deno.Listener[] = [];
  try {
    // All are held until the last one is found, so that none is given twice.
    for (let at = 0; at < count; at++) {
      listeners.push(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    }
    return listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

/** The signals that end a program. */

const stopSignals = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const;

/** A wait for a signal that ends the program. */
export interface SignalWait {
  /** Aborts at the first such signal. */
  signal: AbortSignal;
  /** The number of the first such signal; undefined before it. */
  number(): number | undefined;
  /** Lets the signals do again what they do by default. */
  end(): void;
}

/** Waits for SIGTERM, SIGINT and SIGHUP, which end the process no more until `end` is called. */
export function untilSignal(): SignalWait {
  const stop = new AbortController();
  let number: number | undefined;
  const handlers = Object.entries(stopSignals).map(([name, value]) => {
    const handler = (): void => {
      number ??= value;
      stop.abort();
    };
    Deno.addSignalListener(name as Deno.Signal, handler);
    return { name: name as Deno.Signal, handler };
  });
  return {
    signal: stop.signal,
    number: () => number,
    end: () => handlers.forEach(({ name, handler }) => Deno.removeSignalListener(name, handler)),
  };
}

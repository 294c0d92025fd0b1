/** Signals that ask a command to end. */

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** That the command was asked to end. */
export class Interrupted extends Error {
  override name = "Interrupted";
  /** 128 + the signal's number. */
  readonly exitCode: number;

  constructor(signal: keyof typeof signals) {
    super(`Ended by ${signal}`);
    this.exitCode = 128 + signals[signal];
  }
}

/** Until its disposal: `signal` fires, with an `Interrupted`, when this process is asked to end, which it then does not do by itself. */
export function untilInterrupted(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const listeners = (Object.keys(signals) as (keyof typeof signals)[]).map((name) => {
    const listener = (): void => controller.abort(new Interrupted(name));
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}

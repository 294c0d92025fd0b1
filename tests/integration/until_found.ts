/** Waiting for what only another look shows. */

/** How long is looked, and how. */
export interface Patience {
  seconds: number;
  /** Milliseconds between two looks. */
  pause: number;
  /** How things stand, for whoever waited in vain. */
  described(): Promise<string>;
}

// What kubectl says where the API server did not answer it; an answer begins with "Error from server".
const noAnswer = /Unable to connect to the server: |The connection to the server \S+ was refused/;

/**
 * Looks until something is found, and gives it. A look that kubectl got no answer for found nothing: it gives a
 * connection up after 10 s, which a busy machine may take. Any other error of a look is thrown at once. Throws when the
 * time is over, with how things stand, and with the last look that had no answer as its cause.
 */
export async function untilFound<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  { seconds, pause, described }: Patience,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  let unanswered = {};
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (cause) {
      if (!noAnswer.test(String(cause))) throw cause;
      unanswered = { cause };
    }
    if (performance.now() > end) {
      const state = await described().catch(String);
      throw new Error(`Waited ${seconds} s until ${what}; there is:\n${state}`, unanswered);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Which failed attempts are worth another one, and when. */

import type { KubeErrorKind } from "./kube_error.ts";

/** A failed attempt, as far as the next one depends on it. */
export interface FailedAttempt {
  kind: KubeErrorKind;
  /** HTTP status; undefined where no answer came. */
  code?: number | undefined;
  /** What the server asks to wait, in milliseconds. */
  retryAfter?: number | undefined;
  /** Surely nothing reached the server: there was no connection. */
  unsent?: boolean;
  /** The server's certificate was not signed by an authority that is trusted. */
  untrusted?: boolean;
  /** Doing the call twice leaves what doing it once does. */
  repeatable: boolean;
  /** Attempts so far, this one included. */
  attempts: number;
  /** Credentials were read anew during this call already. */
  refreshed: boolean;
}

/** What to do after a failed attempt. */
export type NextAttempt =
  | { again: false }
  /** `refresh`: with credentials and authorities read anew. */
  | { again: true; after: number; refresh: boolean };

const firstPause = 100;
const longestPause = 5_000;

const never: NextAttempt = { again: false };

function isTransient({ kind, code, retryAfter, unsent, repeatable }: FailedAttempt): boolean {
  switch (kind) {
    case "too-many-requests":
      return true;
    case "network":
      return repeatable || unsent === true;
    case "server-error":
      return retryAfter !== undefined || repeatable && code === 500;
    case "unavailable":
      // 504 says that the server gave up waiting, not that nothing was done.
      return repeatable || retryAfter !== undefined && code !== 504;
    default:
      return false;
  }
}

/**
 * Whether to try again, and after how many milliseconds. `random` gives 0 to 1: pauses double from 0.1 to 5 seconds
 * with half of them drawn, and a server's own wish is kept, with up to a tenth more.
 */
export function nextAttempt(failed: FailedAttempt, random: () => number): NextAttempt {
  const { kind, attempts, refreshed, untrusted } = failed;
  if (kind === "unauthorized" && failed.code === 401 || untrusted === true) {
    return refreshed ? never : { again: true, after: 0, refresh: true };
  }
  if (!isTransient(failed)) return never;
  const pause = Math.min(longestPause, firstPause * 2 ** (attempts - 1));
  const drawn = pause * (0.5 + random() / 2);
  const asked = failed.retryAfter ?? 0;
  return { again: true, after: Math.max(drawn, asked * (1 + random() / 10)), refresh: false };
}

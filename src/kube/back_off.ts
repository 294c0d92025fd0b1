/** How long to wait before something that failed is tried again. */

import { isKubeError } from "./kube_error.ts";

/** Pauses that double: the first one and the longest one, in milliseconds. */
export interface BackOff {
  first: number;
  cap: number;
}

/**
 * The pause after failure `failures` in a row, from 1, in milliseconds: between half of the doubled pause and all of
 * it, so that many who failed together do not come back together. `random` gives 0 to 1.
 */
export function backOff(failures: number, { first, cap }: BackOff, random: () => number): number {
  return Math.min(cap, first * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

/**
 * Whether an error stays until a person, or another program, changes something: a permission, a kind that is not
 * installed. To try such a call again and again in quick succession only loads the API server.
 */
export function isLasting(error: unknown): boolean {
  return !isKubeError(error) ||
    isKubeError(
      error,
      ...["bad-request", "unauthorized", "forbidden", "not-found", "invalid"] as const,
      ...["protocol", "not-capable"] as const,
    );
}

import { isKubeError } from "../kube/kube_error.ts";

/**
 * Whether a look at a FileIntegrity ended as it may: what it was about has changed, or was deleted, while something was
 * done about it, or another process leads.
 */
export function isExpected(error: unknown): boolean {
  return isKubeError(error, "conflict", "already-exists", "not-found", "not-leader");
}

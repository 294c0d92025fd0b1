import { KubeError } from "./kube_error.ts";

/**
 * The Authorization header of a token. Throws "unauthorized" for what can't stand in a header, which Deno would
 * otherwise repeat, and with it the token, in an error.
 */
export function bearer(token: string, source: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new KubeError(
    "unauthorized",
    `Cannot use the token ${source}: it is empty or has characters that no token has; get a new one`,
  );
}

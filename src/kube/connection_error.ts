/** What it means when no answer came. */

import { action, type Call } from "./call.ts";
import { KubeError } from "./kube_error.ts";
import { notCapable } from "./not_capable.ts";

/** The longest part of the cause that says what happened; Deno puts addresses and the URL in front of it. */
const essence = /client error \((\w+)\): (.*)$/s;

function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? error.cause.message : error.message;
  return essence.exec(inner)?.[2] ?? inner;
}

/** Whether the connection never came about, so that the server has surely seen nothing of the call. */
export function isUnsent(error: unknown): boolean {
  // The client was closed, for a newer one, just before the request.
  if (error instanceof Deno.errors.BadResource) return true;
  return error instanceof Error && error.cause instanceof Error &&
    essence.exec(error.cause.message)?.[1] === "Connect";
}

/** Whether the server's certificate was refused. */
export function isUntrusted(error: unknown): boolean {
  return isUnsent(error) && /invalid peer certificate/.test(text(error));
}

/** The error of a call that brought no answer, or a broken one: "network", or "not-capable". */
export function connectionError(call: Call, server: string, error: unknown): KubeError {
  if (error instanceof Deno.errors.NotCapable) return notCapable(action(call), error);
  const remedy = isUntrusted(error)
    ? "; check that the address is this cluster's and that its certificate authority is given"
    : "";
  const { origin } = new URL(server);
  return new KubeError(
    "network",
    `${action(call)}: no answer from ${origin}: ${text(error)}${remedy}`,
    { cause: error },
  );
}

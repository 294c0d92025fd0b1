/** Why a call to the API server did not do what it was asked to. */

import type { ServerStatus } from "./kube_object.ts";

/** Kinds of errors: what a caller, a retry, a metric and a log tell apart. */
export const kubeErrorKinds = [
  /** 400, 404 of an unknown kind, 405, 406, 413, 415: the program asked for what the server can't do. */
  "bad-request",
  /** 401: the credentials are not, or no longer, accepted; without a code, there are none that could be read. */
  "unauthorized",
  /** 403: the account may not do this. */
  "forbidden",
  /** 404. */
  "not-found",
  /** 409 with reason AlreadyExists. */
  "already-exists",
  /** 409: somebody else changed the object, owns the field, or a precondition does not hold. */
  "conflict",
  /** 410: the resource version, or the continuation of a list, is too old. */
  "gone",
  /** 422: a field is invalid; the message names it. */
  "invalid",
  /** 429. */
  "too-many-requests",
  /** 500 and others above it. */
  "server-error",
  /** 502, 503, 504. */
  "unavailable",
  /** No answer in time. */
  "deadline",
  /** No connection, or one that broke. */
  "network",
  /** An answer that is not what the API promises: no JSON, a redirect, an object without a version. */
  "protocol",
  /** The process itself is not permitted to connect there: Deno's permissions, not the server's. */
  "not-capable",
  /** This process must not write, or no longer: it does not hold the lease. */
  "not-leader",
] as const;

/** Kind of an error; bounded, so that it can be a metric's label. */
export type KubeErrorKind = typeof kubeErrorKinds[number];

/** A call that failed, in a form that callers can tell apart. The message names the call and what to do where that is known. */
export class KubeError extends Error {
  override name = "KubeError";
  readonly kind: KubeErrorKind;
  /** HTTP status; undefined where no answer came. */
  readonly code: number | undefined;
  /** What the server said of it. */
  readonly status: ServerStatus | undefined;
  /** How long the server asks to wait before another try, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: KubeErrorKind,
    message: string,
    details: {
      code?: number;
      status?: ServerStatus;
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = kind;
    this.code = details.code;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
  }
}

/** Whether `error` is a `KubeError` of one of `kinds`. */
export function isKubeError(
  error: unknown,
  ...kinds: readonly KubeErrorKind[]
): error is KubeError {
  return error instanceof KubeError && (kinds.length === 0 || kinds.includes(error.kind));
}

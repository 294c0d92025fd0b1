/** What an answer other than success means. */

import { action, type Call } from "./call.ts";
import { KubeError, type KubeErrorKind } from "./kube_error.ts";
import type { ServerStatus } from "./kube_object.ts";

/** An answer of the API server that is no success. */
export interface ErrorAnswer {
  code: number;
  /** Its body, or the beginning of it. */
  body: string;
  /** What it asks to wait, in milliseconds. */
  retryAfter?: number | undefined;
}

const longestMessage = 2_000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The API server's Status in a value; undefined where it is none. */
export function asStatus(value: unknown): ServerStatus | undefined {
  if (!isObject(value) || value.kind !== "Status") return undefined;
  const { code, reason, message, details } = value;
  return {
    ...typeof code === "number" ? { code } : {},
    ...typeof reason === "string" ? { reason } : {},
    ...typeof message === "string" ? { message } : {},
    ...isObject(details) ? { details } : {},
  };
}

function parsedStatus(body: string): ServerStatus | undefined {
  try {
    return asStatus(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** The kind of error that an HTTP status stands for, with the server's Status where it sent one. */
export function errorKind(code: number, status: ServerStatus | undefined): KubeErrorKind {
  switch (code) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404: // The server knows no such path: it has no such kind of object.
      return status === undefined ? "bad-request" : "not-found";
    case 409:
      return status?.reason === "AlreadyExists" ? "already-exists" : "conflict";
    case 410:
      return "gone";
    case 422:
      return "invalid";
    case 429:
      return "too-many-requests";
    case 502:
    case 503:
    case 504:
      return "unavailable";
  }
  if (code >= 500) return "server-error";
  return code >= 400 ? "bad-request" : "protocol";
}

function remedy(call: Call, code: number, status: ServerStatus | undefined): string {
  const { resource: { plural, apiVersion, kind } } = call;
  if (code === 401) {
    return "; the credentials are missing, expired, or another cluster's: renew them";
  }
  if (code === 404 && status === undefined) {
    return `; the API server knows no ${kind} of ${apiVersion}: apply its CustomResourceDefinition`;
  }
  if (code === 403 && call.verb === "discover") {
    return "; bind the ClusterRole system:discovery to the account, as Kubernetes does by default";
  }
  const denied = /^.*?User "([^"]*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"/.exec(
    status?.message ?? "",
  );
  if (code !== 403 || denied === null) return "";
  const [, user = "", verb, asked = plural, group] = denied;
  return `; let a role of ${JSON.stringify(user)} ${verb} ${JSON.stringify(asked)} of API group ${
    JSON.stringify(group)
  }`;
}

/** What a server says, on one line and not too long: it must not write lines of its own into a log. */
export function serverSaid(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return shown.length <= longestMessage ? shown : `${shown.slice(0, longestMessage)}…`;
}

/** The error of a call that the server answered with something other than success. */
export function answerError(call: Call, { code, body, retryAfter }: ErrorAnswer): KubeError {
  if (code >= 300 && code < 400) {
    return new KubeError(
      "protocol",
      `${action(call)}: the answer is a redirect (HTTP ${code}), which no API server sends; ` +
        "check the address of the API server",
      { code },
    );
  }
  const status = parsedStatus(body);
  const said = status?.message || body.slice(0, 200) || "no reason given";
  const message = `${action(call)}: ${serverSaid(said)} (HTTP ${code})${
    remedy(call, code, status)
  }`;
  return new KubeError(errorKind(code, status), message, {
    code,
    ...status === undefined ? {} : { status },
    ...retryAfter === undefined ? {} : { retryAfter },
  });
}

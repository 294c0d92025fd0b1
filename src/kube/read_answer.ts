/** Reading the bodies of successful answers. */

import { action, type Call } from "./call.ts";
import { KubeError } from "./kube_error.ts";
import type { Content } from "./kube_api.ts";
import type { KubeList, KubeObject } from "./kube_object.ts";
import type { Body } from "./body_pieces.ts";
import { limitedBody } from "./limited_body.ts";
import type { Resource } from "./resource.ts";

const longestBody = 64 * 1024 * 1024;

type Fields = Record<string, unknown>;

/** Whether a value is an object of JSON. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The "protocol" error of an answer that is not what the API promises. */
export function protocolError(call: Call, what: string, cause?: unknown): KubeError {
  const message = `${
    action(call)
  }: ${what}; check that the address is an API server's, and nothing's in front of it`;
  return new KubeError("protocol", message, { cause });
}

async function json(call: Call, body: Body): Promise<Fields> {
  const { bytes, cut } = await limitedBody(body, longestBody);
  if (cut) throw protocolError(call, `the answer has more than ${longestBody} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw protocolError(call, "the answer is not JSON", cause);
  }
  if (!isFields(value)) throw protocolError(call, "the answer is not an object");
  return value;
}

/**
 * A value as an object of a kind, with the `apiVersion` and `kind` that lists of built-in kinds leave out. Throws a
 * "protocol" error where it has no name or no version.
 */
export function asObject<T extends KubeObject>(
  call: Call,
  { apiVersion, kind }: Resource<T>,
  value: unknown,
): T {
  const { name, resourceVersion } = isFields(value) && isFields(value.metadata)
    ? value.metadata
    : {};
  if (typeof name !== "string" || typeof resourceVersion !== "string" || resourceVersion === "") {
    throw protocolError(call, "the answer has an object without a name or a version");
  }
  return Object.assign(value as T, { apiVersion, kind });
}

/** The object that an answer holds. */
export async function readObject<T extends KubeObject>(
  call: Call,
  resource: Resource<T>,
  body: Body,
): Promise<T> {
  return asObject(call, resource, await json(call, body));
}

/** The answer to a question, which has neither a name nor a version. */
export async function readReview<T extends KubeObject>(
  call: Call,
  { kind }: Resource<T>,
  body: Body,
): Promise<Content<T>> {
  const answer = await json(call, body);
  if (answer.kind !== kind) throw protocolError(call, `the answer is no ${kind}`);
  return answer as unknown as T;
}

/** The plurals of the kinds that an answer says a version of an API group has; their parts, as "pods/log", are left out. */
export async function readKinds(call: Call, body: Body): Promise<ReadonlySet<string>> {
  const { kind, resources } = await json(call, body);
  if (kind !== "APIResourceList" || !Array.isArray(resources)) {
    throw protocolError(call, "the answer is no list of kinds");
  }
  return new Set(resources.flatMap((one: unknown) => {
    const name = isFields(one) ? one.name : undefined;
    return typeof name === "string" && !name.includes("/") ? [name] : [];
  }));
}

/** The page of a list that an answer holds. */
export async function readList<T extends KubeObject>(
  call: Call,
  resource: Resource<T>,
  body: Body,
): Promise<KubeList<T>> {
  const { metadata, items } = await json(call, body);
  // A list of nothing may come as null.
  const values = items ?? [];
  if (!isFields(metadata) || !Array.isArray(values)) {
    throw protocolError(call, "the answer is not a list");
  }
  return {
    metadata: metadata as KubeList<T>["metadata"],
    items: values.map((item) => asObject(call, resource, item)),
  };
}

/** Takes an answer of which nothing is wanted, so that its connection is free again. */
export async function readNothing(body: Body): Promise<void> {
  await limitedBody(body, longestBody);
}

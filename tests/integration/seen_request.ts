import type { WireRequest } from "./http_connection.ts";

/** Kubernetes' verbs, with the kinds of patch told apart. */
export type SeenVerb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "replace"
  | "apply"
  | "patch"
  | "delete"
  | "other";

/** A request that came to the proxy. */
export interface SeenRequest {
  verb: SeenVerb;
  method: string;
  /** "/api/v1/namespaces/x/configmaps" */
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: string;
  /** The API server's status; 0 where the request did not reach it or it has not answered yet. */
  code: number;
  /** Lines of a watch that were passed on. */
  lines: number;
  /** Resolves when the proxy is done with it: true when the client had closed the connection before. */
  over: Promise<boolean>;
}

const path = /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/[^/]+(?=\/))?\/[^/]+(\/.+)?$/;

function verb(
  method: string,
  pathname: string,
  query: URLSearchParams,
  headers: Headers,
): SeenVerb {
  const parts = path.exec(pathname);
  switch (method) {
    case "GET":
      if (parts === null) return "other";
      if (query.get("watch") === "true") return "watch";
      return parts[1] === undefined ? "list" : "get";
    case "POST":
      return "create";
    case "PUT":
      return "replace";
    case "PATCH":
      return headers.get("content-type")?.startsWith("application/apply-patch") ? "apply" : "patch";
    case "DELETE":
      return "delete";
  }
  return "other";
}

/** What a test looks at of a request. */
export function seenRequest(request: WireRequest, over: Promise<boolean>): SeenRequest {
  const { method, target, headers, body } = request;
  const { pathname, searchParams } = new URL(target, "http://proxy");
  return {
    verb: verb(method, pathname, searchParams, headers),
    method,
    path: pathname,
    query: searchParams,
    headers,
    body: new TextDecoder().decode(body),
    code: 0,
    lines: 0,
    over,
  };
}

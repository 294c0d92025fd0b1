/** Bare calls of the API server, so that a test sees the server's own answer and nothing that a client makes of it. */

import type { Account, TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** An answer of the API server. */
export interface Answer {
  code: number;
  /** The object, or the server's Status where it refused. */
  body: Any;
  /** The texts of the Warning headers. */
  warnings: string[];
}

/** How to call. */
export interface CallOptions {
  /** JSON to send. */
  body?: unknown;
  /** Content type of the body; a patch is a merge patch by default. */
  type?: string;
}

/** Calls the API server with one token. */
export interface ApiCaller extends Disposable {
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

/** Content type of a server-side apply. */
export const applyType = "application/apply-patch+yaml";

const maxTries = 50;

function warningTexts(header: string | null): string[] {
  return [...(header ?? "").matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}

/** What a watch sends at first, without waiting for more. */
async function firstEvent(response: Response): Promise<Any> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text === "" ? {} : JSON.parse(text.slice(0, text.indexOf("\n")));
}

/** A caller with `token`. */
export function callerWithToken(cluster: TestCluster, token: string): ApiCaller {
  const client = Deno.createHttpClient({ caCerts: [cluster.ca], http2: false });
  const once = async (method: string, path: string, options: CallOptions): Promise<Response> => {
    const { body, type } = options;
    const patch = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    return await fetch(cluster.server + path, {
      client,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": type ?? patch }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  };
  return {
    async call(method, path, options = {}): Promise<Answer> {
      for (let tries = 1;; tries++) {
        const response = await once(method, path, options);
        const watches = response.ok && new URL(path, cluster.server).searchParams.has("watch");
        const body = watches ? await firstEvent(response) : await response.json();
        // A kind that was defined a moment ago is not served yet; the server waits before it says so.
        if (response.status === 429 && tries < maxTries) continue;
        return {
          code: response.status,
          body,
          warnings: warningTexts(response.headers.get("warning")),
        };
      }
    },
    [Symbol.dispose]: (): void => client.close(),
  };
}

/** A caller as `account` of `namespace`, in a pod on `node` where that is given: a daemon has one. */
export async function apiCaller(
  cluster: TestCluster,
  namespace: TestNamespace,
  account: Account,
  node?: string,
): Promise<ApiCaller> {
  return callerWithToken(cluster, await namespace.token(account, node));
}

function path(root: string, namespace: string, plural: string, name: string | undefined): string {
  const all = `${root}/namespaces/${namespace}/${plural}`;
  return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
}

const group = "/apis/fileintegrity.openshift.io/v1alpha1";

/** The path of the FileIntegrities of a namespace, or of one of them. */
export function fileIntegritiesPath(namespace: string, name?: string): string {
  return path(group, namespace, "fileintegrities", name);
}

/** The path of the node statuses of a namespace, or of one of them. */
export function nodeStatusesPath(namespace: string, name?: string): string {
  return path(group, namespace, "fileintegritynodestatuses", name);
}

/** The path of the ConfigMaps of a namespace, or of one of them. */
export function configMapsPath(namespace: string, name?: string): string {
  return path("/api/v1", namespace, "configmaps", name);
}

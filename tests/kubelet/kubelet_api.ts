/** The calls of a kubelet, made as the cluster's admin. */
import type { TokenRequest } from "kubernetes-types/authentication/v1.d.ts";
import type { Connection } from "../../src/kube/connection.ts";
import { KubeClient } from "../../src/kube/kube_client.ts";
import { kubeconfigConnection } from "../../src/kube/kubeconfig.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";
import type { Pod } from "./kinds.ts";

/** What the calls of the test's kubelet are named in the API server's audit log. */
export const kubeletUserAgent = "test-kubelet";

/** A ServiceAccount's token. */
export interface BoundToken {
  token: string;
  /** When it ends, milliseconds since the epoch. */
  expires: number;
}

/** What a kubelet asks of the API server: the product's client, and the two calls that the product never makes. */
export class KubeletApi implements Disposable {
  readonly client: KubeClient;
  readonly #connection: Connection;
  readonly #closed = new AbortController();

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.client = new KubeClient(connection, { userAgent: kubeletUserAgent });
  }

  /** Opens it with the admin's certificate. */
  static async open(cluster: Pick<TestCluster, "adminKubeconfig">): Promise<KubeletApi> {
    return new KubeletApi(await kubeconfigConnection({ path: cluster.adminKubeconfig }));
  }

  /** A token of the pod's ServiceAccount that is bound to the pod, and so names its node. */
  async token(
    { metadata, spec }: Pod,
    { audience, expirationSeconds }: { audience?: string; expirationSeconds?: number },
  ): Promise<BoundToken> {
    const { name, namespace, uid } = metadata;
    const account = spec?.serviceAccountName ?? "default";
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const answer = await this.#call("POST", path, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds: expirationSeconds ?? 3600,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    });
    const { status } = await answer.json() as TokenRequest;
    if (status === undefined) throw new Error(`Cannot get a token for ${account}: none came`);
    return { token: status.token, expires: Date.parse(String(status.expirationTimestamp)) };
  }

  /** Takes the pod out of the API, as a kubelet does once its containers have ended. */
  async removePod({ metadata: { name, namespace, uid } }: Pod): Promise<void> {
    const answer = await this.#call("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, {
      apiVersion: "v1",
      kind: "DeleteOptions",
      gracePeriodSeconds: 0,
      preconditions: { uid },
    }, [404, 409]); // it is gone, or another one has its name
    await answer.body?.cancel();
  }

  async #call(
    method: string,
    path: string,
    body: unknown,
    fine: readonly number[] = [],
  ): Promise<Response> {
    const answer = await fetch(this.#connection.server + path, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", "user-agent": kubeletUserAgent },
      client: await this.#connection.http(),
      signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(20_000)]),
    });
    if (answer.ok || fine.includes(answer.status)) return answer;
    throw new Error(`Cannot ${method} ${path}: ${answer.status} ${await answer.text()}`);
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    this.client[Symbol.dispose]();
  }
}

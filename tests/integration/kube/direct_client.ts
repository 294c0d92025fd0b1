import { inClusterConnection } from "../../../src/kube/in_cluster.ts";
import { KubeClient, type KubeClientOptions } from "../../../src/kube/kube_client.ts";
import type { Account, TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";

/** A client of an account, straight to the API server, with the credentials that a pod of that account has. */
export async function directClient(
  cluster: Pick<TestCluster, "server">,
  namespace: TestNamespace,
  options: KubeClientOptions = {},
  account: Account = "operator",
): Promise<KubeClient> {
  return clientOf(cluster.server, await namespace.credentials(account), options);
}

/** A client with the credentials in a directory, as a pod has them. */
export async function clientOf(
  server: string,
  directory: string,
  options: KubeClientOptions = {},
): Promise<KubeClient> {
  const { hostname, port } = new URL(server);
  const environment: Record<string, string> = {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  };
  const connection = await inClusterConnection({ directory, env: (name) => environment[name] });
  return new KubeClient(connection, options);
}

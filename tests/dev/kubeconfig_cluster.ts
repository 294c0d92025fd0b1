/** The cluster of a kubeconfig, looked at before the operator writes to it. */
import { kubeconfigConnection } from "../../src/kube/kubeconfig.ts";
import { KubeClient } from "../../src/kube/kube_client.ts";
import { isKubeError } from "../../src/kube/kube_error.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import { resource, resources } from "../../src/kube/resource.ts";

const namespaces = resource<KubeObject>("v1", "Namespace", "namespaces", "cluster");

/** Where the operator is to write, and what it is to have the daemons run. */
export interface KubeconfigTarget {
  kubeconfig: string | undefined;
  context: string | undefined;
  namespace: string;
  image: string;
}

/** The options with which kubectl takes the same cluster. */
function kubectlOptions(kubeconfig: string | undefined, context: string): string {
  return `${
    kubeconfig === undefined ? "" : ` --kubeconfig '${kubeconfig}'`
  } --context '${context}'`;
}

/**
 * Says to which cluster and namespace the operator will write, as whom, and gives the context's name. Throws where the
 * cluster lacks our API or the namespace, with the command that makes it.
 */
export async function lookAtKubeconfigCluster(
  { kubeconfig, context, namespace, image }: KubeconfigTarget,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const connection = await kubeconfigConnection({
    ...kubeconfig !== undefined && { path: kubeconfig },
    ...context !== undefined && { context },
  });
  const { context: name, server } = connection;
  using client = new KubeClient(connection, { userAgent: "file-integrity-operator-dev" });
  say(`The operator of this source tree will write to
  context    ${name}
  server     ${server}
  namespace  ${namespace}
and have the nodes that FileIntegrities select there run the image ${image}`);
  const options = { signal, deadline: 15_000 };
  const kubectl = `kubectl${kubectlOptions(kubeconfig, name)}`;
  try {
    const selection = { ...options, namespace, pageSize: 1 };
    for await (const _page of client.pages(resources.fileIntegrities, selection)) break;
    for await (const _page of client.pages(resources.nodeStatuses, selection)) break;
  } catch (error) {
    if (!isKubeError(error) || error.code !== 404) throw error;
    throw new Error(
      "The definitions of FileIntegrities are missing on that cluster. This installs them, the namespace and the " +
        `accounts:\n  ${kubectl} apply -f crds -f manifests/base -f manifests/rbac`,
      { cause: error },
    );
  }
  try {
    await client.get(namespaces, { name: namespace }, options);
  } catch (error) {
    if (!isKubeError(error, "not-found", "forbidden")) throw error;
    if (error.kind === "not-found") {
      throw new Error(
        `The cluster has no namespace ${namespace}: name another one with --namespace, or make it:\n` +
          `  ${kubectl} create namespace ${namespace}`,
        { cause: error },
      );
    }
  }
  return name;
}

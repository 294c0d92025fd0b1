import type { Connection } from "../kube/connection.ts";
import { inClusterConnection } from "../kube/in_cluster.ts";

/** The way to the API server: that of a kubeconfig where one is asked for, else the pod's own. Rejects with `KubeError`. */
export async function connect(
  { kubeconfig, context }: { kubeconfig?: string; context?: string },
): Promise<Connection> {
  if (kubeconfig === undefined && context === undefined) return await inClusterConnection();
  const { kubeconfigConnection } = await import("../kube/kubeconfig.ts");
  return await kubeconfigConnection({
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
}

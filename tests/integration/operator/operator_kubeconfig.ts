import type { TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";

/** Writes a kubeconfig of the operator's account; gives its path. */
export async function operatorKubeconfig(
  cluster: TestCluster,
  namespace: TestNamespace,
): Promise<string> {
  const path = `${await Deno.makeTempDir()}/kubeconfig`;
  const server = { "server": cluster.server, "certificate-authority": cluster.caFile };
  const config = {
    ...{ "apiVersion": "v1", "kind": "Config", "current-context": "test" },
    "clusters": [{ name: "test", cluster: server }],
    "users": [{ name: "operator", user: { token: await namespace.token("operator") } }],
    "contexts": [{ name: "test", context: { cluster: "test", user: "operator" } }],
  };
  await Deno.writeTextFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** The kubeconfigs of `deno task dev`: the operator's, and that of whoever looks on. */
import { parse } from "@std/yaml";
import { serviceAccount } from "../cluster/manifests.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";

interface Kubeconfig {
  users: { name: string; user: Record<string, string> }[];
  contexts: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
}

/** Longer than anybody leaves it running. */
const tokenDuration = "720h";

/** Both, of one namespace. */
export interface DevKubeconfigs {
  /** Of the operator's ServiceAccount. */
  operator: string;
  /** Of an account that may do everything. */
  admin: string;
}

/** Writes both into a directory and gives their paths. */
export async function writeKubeconfigs(
  cluster: TestCluster,
  namespace: string,
  directory: string,
): Promise<DevKubeconfigs> {
  const config = parse(await Deno.readTextFile(cluster.adminKubeconfig)) as Kubeconfig;
  for (const { context } of config.contexts) context.namespace = namespace;
  const write = async (name: string, content: Kubeconfig): Promise<string> => {
    const path = `${directory}/${name}`;
    await Deno.writeTextFile(path, JSON.stringify(content, null, 2), { mode: 0o600 });
    return path;
  };
  const asked = ["create", "token", serviceAccount("operator"), `--duration=${tokenDuration}`];
  const { code, stdout, stderr } = await cluster.kubectl(asked, { namespace });
  if (code !== 0) throw new Error(`Cannot get a token for the operator: ${stderr.trim()}`);
  const token = stdout.trim();
  const users = config.users.map(({ name }) => ({ name, user: { token } }));
  return {
    admin: await write("kubeconfig", config),
    operator: await write("operator.kubeconfig", { ...config, users }),
  };
}

/** Everything that a cluster has, by kind and name. */
import type { TestCluster } from "../../cluster/test_cluster.ts";

// What the cluster writes of its own accord: they come and go whatever is installed.
const itsOwn = /^(events|leases|endpoints|endpointslices|componentstatuses)(\.|$)/;

async function kubectl(cluster: TestCluster, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** All objects of all kinds but events, leases and endpoints, as "KIND NAMESPACE/NAME", sorted. */
export async function inventory(cluster: TestCluster): Promise<string[]> {
  const listed = await kubectl(cluster, ["api-resources", "--verbs=list", "-o", "name"]);
  const kinds = listed.trim().split("\n").filter((kind) => !itsOwn.test(kind));
  const template = '{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const all = await kubectl(cluster, ["get", kinds.join(), "-A", "-o", `jsonpath=${template}`]);
  return all.trim().split("\n").sort();
}

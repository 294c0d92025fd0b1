/** Lists the ConfigMaps of a namespace as a pod would: `list_program.ts DIRECTORY NAMESPACE`. Prints JSON. */
import { inClusterConnection } from "../../../src/kube/in_cluster.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { isKubeError } from "../../../src/kube/kube_error.ts";
import { resources } from "../../../src/kube/resource.ts";

const [directory = "", namespace = ""] = Deno.args;
let attempts = 0;

async function print(answer: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(answer)));
}

try {
  using client = new KubeClient(await inClusterConnection({ directory }), {
    report: (report) => attempts = report.attempts,
  });
  // But for the one that the cluster makes in every namespace, whenever it comes to it.
  const fieldSelector = "metadata.name!=kube-root-ca.crt";
  const { items } = await client.list(resources.configMaps, { namespace, fieldSelector });
  await print({ items: items.length, attempts });
} catch (error) {
  if (!isKubeError(error)) throw error;
  const { kind, message } = error;
  await print({ kind, message, attempts });
}

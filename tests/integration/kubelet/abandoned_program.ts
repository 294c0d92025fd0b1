// deno-lint-ignore-file no-console -- tells its test what it started
/** Has a pod run on a node of its own, says which processes that are, and then waits to be killed. */
import { openCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { apply, probedNodes, probeWorkload } from "./probing_pods.ts";

const [home = "", name = ""] = Deno.args;
const cluster = await openCluster(home);
const namespace = { name } as TestNamespace; // its name is all that is used
const probed = await probedNodes(cluster, namespace, 1);
await apply(cluster, namespace, probeWorkload("DaemonSet", probed));
const { nodes, names: [node = ""] } = probed;
await nodes.untilLogged("probe", "what it found", ({ entry }) => entry?.message === "found");
console.log(JSON.stringify({
  ...{ node, hostRoot: nodes.hostRoot(node) },
  pids: await nodes.container("probe").pids(),
}));
await new Promise(() => setInterval(() => {}, 60_000));

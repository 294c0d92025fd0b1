/** Watches of the operator fall silent, and stay open. */

import { assertEquals } from "@std/assert";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { OperatorAtWork } from "../operator/operator_at_work.ts";

clusterTest("fault: what silent watches do not tell, the periodic list does", async (cluster) => {
  await using proxy = await FaultProxy.start(cluster);
  await using operator = await OperatorAtWork.prepare(cluster);
  const nodes = ["a", "b"].map((name) => `${operator.namespace.name.slice(-8)}-${name}`);
  const [a = "", b = ""] = nodes;
  await operator.addNodes(nodes);
  using api = new KubeClient(proxy.connection(await operator.namespace.token("operator")));
  // Every watch tells one thing, and then nothing any more; the watchdog would take five minutes.
  const silence = proxy.inject({ verb: "watch" }, { do: "stall", at: { lines: 1 } }, {
    times: 1e6,
  });
  await operator.start({ api, relistInterval: 2_000 });
  await operator.apply("worker");
  for (const node of nodes) await operator.report("worker", node);
  await operator.untilPhase("worker", "Active");
  await operator.demand(["delete", "ds", "aide-worker"]);
  await operator.until("the DaemonSet is there again", () => operator.get("ds", "aide-worker"));
  await operator.report("worker", a, { condition: "Failed", filesAdded: 1 });
  await operator.untilReason("worker", "NodesUnchanged", "ChangesFound");
  await operator.removeNode(b);
  await operator.until(
    "its status is gone",
    async () => await operator.get("fins", `worker-${b}`) === undefined,
  );
  await operator.report("worker", a);
  await operator.untilReason("worker", "NodesUnchanged", "NoChanges");
  assertEquals(silence.hits > 0, true);
  assertEquals(
    (await operator.events("NodeIntegrityStatus")).filter((message) => message.includes(a)),
    [
      `no changes to node ${a}`,
      `node ${a} has changed! a:1,c:0,r:0`,
      `no changes to node ${a}`,
    ],
  );
  silence.remove();
  proxy.cutAll();
});

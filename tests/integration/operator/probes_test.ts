/** Probes of two operators as processes, of which one leads. */

import { assertEquals } from "@std/assert";
import { probePort } from "../../../src/api/ports.ts";
import { type Running, start } from "../../cli/program.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { loopbackAddress } from "../../loopback_address.ts";
import { operatorKubeconfig } from "./operator_kubeconfig.ts";

async function ready(address: string): Promise<[number, string]> {
  const answer = await fetch(`http://${address}:${probePort}/readyz`);
  return [answer.status, await answer.text()];
}

clusterTest("leader and standby are ready, each for what it is", async (cluster) => {
  await using namespace = await cluster.namespace("probes");
  const config = await operatorKubeconfig(cluster, namespace);
  const begin = async (address: string): Promise<Running> =>
    await start([
      ...["operator", `--kubeconfig=${config}`, `--namespace=${namespace.name}`, "--image=image"],
      `--bind-address=${address}`,
    ], { asProduct: true });
  const [first, second] = [loopbackAddress(), loopbackAddress()];

  await using leader = await begin(first);
  await leader.until(
    "it has caches",
    ({ stderr }) => / FileIntegrities in namespace probes-\S+: 0; nodes: \d/.test(stderr),
  );
  assertEquals(await ready(first), [200, "ok lease\nok caches\n"]);

  await using standby = await begin(second);
  await standby.until("it sees a leader", ({ stderr }) => /The leader is /.test(stderr));
  assertEquals(await ready(second), [200, "ok lease\n"]);

  leader.kill("SIGTERM");
  assertEquals((await leader.end()).code, 0);
  await standby.until("it leads", ({ stderr }) => / FileIntegrities in namespace /.test(stderr));
  assertEquals(await ready(second), [200, "ok lease\nok caches\n"]);
  standby.kill("SIGTERM");
  assertEquals((await standby.end()).code, 0);
});

/** Probes of two operators as processes, of which one leads. */

import { assertEquals } from "@std/assert";
import { probePort } from "../../../src/api/ports.ts";
import { type Running, start } from "../../cli/program.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { loopbackAddress } from "../../loopback_address.ts";

/** A kubeconfig of the operator's account. */
async function kubeconfig(cluster: TestCluster, namespace: TestNamespace): Promise<string> {
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

async function ready(address: string): Promise<[number, string]> {
  const answer = await fetch(`http://${address}:${probePort}/readyz`);
  return [answer.status, await answer.text()];
}

clusterTest("leader and standby are ready, each for what it is", async (cluster) => {
  await using namespace = await cluster.namespace("probes");
  const config = await kubeconfig(cluster, namespace);
  const begin = async (address: string): Promise<Running> =>
    await start([
      ...["operator", `--kubeconfig=${config}`, `--namespace=${namespace.name}`, "--image=image"],
      `--bind-address=${address}`,
    ], { asProduct: true });
  const [first, second] = [loopbackAddress(), loopbackAddress()];

  await using leader = await begin(first);
  await leader.until(
    "it has caches",
    ({ stderr }) => / FileIntegrities in namespace /.test(stderr),
  );
  assertEquals(await ready(first), [200, "ok lease\nok caches\n"]);

  await using standby = await begin(second);
  await standby.until("it sees a leader", ({ stderr }) => /The leader is /.test(stderr));
  assertEquals(await ready(second), [200, "ok lease\n"]);

  leader.kill("SIGTERM");
  assertEquals((await leader.end()).code, 0);
  await standby.until("it leads", ({ stderr }) => / FileIntegrities in namespace /.test(stderr));
  assertEquals(await ready(second), [200, "ok lease\nok caches\n"]);
  standby.kill("SIGTERM"); // a launcher that is killed would leave it behind
  assertEquals((await standby.end()).code, 0);
});

import { assert, assertEquals } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { DaemonNode } from "./daemon_node.ts";

clusterTest("two FileIntegrities on one host do not disturb each other", async (cluster) => {
  await using namespace = await cluster.namespace("daemon");
  await using one = await DaemonNode.make(cluster, namespace, { fileIntegrity: "one" });
  await using two = await DaemonNode.make(cluster, namespace, {
    fileIntegrity: "two",
    config: "/etc/motd sha512\n",
  });
  const { root } = one.host;
  const stateOf = (name: string): string => `${root}/var/lib/file-integrity/${name}`;
  await using first = await one.start({ stateDir: stateOf("one") });
  await using second = await two.start({ root, stateDir: stateOf("two") });
  const [before, beside] = [await one.result("Succeeded"), await two.result("Succeeded")];
  assert(before.baseline?.digest !== beside.baseline?.digest);

  await one.host.append("etc/hosts", "# of the one alone\n");
  first.nextScan();
  second.nextScan();
  const failed = await one.result("Failed", before);
  assertEquals(failed.lastResult?.changes?.items.map(({ path }) => path), ["/etc/hosts"]);
  const later = await two.result("Succeeded", beside);

  // A new baseline of the one is none of the other.
  await one.annotate({ reInit: "request-1" });
  const renewed = await one.status("the new baseline", ({ baseline }) => {
    return baseline?.requestID === "request-1";
  });
  second.nextScan();
  const still = await two.result("Succeeded", later);
  assertEquals(still.baseline, beside.baseline);
  assert(renewed.baseline?.digest !== before.baseline?.digest);
});

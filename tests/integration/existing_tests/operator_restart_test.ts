/** Of the existing operator's end-to-end tests the one that kills the operator, on an installation of its own. */

import { assertEquals } from "@std/assert";
import { type Lease, operatorLease } from "../../../src/kube/lease.ts";
import { productTest } from "../product/installation.ts";
import { ScrapedOperator } from "../product/scraped_operator.ts";

// Here the gauge node_failed is right from the first scrape on, as it is made of the objects; there it comes back with the
// next results. The events are told once: the existing operator repeats them.
productTest("TestFileIntegrityMetricsResetPersistence", async (product) => {
  const name = "e2e-test-restart";
  const operator = await ScrapedOperator.of(product);
  const failedNodes = async (): Promise<string[]> =>
    (await operator.scrape()).of("file_integrity_operator_node_failed", { fileintegrity: name })
      .filter(({ value }) => value === 1)
      .map(({ labels }) => labels.node ?? "").sort();
  const [first = "", second = "", third = ""] = product.workers;
  await product.apply(name);
  for (const node of product.workers) await product.untilResult(name, node, "Succeeded");
  for (const node of [first, second]) await product.change(node, "/etc/resolv.conf");
  for (const node of [first, second]) await product.untilResult(name, node, "Failed");
  const failed = async (): Promise<number | undefined> =>
    (await product.get("fileintegrity", name))?.status?.nodes?.failed;
  await product.until("both are counted", async () => await failed() === 2);
  const before = Object.values(await product.untilTold({ results: 5, baselines: 3 })).flat();
  const told = async (): Promise<string[]> => Object.values(await product.told()).flat();
  assertEquals(await failedNodes(), [first, second].sort());
  const lease = async (): Promise<Lease["spec"]> =>
    (await product.get("lease", operatorLease))?.spec;
  // It is to take over at once what the container before it held: who waits for the end of that waits for an hour.
  const pod = product.nodes.container("file-integrity-operator");
  pod.kill("SIGSTOP"); // so that it does not renew the Lease in between
  await product.admin([
    ...["patch", "lease", operatorLease, "--type=merge"],
    ...["-p", JSON.stringify({ spec: { leaseDurationSeconds: 3_600 } })],
  ]);
  const held = await lease();
  pod.kill("SIGKILL");
  await product.nodes.until(
    "it is started again",
    () =>
      product.nodes.containers("file-integrity-operator").some(({ restarts }) => restarts === 1) ||
      undefined,
  );
  assertEquals(await failedNodes(), [first, second].sort());
  await product.until(
    "it leads",
    async () => (await lease())?.holderIdentity !== held?.holderIdentity,
  );
  // What another operator makes of a third node shows that it is there, and what it makes of the other two.
  await product.change(third, "/etc/resolv.conf");
  await product.untilResult(name, third, "Failed");
  await product.until("it counts all three", async () => await failed() === 3);
  await product.until("it tells of the third", async () => (await told()).length > before.length);
  const news = (await told()).filter((message) => !before.includes(message));
  assertEquals(news.map((message) => message.replace(/ a:.*/, "")), [
    `node ${third} has changed!`,
  ]);
  assertEquals((await told()).length, before.length + 1);
  assertEquals(await failed(), 3);
  assertEquals(await failedNodes(), product.workers.toSorted());
  assertEquals(product.faults(/"message":"Failed/), []);
});

/** Of the existing operator's end-to-end tests the one that kills the operator, on an installation of its own. */

import { assertEquals } from "@std/assert";
import { productTest } from "../product/installation.ts";

// There a gauge, node_failed, has to come back after the operator was killed. That metric is not there yet; the status
// that it is to be read from is, and outlives the operator. The events are told once: the existing operator repeats them.
productTest("TestFileIntegrityMetricsResetPersistence", async (product) => {
  const name = "e2e-test-restart";
  const [first = "", second = "", third = ""] = product.workers;
  await product.apply(name);
  for (const node of product.workers) await product.untilResult(name, node, "Succeeded");
  for (const node of [first, second]) await product.change(node, "/etc/resolv.conf");
  for (const node of [first, second]) await product.untilResult(name, node, "Failed");
  const failed = async (): Promise<number | undefined> =>
    (await product.get("fileintegrity", name))?.status?.nodes?.failed;
  await product.until("both are counted", async () => await failed() === 2);
  const told = async (): Promise<string[]> => [
    ...await product.events("FileIntegrityStatus"),
    ...await product.events("NodeIntegrityStatus"),
    ...await product.events("NodeBaseline"),
  ];
  await product.until("all is told", async () => (await told()).length === 3 + 5 + 3);
  const before = await told();
  product.nodes.kill("file-integrity-operator", "SIGKILL");
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
  assertEquals(product.faults(/"message":"Failed/), []);
});

/** What the operator decides while its own writes are not heard of yet. */

import { assertEquals } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { resources } from "../../../src/kube/resource.ts";
import { directClient } from "../kube/direct_client.ts";
import { lateWatch } from "./late_watch.ts";
import { preparedTest } from "./operator_at_work.ts";

preparedTest(
  "operator: while its watch is behind by several of its writes, it goes on from the last, and tells nothing twice",
  async (operator, nodes) => {
    using client = await directClient(operator.cluster, operator.namespace, {}, "operator");
    const { api, hold, release } = lateWatch(client, resources.fileIntegrities);
    hold((object) => (object as FileIntegrity).status?.phase === "Pending");
    await operator.start({ api });
    await operator.apply("worker");
    await operator.untilPhase("worker", "Initializing");
    const [a, b, c] = nodes;
    for (const node of nodes) await operator.report("worker", node);
    await operator.untilPhase("worker", "Active");
    const failed = async (count: number): Promise<void> => {
      await operator.until(
        `${count} failed`,
        async () => (await operator.fileIntegrity("worker")).status?.nodes?.failed === count,
      );
    };
    for (const [at, node] of [a, b, c].entries()) {
      await operator.report("worker", node, { condition: "Failed", filesChanged: 1 });
      await failed(at + 1);
    }
    // Somebody else's version comes in between: one that is older than what is known must not take its place.
    await operator.kubectl(["annotate", "fileintegrity", "worker", "example.com/note=x"]);
    await operator.report("worker", a);
    await failed(2);
    release();
    for (const node of [b, c]) await operator.report("worker", node);
    await failed(0);
    const phases = await operator.events("FileIntegrityStatus");
    assertEquals(phases, ["Pending", "Initializing", "Active"]);
    assertEquals((await operator.events("NodeIntegrityStatus")).length, 9);
    assertEquals(operator.complaints, []);
  },
);

preparedTest(
  "operator: statuses that it has made are there, though its watch does not tell of them yet",
  async (operator, nodes) => {
    using client = await directClient(operator.cluster, operator.namespace, {}, "operator");
    const { api, hold, release } = lateWatch(client, resources.nodeStatuses);
    hold();
    await operator.start({ api });
    await operator.apply("worker");
    await operator.untilPhase("worker", "Initializing");
    // What comes after the statuses in a plan is not reached where they are to be made once more.
    await operator.apply("worker", { debug: true });
    await operator.until("the change is seen", async () => {
      const { metadata, status } = await operator.fileIntegrity("worker");
      return metadata.generation === 2 && status?.observedGeneration === 2;
    });
    const { calls } = await operator.asked();
    const made = calls.filter((call) => call.startsWith("create fileintegritynodestatuses"));
    assertEquals(made.sort(), [...new Set(made)]);
    assertEquals(made.length, nodes.length);
    release();
    for (const node of nodes) await operator.report("worker", node);
    await operator.untilPhase("worker", "Active");
    assertEquals(operator.complaints, []);
  },
);

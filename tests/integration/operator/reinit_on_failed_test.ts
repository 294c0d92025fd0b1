import { assertEquals } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { resources } from "../../../src/kube/resource.ts";
import { directClient } from "../kube/direct_client.ts";
import { lateWatch } from "./late_watch.ts";
import { preparedTest } from "./operator_at_work.ts";

preparedTest(
  "operator: re-init-on-failed reaches a node whose failure the operator has not heard of yet",
  async (operator, nodes) => {
    using client = await directClient(operator.cluster, operator.namespace, {}, "operator");
    const { api, hold, release } = lateWatch(client, resources.nodeStatuses);
    await operator.start({ api });
    await operator.apply("worker");
    for (const node of nodes) await operator.report("worker", node);
    await operator.untilPhase("worker", "Active");

    const [a, b] = nodes;
    hold();
    await operator.report("worker", b, { condition: "Failed", filesChanged: 1 });
    await operator.kubectl([
      ...["annotate", "fileintegrity", "worker", `${annotations.reInitOnFailed}=`],
    ]);
    const notes = async (): Promise<Record<string, string>> =>
      (await operator.fileIntegrity("worker")).metadata.annotations ?? {};
    await operator.until(
      "the request is taken on",
      async () => !(annotations.reInitOnFailed in await notes()),
    );
    release();
    const asked = async (node: string): Promise<boolean> =>
      annotations.reInit in
        ((await operator.untilStatus("worker", node)).metadata.annotations ?? {});
    await operator.until("b is asked", async () => await asked(b));
    assertEquals(await asked(a), false);
    assertEquals(operator.complaints, []);
  },
);

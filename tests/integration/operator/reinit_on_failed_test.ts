import { assertEquals } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import type { KubeClient } from "../../../src/kube/kube_client.ts";
import type { WatchOptions } from "../../../src/kube/kube_api.ts";
import type { KubeObject, WatchEvent } from "../../../src/kube/kube_object.ts";
import { type Resource, resources } from "../../../src/kube/resource.ts";
import { directClient } from "../kube/direct_client.ts";
import { preparedTest } from "./operator_at_work.ts";

/** A client whose watch of node statuses can be made to fall behind, which no API server does when it is told to. */
function lateWatch(client: KubeClient): { api: KubeClient; hold(): void; release(): void } {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  async function* watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    for await (const event of client.watch(resource, options)) {
      if (resource.plural === resources.nodeStatuses.plural) await gate.promise;
      yield event;
    }
  }
  const api = new Proxy(client, {
    get: (target, key) => {
      if (key === "watch") return watch;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return {
    api,
    hold: () => gate = Promise.withResolvers<void>(),
    release: () => gate.resolve(),
  };
}

preparedTest(
  "operator: re-init-on-failed reaches a node whose failure the operator has not heard of yet",
  async (operator, nodes) => {
    using client = await directClient(operator.cluster, operator.namespace, {}, "operator");
    const { api, hold, release } = lateWatch(client);
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

import { assertEquals } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { apply, probedNodes, probeTemplate } from "./probing_pods.ts";

interface Template {
  metadata: object;
  spec: { volumes: { name: string }[] };
}

clusterTest(
  "a pod runs without an optional Secret, and sees it come, change and go",
  async (cluster) => {
    await using namespace = await cluster.namespace("kubelet");
    const probed = await probedNodes(cluster, namespace, 1);
    await using nodes = probed.nodes;
    const { metadata, spec } = probeTemplate(probed) as unknown as Template;
    const config = { name: "config", secret: { secretName: "probe", optional: true } };
    await apply(cluster, namespace, {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "probe" } },
      spec: { ...spec, volumes: [...spec.volumes.filter(({ name }) => name !== "config"), config] },
    });
    const said = (): unknown[] =>
      nodes.logLines("probe").filter(({ entry }) => entry?.message === "config")
        .map(({ entry }) => entry?.value);
    const untilSaid = async (count: number): Promise<void> =>
      void await nodes.until(`${count} states`, () => said().length >= count || undefined);
    const secret = (data: Record<string, string>): Promise<void> =>
      apply(cluster, namespace, {
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "probe" } },
        data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, btoa(text)])),
      });
    await untilSaid(1);
    await secret({ "tls.crt": "1", "tls.key": "1" });
    await untilSaid(2);
    await secret({ "tls.crt": "2", "tls.key": "2", "ca.crt": "2" });
    await untilSaid(3);
    const { code, stderr } = await cluster.kubectl(["delete", "secret", "probe"], {
      namespace: namespace.name,
    });
    assertEquals(code, 0, stderr);
    await untilSaid(4);
    assertEquals(said(), [
      { keys: [], texts: [] },
      { keys: ["tls.crt", "tls.key"], texts: ["1", "1"] },
      { keys: ["ca.crt", "tls.crt", "tls.key"], texts: ["2", "2", "2"] },
      { keys: [], texts: [] },
    ]);
  },
);

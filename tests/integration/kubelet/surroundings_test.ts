/** What a test may set of the surroundings of its pods. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { NotSupported } from "../../kubelet/not_supported.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { apply, type Found, type ProbedNodes, probedNodes, probeTemplate } from "./probing_pods.ts";

interface Template {
  metadata: object;
  spec: { containers: object[] };
}

async function runPod(
  cluster: TestCluster,
  namespace: TestNamespace,
  nodes: ProbedNodes,
  spec: object = {},
): Promise<void> {
  const template = probeTemplate(nodes) as unknown as Template;
  await apply(cluster, namespace, {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name: "probe" } },
    spec: { ...template.spec, ...spec },
  });
}

async function found({ nodes }: ProbedNodes): Promise<Found> {
  const line = await nodes.untilLogged(
    "probe",
    "what it found",
    ({ entry }) => entry?.message === "found",
  );
  return line.entry?.value as Found;
}

clusterTest("the pods of a node may be given a proxy for their API server", async (cluster) => {
  await using namespace = await cluster.namespace("kubelet");
  await using proxy = await FaultProxy.start({ server: cluster.server, ca: cluster.ca });
  const probed = await probedNodes(cluster, namespace, 1);
  await using nodes = probed.nodes;
  nodes.setApiServer(probed.names[0] ?? "", {
    ...{ host: "127.0.0.1", port: proxy.port, ca: proxy.authority.ca },
  });
  await runPod(cluster, namespace, probed);
  const { env, user } = await found(probed);
  assertEquals(env.KUBERNETES_SERVICE_PORT, String(proxy.port));
  assertEquals(user.username, `system:serviceaccount:${namespace.name}:file-integrity-daemon`);
  assertEquals(proxy.requests({ path: /selfsubjectreviews/ }).length, 1);
});

clusterTest("a pod's user has what its spec leaves to it", async (cluster) => {
  await using namespace = await cluster.namespace("kubelet");
  const probed = await probedNodes(cluster, namespace, 1);
  await using _nodes = probed.nodes;
  await runPod(cluster, namespace, probed, {
    securityContext: { runAsNonRoot: true, fsGroup: 4242 },
  });
  const { uid, capabilities, writes, user } = await found(probed);
  assertEquals([uid, capabilities], [65532, "0000000000000000"]);
  assertEquals([writes.scratch, writes.state], ["written", "EACCES"]);
  assert(user.username.endsWith(":file-integrity-daemon"), "it can read its token");
});

clusterTest("a pod that is beyond the test's kubelet fails its test", async (cluster) => {
  await using namespace = await cluster.namespace("kubelet");
  const error = await assertRejects(async () => {
    const probed = await probedNodes(cluster, namespace, 1);
    await using nodes = probed.nodes;
    await runPod(cluster, namespace, probed, {
      initContainers: [{ name: "first", image: "probe" }],
    });
    await nodes.until("a problem", () => nodes.problems[0]);
  });
  assert(error instanceof NotSupported, String(error));
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { identify, isRunning } from "../../cluster/process_identity.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import type { LoggedLine } from "../../kubelet/container_logs.ts";
import type { TestNodes } from "../../kubelet/test_nodes.ts";
import {
  apply,
  type Found,
  probeConfig,
  type ProbedNodes,
  probedNodes,
  probeTemplate,
  probeWorkload,
} from "./probing_pods.ts";

interface Scene extends ProbedNodes {
  cluster: TestCluster;
  namespace: TestNamespace;
  kubectl(...args: string[]): Promise<string>;
}

/** A test with nodes of its own whose pods run the probing program. */
function nodesTest(name: string, count: number, run: (scene: Scene) => Promise<void>): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("kubelet");
    const probed = await probedNodes(cluster, namespace, count);
    await using _nodes = probed.nodes;
    const kubectl = async (...args: string[]): Promise<string> => {
      const done = await cluster.kubectl(args, { namespace: namespace.name });
      assertEquals(done.code, 0, done.stderr);
      return done.stdout;
    };
    await run({ ...probed, cluster, namespace, kubectl });
  });
}

const says = (message: string) => ({ entry }: LoggedLine): boolean => entry?.message === message;

async function found(nodes: TestNodes, node: string): Promise<Found> {
  const line = await nodes.untilLogged(
    "probe",
    `what it found on ${node}`,
    (line) => says("found")(line) && line.node === node,
  );
  return line.entry?.value as Found;
}

const configs = (nodes: TestNodes): unknown[] =>
  nodes.logLines("probe").filter(says("config")).map(({ entry }) => entry?.value);

const untilSaid = async (nodes: TestNodes, count: number, message: string): Promise<void> => {
  await nodes.until(
    `"${message}" to be said ${count} times`,
    () => nodes.logLines("probe").filter(says(message)).length >= count || undefined,
  );
};

nodesTest(
  "a DaemonSet's pods run on every node, each with its own surroundings",
  2,
  async (scene) => {
    const { cluster, namespace, nodes, names, kubectl } = scene;
    await Deno.writeTextFile(`${nodes.hostRoot(names[0] ?? "")}/etc/only-here`, "");
    await apply(cluster, namespace, probeConfig({ "aide.conf": "one" }));
    await apply(cluster, namespace, probeWorkload("DaemonSet", scene));
    await kubectl("rollout", "status", "daemonset/probe", "--timeout=180s");
    const status = JSON.parse(await kubectl("get", "daemonset/probe", "-o", "json")).status;
    assertEquals(
      [status.desiredNumberScheduled, status.numberReady, status.numberAvailable],
      [2, 2, 2],
    );

    for (const [at, node] of names.entries()) {
      const { args, env, writes, user, token, ...of } = await found(nodes, node);
      assertEquals(args, [`--node=${node}`]);
      assertEquals([env.NODE_NAME, env.PLAIN], [node, "value with 'quotes'"]);
      const { hostname, port } = new URL(cluster.server);
      assertEquals([env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT], [hostname, port]);
      assertEquals([of.pid, of.uid, of.capabilities], [1, 0, "0000000000000004"]);
      assertEquals(of.namespace, namespace.name);
      assertEquals(of.host.includes("only-here"), at === 0);
      assertStringIncludes(of.passwd, "root:x:0:0");
      assertEquals(writes, {
        host: "EROFS",
        state: "written",
        root: "EROFS",
        scratch: "written",
        config: "EROFS",
        system: "EROFS",
      });
      const state = await Deno.readTextFile(`${nodes.hostRoot(node)}/var/lib/probe/state`);
      assertEquals(state, "written\n");

      const payload = new TextDecoder().decode(
        Uint8Array.fromBase64(token.split(".")[1] ?? "", { alphabet: "base64url" }),
      );
      const claims = JSON.parse(payload)["kubernetes.io"];
      const pod = nodes.containers("probe").find((one) => one.node === node);
      assertEquals([claims.node.name, claims.pod.uid], [node, pod?.uid]);
      assertEquals(user.username, `system:serviceaccount:${namespace.name}:file-integrity-daemon`);
      assertEquals(user.extra["authentication.kubernetes.io/node-name"], [node]);
      assertEquals(of.hostname, pod?.pod);
    }
    assertEquals(nodes.logFaults(), []);
  },
);

nodesTest(
  "a ConfigMap's change arrives as a whole, and not while it is held back",
  1,
  async (scene) => {
    const { cluster, namespace, nodes, names: [node = ""] } = scene;
    await apply(cluster, namespace, probeConfig({ "aide.conf": "1", other: "1" }));
    await apply(cluster, namespace, probeWorkload("DaemonSet", scene));
    await untilSaid(nodes, 1, "config");
    for (const text of ["2", "3"]) {
      await apply(cluster, namespace, probeConfig({ "aide.conf": text, other: text }));
      await untilSaid(nodes, Number(text), "config");
    }
    nodes.pausePropagation(node);
    await apply(cluster, namespace, probeConfig({ "aide.conf": "held back" }));
    // The pod that takes its place is a new one, and sees the old configuration too.
    nodes.kill("probe", "SIGKILL");
    await untilSaid(nodes, 4, "config");
    const { uid } = nodes.container("probe");
    await scene.kubectl("delete", "pod", nodes.container("probe").pod);
    await nodes.until(
      "another pod",
      () => nodes.containers("probe").find((one) => one.uid !== uid),
    );
    await untilSaid(nodes, 5, "config");
    nodes.resumePropagation(node);
    await untilSaid(nodes, 6, "config");
    const both = (text: string): unknown => ({ keys: ["aide.conf", "other"], texts: [text, text] });
    assertEquals(configs(nodes), [
      ...["1", "2", "3", "3", "3"].map(both),
      { keys: ["aide.conf"], texts: ["held back"] },
    ]);
  },
);

nodesTest("a Deployment's program that crashes is started again", 1, async (scene) => {
  const { cluster, namespace, nodes, kubectl } = scene;
  await apply(cluster, namespace, probeWorkload("Deployment", scene));
  await kubectl("rollout", "status", "deployment/probe", "--timeout=180s");
  const first = nodes.container("probe");
  assert(first.kill("SIGKILL"));
  const second = await nodes.until(
    "the next container",
    () => nodes.containers("probe").find(({ restarts }) => restarts === 1),
  );
  assert(second.pid !== first.pid);
  await kubectl(
    ...["wait", "pod", second.pod, "--timeout=180s"],
    "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=137",
  );
  await kubectl("wait", "pod", second.pod, "--for=condition=Ready", "--timeout=180s");
  const pod = JSON.parse(await kubectl("get", "pod", second.pod, "-o", "json"));
  const [container] = pod.status.containerStatuses;
  assertEquals([container.restartCount, container.ready, pod.status.phase], [1, true, "Running"]);
  assert(container.state.running.startedAt !== undefined);
});

nodesTest("a program that ends by itself each time is not Ready", 1, async (scene) => {
  const { cluster, namespace, nodes, kubectl } = scene;
  await apply(cluster, namespace, probeWorkload("Deployment", scene, ["crash"]));
  await untilSaid(nodes, 3, "crashing");
  const restarts = nodes.logLines("probe").map(({ restart }) => restart);
  assertEquals(restarts.slice(0, 3), [0, 1, 2]);
  const [pod = ""] = (await kubectl("get", "pods", "-o", "name")).trim().split("\n");
  await kubectl(
    ...["wait", pod, "--timeout=180s"],
    "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=7",
  );
});

nodesTest("a pod's deletion asks the program to end, and in the end insists", 1, async (scene) => {
  const { cluster, namespace, nodes, kubectl } = scene;
  const pod = (name: string, args: string[], grace: number): Record<string, unknown> => {
    const { metadata, spec } = probeTemplate(scene, args) as { metadata: object; spec: object };
    return {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name } },
      spec: { ...spec, terminationGracePeriodSeconds: grace },
    };
  };
  await apply(cluster, namespace, pod("probe-polite", [], 60));
  await apply(cluster, namespace, pod("probe-stubborn", ["stubborn"], 1));
  await untilSaid(nodes, 2, "found");
  for (const name of ["probe-polite", "probe-stubborn"]) {
    const { pid } = nodes.container(name);
    const process = await identify(pid);
    assert(process !== undefined);
    await kubectl("delete", "pod", name, "--timeout=180s");
    assertEquals(await isRunning(process), false);
  }
  const asked = nodes.logLines("probe").filter(says("asked to end")).map(({ pod }) => pod);
  assertEquals(asked, ["probe-polite"]);
});

nodesTest(
  "a node that stops says nothing, and takes its pods up when it starts",
  2,
  async (scene) => {
    const { cluster, namespace, nodes, names: [stopped = "", other = ""], kubectl } = scene;
    await apply(cluster, namespace, probeWorkload("DaemonSet", scene));
    await kubectl("rollout", "status", "daemonset/probe", "--timeout=180s");
    const before = nodes.containers("probe").find(({ node }) => node === stopped);
    const process = await identify(before?.pid ?? 0);
    assert(process !== undefined);
    await nodes.stopNode(stopped);
    assertEquals(await isRunning(process), false);
    assertEquals(nodes.containers("probe").map(({ node }) => node), [other]);
    const daemonSet = JSON.parse(await kubectl("get", "daemonset/probe", "-o", "json"));
    assertEquals(daemonSet.status.numberReady, 2);
    await nodes.startNode(stopped);
    await nodes.until("both pods", () => nodes.containers("probe").length === 2 || undefined);
    const after = nodes.containers("probe").find(({ node }) => node === stopped);
    assertEquals([after?.uid, after?.restarts], [before?.uid, 1]);
  },
);

nodesTest("new tokens take the place of old ones", 1, async (scene) => {
  const { cluster, namespace, nodes, names: [node = ""] } = scene;
  await apply(cluster, namespace, probeWorkload("DaemonSet", scene));
  const { token } = await found(nodes, node);
  await nodes.renewTokens(node);
  nodes.kill("probe", "SIGKILL");
  await untilSaid(nodes, 2, "found");
  const last = nodes.logLines("probe").filter(says("found")).at(-1)?.entry?.value as Found;
  assert(last.token !== token);
  assertMatch(last.token, /^ey/);
});

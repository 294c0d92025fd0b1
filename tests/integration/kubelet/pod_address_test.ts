import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { PodAddress } from "../../kubelet/pod_address.ts";
import { apply, type Found, probedNodes, probeTemplate } from "./probing_pods.ts";

/** Gives these numbers, then the last one for ever. */
function numbers(...given: number[]): () => number {
  let at = 0;
  return () => given[Math.min(at++, given.length - 1)] ?? 0;
}

Deno.test("no two pods of the machine have one address", () => {
  {
    using first = PodAddress.claim(numbers(0.5));
    assertEquals(first.ip, "127.192.128.128");
    using second = PodAddress.claim(numbers(0.5, 0.5, 0.5, 0.25));
    assertEquals(second.ip, "127.160.64.64");
    assertThrows(() => PodAddress.claim(numbers(0.5)), Error, "Cannot give a pod an address: port");
  }
  using again = PodAddress.claim(numbers(0.5));
  assertEquals(again.ip, "127.192.128.128");
});

Deno.test("addresses of pods are neither the control plane's nor those of Services", () => {
  for (const edge of [0, 0.999999]) {
    using claim = PodAddress.claim(numbers(edge));
    assertEquals(claim.ip, edge === 0 ? "127.128.0.1" : "127.255.255.254");
  }
});

clusterTest(
  "a pod is told of its own address, or sets where it listens itself",
  async (cluster) => {
    await using namespace = await cluster.namespace("kubelet");
    const probed = await probedNodes(cluster, namespace, 1);
    await using nodes = probed.nodes;
    const template = probeTemplate(probed) as unknown as {
      metadata: object;
      spec: { containers: { env: object[] }[] };
    };
    const [container] = template.spec.containers;
    const podIP = { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } };
    const run = async (name: string, env: object[], spec: object): Promise<void> =>
      await apply(cluster, namespace, {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name } },
        spec: {
          ...{ ...template.spec, ...spec },
          containers: [{ ...container, env: [...container?.env ?? [], podIP, ...env] }],
        },
      });
    await run("probe-one", [], {});
    await run("probe-other", [{ name: "BIND_ADDRESS", value: "127.0.0.77" }], {});
    await run("probe-host", [], { hostNetwork: true });
    const told = async (name: string, restart = 0): Promise<(string | undefined)[]> => {
      const line = await nodes.untilLogged(
        name,
        "what it found",
        (line) => line.entry?.message === "found" && line.restart === restart,
      );
      const { env } = line.entry?.value as Found;
      return [env.POD_IP, env.BIND_ADDRESS];
    };
    const address = async (name: string): Promise<string> => {
      const running = "--for=jsonpath={.status.phase}=Running";
      const where = { namespace: namespace.name };
      const wait = await cluster.kubectl(["wait", "pod", name, running, "--timeout=180s"], where);
      assertEquals(wait.code, 0, wait.stderr);
      const { stdout } = await cluster.kubectl(["get", "pod", name, "-o", "json"], where);
      const { status } = JSON.parse(stdout);
      assertEquals(status.podIPs, [{ ip: status.podIP }]);
      assertEquals(status.podIP, nodes.container(name).address);
      return status.podIP;
    };
    const one = await address("probe-one");
    const other = await address("probe-other");
    assertMatch(one, /^127\.(12[89]|1[3-9]\d|2\d\d)\.\d+\.\d+$/);
    assertNotEquals(one, other);
    assertEquals(await told("probe-one"), [one, one]);
    assertEquals(await told("probe-other"), [other, "127.0.0.77"]);
    assertEquals(await address("probe-host"), "127.0.0.1");
    assertEquals(await told("probe-host"), ["127.0.0.1", undefined]);

    assert(nodes.container("probe-one").kill("SIGKILL"));
    assertEquals(await told("probe-one", 1), [one, one]);
  },
);

/** That the product's own program, and the real AIDE, run in the pods of fake nodes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { TestNodes } from "../../kubelet/test_nodes.ts";
import { apply, probeTemplate } from "./probing_pods.ts";

const fileIntegrity = `apiVersion: fileintegrity.openshift.io/v1alpha1
kind: FileIntegrity
metadata: { name: probe, namespace: probe }
spec: { config: {} }
`;

clusterTest("the product scans a fake node's root with AIDE from within a pod", async (cluster) => {
  await using namespace = await cluster.namespace("kubelet");
  const label = { "test.example/kubelet": namespace.name };
  const node = `${namespace.name}-0`;
  await using nodes = await TestNodes.start(cluster, { nodes: [{ name: node, labels: label }] });
  await apply(cluster, namespace, {
    ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "probe" } },
    data: { "fi.yaml": fileIntegrity },
  });
  const template = probeTemplate({ label }) as { metadata: object; spec: { containers: object[] } };
  const scan = async (name: string): Promise<{ exitCode: number; said: string }> => {
    const args = [
      ...["scan", "--once", "--filename", "/config/fi.yaml", "--root", "/hostroot"],
      ...["--state-dir", "/hostroot/var/lib/probe", "--node", node],
      ...["--log-format", "json", "--output", "yaml"],
    ];
    await apply(cluster, namespace, {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name } },
      spec: {
        ...template.spec,
        restartPolicy: "Never",
        containers: [{ ...template.spec.containers[0], args }],
      },
    });
    const where = { namespace: namespace.name };
    const ended = "--for=jsonpath={.status.containerStatuses[0].state.terminated.exitCode}";
    const wait = await cluster.kubectl(["wait", "pod", name, "--timeout=180s", ended], where);
    assertEquals(wait.code, 0, wait.stderr);
    const { stdout } = await cluster.kubectl(["get", "pod", name, "-o", "json"], where);
    const { exitCode } = JSON.parse(stdout).status.containerStatuses[0].state.terminated;
    return { exitCode, said: nodes.logs(name).join("\n") };
  };

  const baseline = await scan("baseline");
  assertEquals(baseline.exitCode, 0, baseline.said);
  assertStringIncludes(baseline.said, "condition: Succeeded");
  assert((await Deno.stat(`${nodes.hostRoot(node)}/var/lib/probe/aide.db.gz`)).isFile);
  await Deno.writeTextFile(`${nodes.hostRoot(node)}/etc/resolv.conf`, "nameserver 127.0.0.9\n");
  const changed = await scan("changed");
  assertEquals(changed.exitCode, 1, changed.said);
  assertStringIncludes(changed.said, "/etc/resolv.conf");
});

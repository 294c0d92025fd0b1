import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { auditEnd, auditEntries } from "../../cluster/audit_log.ts";
import { isRunning } from "../../cluster/process_identity.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { noPods } from "../kubelet/no_pods.ts";
import { DevProcess } from "./dev_process.ts";

const fileIntegrity = (label: string): string =>
  JSON.stringify({
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrity",
    metadata: { name: "tried" },
    spec: { nodeSelector: { [label]: "" }, config: { gracePeriod: 10 } },
  });

/** What kubectl gives in a namespace, as admin. */
async function get(cluster: TestCluster, { name }: TestNamespace, args: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args.split(" "), { namespace: name });
  assertEquals([code, stderr.replace(/^No resources found.*\n/, "")], [0, ""]);
  return stdout;
}

async function apply(cluster: TestCluster, namespace: TestNamespace, stdin: string): Promise<void> {
  const as = { as: "editor", namespace: namespace.name, stdin } as const;
  const { code, stderr } = await cluster.kubectl(["apply", "-f", "-"], as);
  assertEquals([code, stderr], [0, ""]);
}

const holderOf = (cluster: TestCluster, namespace: TestNamespace): Promise<string> =>
  get(
    cluster,
    namespace,
    "get lease 962a0cf2.openshift.io --ignore-not-found -o jsonpath={.spec.holderIdentity}",
  );

const there = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

clusterTest(
  "dev shows the product on nodes of its own, restarts it on change, and leaves nothing",
  async (cluster) => {
    await using namespace = await cluster.namespace("dev");
    const { name } = namespace;
    const label = `test.example/${name}`;
    const from = await auditEnd(cluster.auditLog);
    const watched = await Deno.makeTempDir({ prefix: "dev-sources-" });
    await using _watched = {
      [Symbol.asyncDispose]: () => Deno.remove(watched, { recursive: true }),
    };
    await using dev = new DevProcess(cluster, [
      ...["--cluster", `--namespace=${name}`, "--nodes=2", `--node-prefix=${name}`],
      ...[`--node-label=${label}`, `--watch-dir=${watched}`],
    ]);
    await dev.until("it says what to do", () => dev.out.includes("Ctrl-C ends it") || undefined);
    const kubeconfig = /export KUBECONFIG=(\S+)/.exec(dev.out)?.[1] ?? "";
    assertStringIncludes(await Deno.readTextFile(kubeconfig), cluster.server);
    const changed = />> (\/\S+\/etc\/resolv\.conf)/.exec(dev.out)?.[1] ?? "";

    await apply(cluster, namespace, fileIntegrity(label));
    const statuses = async (): Promise<StoredNodeStatus[]> =>
      JSON.parse(await get(cluster, namespace, "get fins -o json")).items;
    const conditions = async (): Promise<Record<string, string | undefined>> =>
      Object.fromEntries(
        (await statuses()).map(({ nodeName, lastResult }) => [nodeName, lastResult?.condition]),
      );
    await dev.until("it is Active and both nodes are Succeeded", async () => {
      const phase = await get(
        cluster,
        namespace,
        "get fileintegrity tried -o jsonpath={.status.phase}",
      );
      const all = Object.values(await conditions());
      return phase === "Active" && all.length === 2 && all.every((one) => one === "Succeeded") ||
        undefined;
    });

    // The manifests' account, and no other, wrote that.
    const account = `system:serviceaccount:${name}:file-integrity-operator`;
    const { entries } = await auditEntries(cluster.auditLog, from);
    const writers = entries.filter(({ objectRef, userAgent }) =>
      objectRef?.resource === "leases" && objectRef.namespace === name &&
      !userAgent.startsWith("kubectl") // that is this test
    ).map(({ user }) => user.username);
    assertEquals([...new Set(writers)], [account]);

    const first = await holderOf(cluster, namespace);
    const pods = async (): Promise<string[]> =>
      (await get(cluster, namespace, "get pods -o jsonpath={.items[*].metadata.name}")).split(" ");
    const before = await pods();
    await Deno.writeTextFile(`${watched}/source.ts`, "");
    await dev.until("another operator leads, and other pods run", async () => {
      const holder = await holderOf(cluster, namespace);
      const now = await pods();
      return holder !== "" && holder !== first && now.length === 2 &&
          !now.some((pod) => before.includes(pod)) || undefined;
    });
    assertMatch(dev.err, /^source\.ts changed: the operator is started again$/m);

    // What runs now works: one node's change is found.
    await Deno.writeTextFile(changed, "# integrity test\n", { append: true });
    await dev.until("the changed node is Failed, the other one Succeeded", async () => {
      const { [`${name}-1`]: one, [`${name}-2`]: two } = await conditions();
      return one === "Failed" && two === "Succeeded" || undefined;
    });

    const last = await pods();
    const processes = await dev.processes();
    assert(processes.length >= 5, `itself, an operator, two daemons, who ends them: ${dev.err}`);
    assertEquals(await dev.end(), 143);
    assertMatch(dev.err, /Ended by SIGTERM\n$/);
    for (const process of processes) {
      assertEquals([process.pid, await isRunning(process)], [
        process.pid,
        false,
      ]);
    }
    assertEquals(await holderOf(cluster, namespace), "", "the Lease is given back");
    await noPods(cluster, namespace, last);
    assertEquals(await get(cluster, namespace, `get nodes -l ${label} -o name`), "");
    assertEquals(await there(kubeconfig), false);
    assertEquals(await there(changed.slice(0, changed.indexOf("/hosts/"))), false);
  },
);

clusterTest(
  "dev says on which cluster it runs the operator that a kubeconfig names",
  async (cluster) => {
    await using namespace = await cluster.namespace("dev");
    const { name } = namespace;
    const args = [`--kubeconfig=${cluster.adminKubeconfig}`, "--image=registry.test/fio:1"];
    await using dev = new DevProcess(cluster, [...args, `--namespace=${name}`]);
    await dev.until(
      "the operator leads",
      async () => await holderOf(cluster, namespace) || undefined,
    );
    const said = dev.err.slice(0, dev.err.indexOf("operator: "));
    for (
      const fact of [
        /context +test$/,
        new RegExp(`server +${cluster.server}$`),
        new RegExp(`namespace +${name}$`),
      ]
    ) {
      assertMatch(said, new RegExp(fact.source, "m"));
    }
    await apply(cluster, namespace, fileIntegrity(`test.example/${name}`));
    const image = "get ds -o jsonpath={.items[*].spec.template.spec.containers[0].image}";
    const found = await dev.until(
      "there is a DaemonSet",
      async () => await get(cluster, namespace, image) || undefined,
    );
    assertEquals(found, "registry.test/fio:1");
    const processes = await dev.processes();
    assertEquals(await dev.end(), 143);
    for (const process of processes) {
      assertEquals([process.pid, await isRunning(process)], [process.pid, false]);
    }
    assertEquals(await holderOf(cluster, namespace), "", "the Lease is given back");
    assertEquals(dev.out, "");

    // No namespace, no operator: its Lease has no place.
    await using none = new DevProcess(cluster, [...args, `--namespace=${name}-none`]);
    assertEquals(await none.ended(), 1);
    assertStringIncludes(none.err, `create namespace ${name}-none`);
  },
);

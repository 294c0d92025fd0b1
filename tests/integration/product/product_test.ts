import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { absorbedConfigMapName, failureConfigMapName } from "../../../src/api/names.ts";
import type { LogEntry } from "../../kubelet/container_logs.ts";
import type { Installation } from "./installation.ts";
import { productTest } from "./installation.ts";
import { statusGone } from "./status_gone.ts";

// A scan that finds something says so at level "warning", one without a verdict at "error".
const foundSomething = /"message":"(Failed|Errored|It absorbed|Absorbed|Files that)/;

const annotate = (product: Installation, name: string, ...notes: string[]): Promise<string> =>
  product.kubectl(["annotate", "fileintegrity", name, "--overwrite", ...notes]);

/** What pods have logged, by what their names begin with. */
function entries(product: Installation, pod: string): LogEntry[] {
  return product.nodes.logLines(pod).flatMap(({ entry }) => entry ?? []);
}

/** The verdicts of nodes that the operator has logged, with their levels. */
function verdicts(product: Installation, ...nodes: string[]): string[] {
  return entries(product, "file-integrity-operator")
    .filter(({ node, condition }) => condition !== undefined && nodes.includes(`${node}`))
    .map(({ level, condition }) => `${level} ${condition}`);
}

async function allSucceed(product: Installation, name: string): Promise<void> {
  await product.untilPhase(name, "Active");
  for (const node of product.workers) await product.untilResult(name, node, "Succeeded");
}

productTest(
  "product: a settled cluster sees one write for each scan, and lease renewals",
  async (product) => {
    await product.apply("worker");
    await allSucceed(product, "worker");
    const scans = async (): Promise<string[]> =>
      await Promise.all(
        product.workers.map(async (node) =>
          (await product.status("worker", node))?.lastResult?.lastProbeTime ?? ""
        ),
      );
    const first = await scans();
    await product.until(
      "every node has scanned once more",
      async () => (await scans()).every((time, at) => time !== first[at]),
    );
    const { end } = await product.calls();
    const before = await scans();
    await product.until("every node has scanned twice more", async () => {
      const { calls } = await product.calls(end);
      return product.workers.every((node) =>
        calls.filter(({ name, verb }) => verb === "patch" && name === `worker-${node}`).length >= 2
      );
    });
    assertNotEquals(await scans(), before);
    const { calls } = await product.calls(end);
    const writes = calls.filter(({ verb }) => !["get", "list", "watch"].includes(verb));
    // By verb and resource: nothing but results, and the renewals of the Lease.
    assertEquals(
      [...new Set(writes.map(({ account, verb, resource }) => `${account}: ${verb} ${resource}`))]
        .sort(),
      ["daemon: patch fileintegritynodestatuses", "operator: update leases"],
    );
    // A daemon reads nothing for a scan either.
    const reads = calls.filter(({ account, verb }) => account === "daemon" && verb !== "patch");
    assertEquals(reads, []);
    assertEquals(calls.filter(({ code }) => code >= 400), []);
    // Nor does the log repeat itself, but for the one line of each scan on its node.
    for (const node of product.workers) {
      const lines = entries(product, "aide-worker").filter((entry) => entry.node === node);
      const others = lines.filter(({ condition }) => condition === undefined);
      assertEquals(new Set(others.map(({ message }) => message)).size, others.length);
      const results = lines.filter(({ condition }) => condition === "Succeeded");
      assert(results.length >= 4, `${results.length} scans`);
      for (const { fileIntegrity, level, durationSeconds } of results) {
        assertEquals([fileIntegrity, level], [`${product.namespace.name}/worker`, "info"]);
        assertEquals(typeof durationSeconds, "number");
      }
    }
    assertEquals(
      verdicts(product, ...product.workers),
      product.workers.map(() => "info Succeeded"),
    );
    assertEquals(product.faults(), []);
  },
);

productTest("product: a change is found, explained, absorbed and forgotten", async (product) => {
  const [node = "", other = ""] = product.workers;
  await product.apply("worker");
  await allSucceed(product, "worker");
  await product.change(node, "/etc/resolv.conf");
  const failed = await product.untilResult("worker", node, "Failed");
  assertEquals(failed.lastResult?.changes?.items[0]?.path, "/etc/resolv.conf");
  assertEquals((await product.status("worker", other))?.lastResult?.condition, "Succeeded");
  await annotate(product, "worker", `${annotations.reInitOnFailed}=`);
  const mended = await product.untilResult("worker", node, "Succeeded");
  assertEquals(mended.baseline?.reason, "requested");
  assertEquals(mended.baseline?.absorbed?.changed, 1);
  const name = absorbedConfigMapName("worker", node);
  assertMatch((await product.get("cm", name)).data.integritylog, /\/hostroot\/etc\/resolv\.conf/);
  const told = await product.until(
    "it is told",
    async () =>
      (await product.events("NodeBaseline")).find((message) =>
        /absorbed a:0,c:1,r:0/.test(message)
      ),
  );
  assertMatch(told, new RegExp(`log:${product.namespace.name}/${name}$`));
  await product.untilPhase("worker", "Active");
  assertEquals((await product.status("worker", other))?.baseline?.reason, "first");
  assertEquals(verdicts(product, node), ["info Succeeded", "warn Failed", "info Succeeded"]);
  assertEquals(verdicts(product, other), ["info Succeeded"]);
  assertEquals(product.faults(foundSomething), []);
});

productTest(
  "product: a new configuration is baselined with the old one's findings kept",
  async (product) => {
    const [node = ""] = product.workers;
    await product.applyConfig("mine", { "aide.conf": "/etc p+sha256\n" });
    const config = { name: "mine", namespace: product.namespace.name };
    await product.apply("worker", { config });
    await allSucceed(product, "worker");
    const before = (await product.status("worker", node))?.baseline;
    await product.applyConfig("mine", { "aide.conf": "/etc p+sha256+u\n/usr p\n" });
    const after = await product.untilResult(
      "worker",
      node,
      "Succeeded",
      ({ baseline }) => baseline?.configDigest !== before?.configDigest,
    );
    assertEquals(after.baseline?.reason, "config-change");
    assertNotEquals(after.baseline?.entries, before?.entries);
    await allSucceed(product, "worker");
    const wanted = (await product.get("fileintegrity", "worker")).status.configDigest;
    for (const worker of product.workers) {
      const status = await product.untilResult(
        "worker",
        worker,
        "Succeeded",
        ({ lastResult }) => lastResult?.scan?.configDigest === wanted,
      );
      assertEquals(status.baseline?.configDigest, wanted);
    }
    assertEquals(product.faults(foundSomething), []);
  },
);

productTest("product: a held node is not scanned until it is released", async (product) => {
  const [node = "", other = ""] = product.workers;
  await product.apply("worker");
  await allSucceed(product, "worker");
  await annotate(product, "worker", `${annotations.holdoff}=${node}`);
  await product.untilReason("worker", "NodesReporting", "NodesHeld");
  // A scan that had begun is over then.
  await product.nodes.untilLogged(
    "aide-worker",
    `that ${node} is held`,
    ({ node: at, entry }) => at === node && entry?.message.startsWith("Held: ") === true,
  );
  await product.change(node, "/etc/resolv.conf");
  const held = await product.status("worker", node);
  const { lastResult } = await product.status("worker", other) ?? {};
  await product.untilResult(
    "worker",
    other,
    "Succeeded",
    (status) => status.lastResult?.lastProbeTime !== lastResult?.lastProbeTime,
  );
  assertEquals((await product.status("worker", node))?.lastResult, held?.lastResult);
  await annotate(product, "worker", `${annotations.holdoff}-`);
  await product.untilResult("worker", node, "Failed");
  assertEquals(product.faults(foundSomething), []);
});

productTest(
  "product: two FileIntegrities on one node do not disturb each other",
  async (product) => {
    const [node = ""] = product.workers;
    await product.applyConfig("usr", { "aide.conf": "/usr sha256\n" });
    await product.apply("etc-and-all");
    await product.apply("only-usr", { config: { name: "usr", namespace: product.namespace.name } });
    await allSucceed(product, "etc-and-all");
    await allSucceed(product, "only-usr");
    await product.change(node, "/etc/resolv.conf");
    await product.untilResult("etc-and-all", node, "Failed");
    const { lastResult } = await product.status("only-usr", node) ?? {};
    await product.untilResult(
      "only-usr",
      node,
      "Succeeded",
      (status) => status.lastResult?.lastProbeTime !== lastResult?.lastProbeTime,
    );
    await annotate(product, "only-usr", `${annotations.reInit}=`);
    await product.untilResult(
      "only-usr",
      node,
      "Succeeded",
      ({ baseline }) => baseline?.reason === "requested",
    );
    await product.untilResult("etc-and-all", node, "Failed");
    assertEquals((await product.status("etc-and-all", node))?.baseline?.reason, "first");
    // One of them goes, with all that is its own.
    await product.kubectl(["delete", "fileintegrity", "etc-and-all"]);
    await product.until(
      "its objects are gone",
      async () =>
        await product.get("cm", failureConfigMapName("etc-and-all", node)) === undefined &&
        await product.status("etc-and-all", node) === undefined &&
        await product.get("ds", "aide-etc-and-all") === undefined &&
        await product.get("cm", "etc-and-all") === undefined,
    );
    assertNotEquals(await product.status("only-usr", node), undefined);
    assertEquals(product.faults(foundSomething, statusGone), []);
  },
);

const long = `${"n".repeat(62)}.${"o".repeat(62)}.${"d".repeat(62)}.${"e".repeat(60)}`;

productTest(
  "product: names of 63 characters and more work, on nodes with such names",
  async (product) => {
    for (const length of [63, 100, 253]) {
      const name = "f".repeat(length);
      await product.apply(name);
      await allSucceed(product, name);
    }
    const name = "f".repeat(253);
    await product.change(long, "/etc/resolv.conf");
    const failed = await product.untilResult(name, long, "Failed");
    const map = await product.get("cm", failed.lastResult?.resultConfigMapName ?? "");
    assertMatch(map.data.integritylog, /resolv\.conf/);
    assertEquals(product.faults(foundSomething), []);
  },
  { workers: [long, "w".repeat(63), "x".repeat(100)] },
);

productTest(
  "product: a FileIntegrity that is deleted and made again starts anew",
  async (product) => {
    const [node = ""] = product.workers;
    await product.apply("worker");
    await allSucceed(product, "worker");
    const before = await product.status("worker", node);
    await product.kubectl(["delete", "fileintegrity", "worker"]);
    await product.change(node, "/etc/resolv.conf");
    await product.apply("worker");
    const after = await product.untilResult(
      "worker",
      node,
      "Succeeded",
      ({ metadata }) => metadata.uid !== before?.metadata.uid,
    );
    assertEquals(after.baseline?.reason, "first");
    assertNotEquals(after.baseline?.digest, before?.baseline?.digest);
    assertEquals(
      product.faults(foundSomething, statusGone, /holds the baseline of an earlier FileIntegrity/),
      [],
    );
  },
);

productTest(
  "product: a record that somebody deletes is no way to a new baseline",
  async (product) => {
    const [node = ""] = product.workers;
    await product.apply("worker");
    await allSucceed(product, "worker");
    const before = await product.status("worker", node);
    // The daemon that runs still knows its baseline.
    await product.admin(["delete", "fins", `worker-${node}`]);
    const again = await product.untilResult(
      "worker",
      node,
      "Succeeded",
      ({ metadata }) => metadata.uid !== before?.metadata.uid,
    );
    assertEquals(again.baseline?.digest, before?.baseline?.digest);
    // One that starts anew does not, and takes none without being asked.
    const { pod } = product.nodes.containers("aide-worker").find((one) => one.node === node) ?? {};
    await product.nodes.stopNode(node);
    await product.admin(["delete", "fins", `worker-${node}`]);
    await product.nodes.startNode(node);
    assert(pod !== undefined);
    const lost = await product.untilResult("worker", node, "Errored");
    assertEquals(lost.lastResult?.errorReason, "baseline-lost");
    await product.untilPhase("worker", "Error");
    await annotate(product, "worker", `${annotations.reInit}=${node}`);
    await product.untilResult("worker", node, "Succeeded");
    await allSucceed(product, "worker");
    assertEquals(product.faults(foundSomething, statusGone, /Baseline lost: /), []);
  },
);

productTest(
  "product: where a baseline is lost, an update of the node is no way to a new one",
  async (product) => {
    const [node = ""] = product.workers;
    await product.apply("worker");
    await allSucceed(product, "worker");
    const before = (await product.status("worker", node))?.baseline;
    await Deno.remove(`${product.nodes.hostRoot(node)}/var/lib/file-integrity/worker/aide.db.gz`);
    await product.change(node, "/etc/hosts");
    const lost = await product.untilResult("worker", node, "Errored");
    assertEquals(lost.lastResult?.errorReason, "baseline-lost");
    await product.admin(["annotate", "node", node, `${annotations.updating}=kernel`]);
    await product.until("the node is held", async () => {
      return (await product.get("fileintegrity", "worker")).status.nodes.held === 1;
    });
    await product.admin(["annotate", "node", node, `${annotations.updating}-`]);
    const refused = await product.untilResult(
      "worker",
      node,
      "Errored",
      ({ lastResult }) => /update of the node is no reason/.test(lastResult?.errorMessage ?? ""),
    );
    assertEquals(refused.baseline?.digest, before?.digest);
    assertEquals(refused.lastResult?.errorReason, "baseline-lost");
    await product.untilPhase("worker", "Error");
    await annotate(product, "worker", `${annotations.reInit}=${node}`);
    const again = await product.untilResult("worker", node, "Succeeded");
    assertEquals(again.baseline?.reason, "requested");
    await allSucceed(product, "worker");
    assertEquals(product.faults(foundSomething, /Baseline lost: /), []);
  },
);

productTest(
  "product: the operator is killed and another one goes on, and nothing is told twice",
  async (product) => {
    const [node = ""] = product.workers;
    await product.apply("worker");
    await allSucceed(product, "worker");
    const before = await product.untilTold({ results: 3, baselines: 3 });
    product.nodes.kill("file-integrity-operator", "SIGKILL");
    await product.change(node, "/etc/resolv.conf");
    await product.untilResult("worker", node, "Failed");
    await product.until(
      "the change is told",
      async () => (await product.events("NodeIntegrityStatus")).length === 4,
    );
    const after = await product.told();
    assertEquals({ ...after, results: after.results.slice(0, 3) }, before);
    assertEquals(product.faults(foundSomething), []);
  },
);

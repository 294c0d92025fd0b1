/** The API server is away while nodes are scanned, and etcd is killed under it. */

import { assertEquals } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { findings, leadershipLost, outage } from "../faults/expected_warnings.ts";
import { Verdicts } from "../faults/verdicts.ts";
import { Installation } from "../product/installation.ts";
import { ownControlPlane } from "./own_control_plane.ts";

/** While the API server is away; what can't be published is tried for a while before the next one. */
const scans = 3;

/** Results of a node's daemon that its log tells of. */
function resultsOf(product: Installation, node: string): string[] {
  return product.nodes.logLines("aide-worker").filter((line) => line.node === node).flatMap(
    ({ entry }) => /^(Succeeded|Failed|Errored):/.exec(entry?.message ?? "")?.[1] ?? [],
  );
}

/** So many files that a scan takes long enough to be met. */
async function manyFiles(product: Installation, node: string): Promise<void> {
  const directory = `${product.nodes.hostRoot(node)}/etc/many`;
  await Deno.mkdir(directory);
  for (let at = 0; at < 4_000; at++) await Deno.writeTextFile(`${directory}/${at}`, `${at}\n`);
}

/** Waits until a daemon scans: AIDE is at work. */
async function untilScanning(product: Installation, node: string): Promise<void> {
  const end = performance.now() + 180_000;
  for (;;) {
    const container = product.nodes.containers("aide-worker").find((one) => one.node === node);
    if ((await container?.pids() ?? []).length > 1) return;
    if (performance.now() > end) throw new Error(`${node} does not scan`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const transitions = ({ status }: FileIntegrity): unknown =>
  status?.conditions?.filter(({ type }) => type !== "NodesUnchanged")
    .map(({ type, status, lastTransitionTime }) => ({ type, status, lastTransitionTime }));

clusterTest(
  "faults: the API server is away for a minute of scans, and etcd is killed: nothing is lost",
  async (besides) => {
    await using plane = await ownControlPlane(besides);
    await using product = await Installation.start(plane.cluster);
    const [a = "", b = "", c = ""] = product.workers;
    for (const node of [a, b]) await manyFiles(product, node);
    await product.apply("worker");
    const before = await product.untilPhase("worker", "Active");
    for (const node of [a, b, c]) await product.untilResult("worker", node, "Succeeded");
    await product.until(
      "all is told",
      async () => (await product.events("NodeIntegrityStatus")).length === 3,
    );
    await using verdicts = await Verdicts.follow(product);

    await untilScanning(product, a);
    await plane.stop("kube-apiserver");
    await product.change(a, "/etc/resolv.conf");
    await product.nodes.until("a daemon to find the change", () => {
      return resultsOf(product, a).at(-1) === "Failed" || undefined;
    });
    await product.change(c, "/etc/hosts");
    const counts = [a, b, c].map((node) => resultsOf(product, node).length);
    await product.nodes.until("the scans to go on", () => {
      const now = [a, b, c].map((node) => resultsOf(product, node).length);
      return now.every((count, at) => count >= (counts[at] ?? 0) + scans) || undefined;
    });
    await plane.start("kube-apiserver");
    await product.untilResult("worker", a, "Failed");
    await product.untilResult("worker", c, "Failed");
    await product.until("all is told", async () => {
      return (await product.events("NodeIntegrityStatus")).length === 5;
    });
    const { lastResult } = await product.status("worker", b) ?? {};
    await product.untilResult("worker", b, "Succeeded", (status) => {
      return status.lastResult?.lastProbeTime !== lastResult?.lastProbeTime;
    });

    // Data and watches are back where they were, and the API server never said that it was away.
    await untilScanning(product, b);
    await plane.stop("etcd");
    await product.change(b, "/etc/resolv.conf");
    await product.nodes.until("a daemon to find the change", () => {
      return resultsOf(product, b).at(-1) === "Failed" || undefined;
    });
    await plane.start("etcd");
    await product.untilResult("worker", b, "Failed");
    await product.until("all is told", async () => {
      return (await product.events("NodeIntegrityStatus")).length === 6;
    });

    const after = await product.until("the counts are right", async () => {
      const found: FileIntegrity = await product.get("fileintegrity", "worker");
      return found.status?.nodes?.failed === 3 && found;
    });
    assertEquals(after.status?.phase, "Active");
    assertEquals(transitions(after), transitions(before));
    for (const node of [a, b, c]) {
      assertEquals(verdicts.of(`worker-${node}`), ["Succeeded", "Failed of 1"]);
    }
    assertEquals((await product.events("FileIntegrityStatus")).sort(), [
      "Active",
      "Initializing",
      "Pending",
    ]);
    assertEquals((await product.events("NodeBaseline")).length, 3);
    assertEquals(product.faults(findings, ...outage, leadershipLost), []);
  },
);

/** The disk of a node that holds the daemon's state is full: no verdict, and all is well again once there is room. */

import { assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { tmpfs } from "../../node/mounts.ts";
import { Installation } from "../product/installation.ts";
import { findings } from "./expected_warnings.ts";
import { Verdicts } from "./verdicts.ts";

async function usedKiB(path: string): Promise<number> {
  const { stdout } = await new Deno.Command("df", {
    args: ["--output=used", "--block-size=1K", path],
  }).output();
  return Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1));
}

clusterTest(
  "faults: a node's disk is full: Errored and why, the baseline stays, and it recovers by itself",
  async (cluster) => {
    await using product = await Installation.start(cluster);
    const [node = "", other = ""] = product.workers;
    const state = `${product.nodes.hostRoot(node)}/var/lib/file-integrity/worker`;
    await using disk = await tmpfs(state, "8m");
    const fill = async (): Promise<void> => await disk.remount(`size=${await usedKiB(state)}k`);
    const free = async (): Promise<void> => await disk.remount("size=8m");

    await product.apply("worker");
    await product.untilPhase("worker", "Active");
    const first = await product.untilResult("worker", node, "Succeeded");
    await using verdicts = await Verdicts.follow(product);

    await fill();
    await product.change(node, "/etc/resolv.conf");
    const full = await product.untilResult("worker", node, "Errored");
    assertEquals(full.lastResult?.errorReason, "disk-full");
    assertEquals(full.baseline, first.baseline);
    const { status } = await product.untilPhase("worker", "Error");
    assertEquals(status?.nodes?.errored, 1);
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assertEquals(ready?.message, `The scan of 1 node gave no verdict: ${node}`);
    // Nor does a daemon that starts on it find anything else.
    const { pod } = product.nodes.containers("aide-worker").find((one) => one.node === node) ?? {};
    product.nodes.kill(pod ?? "", "SIGKILL");
    await product.untilResult("worker", node, "Errored", ({ lastResult }) => {
      return lastResult?.lastProbeTime !== full.lastResult?.lastProbeTime;
    });
    await free();
    const failed = await product.untilResult("worker", node, "Failed");
    assertEquals(failed.lastResult?.filesChanged, 1);
    await product.untilPhase("worker", "Active");

    // A new baseline finds no room.
    await fill();
    await product.kubectl(["annotate", "fileintegrity", "worker", `${annotations.reInit}=${node}`]);
    const again = await product.untilResult("worker", node, "Errored");
    assertEquals(again.baseline, first.baseline);
    await free();
    const { baseline } = await product.untilResult("worker", node, "Succeeded");
    assertEquals([baseline?.reason, baseline?.absorbed?.changed], ["requested", 1]);
    await product.untilPhase("worker", "Active");

    const told = await product.until("all is told", async () => {
      const events = await product.events("NodeIntegrityStatus");
      return events.filter((event) => event.includes(node)).length === 5 && events;
    });
    const [, error] = told.filter((event) => event.includes(node));
    assertMatch(error ?? "", /has an error! .*no (space|room)/i);
    assertEquals(verdicts.of(`worker-${node}`), [
      "Succeeded",
      "Errored disk-full",
      "Failed of 1",
      "Errored disk-full",
      "Succeeded",
    ]);
    assertEquals(verdicts.of(`worker-${other}`), ["Succeeded"]);
    assertEquals(product.faults(findings), []);
  },
);

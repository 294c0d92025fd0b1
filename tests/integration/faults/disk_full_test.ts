/** The disk of a node that holds the daemon's state is full: no verdict, and all is well again once there is room. */

import { assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { Installation } from "../product/installation.ts";
import { findings } from "./expected_warnings.ts";
import { isAfter, StateDisk } from "./state_disk.ts";
import { Verdicts } from "./verdicts.ts";

clusterTest(
  "faults: a node's disk is full: Errored and why, the baseline stays, and it recovers by itself",
  async (cluster) => {
    await using product = await Installation.start(cluster);
    const [node = "", other = ""] = product.workers;
    await using disk = await StateDisk.mount(product, "worker", node);

    await product.apply("worker");
    await product.untilPhase("worker", "Active");
    const first = await product.untilResult("worker", node, "Succeeded");
    await using verdicts = await Verdicts.follow(product);

    await disk.fill("Succeeded");
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
    await product.untilResult("worker", node, "Errored", isAfter(full));
    await disk.free();
    const failed = await product.untilResult("worker", node, "Failed");
    assertEquals(failed.lastResult?.filesChanged, 1);
    await product.untilPhase("worker", "Active");

    // A new baseline finds no room.
    await disk.fill("Failed");
    await product.kubectl(["annotate", "fileintegrity", "worker", `${annotations.reInit}=${node}`]);
    const again = await product.untilResult("worker", node, "Errored");
    assertEquals(again.baseline, first.baseline);
    await disk.free();
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

/** What becomes of the baseline on a full disk, and of a request for a new one: on the disk, and in the status. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { absorbedConfigMapName } from "../../../src/api/names.ts";
import { digestStream } from "../../../src/base/digest.ts";
import { productTest } from "../product/installation.ts";
import { isAfter, StateDisk } from "./state_disk.ts";
import { Verdicts } from "./verdicts.ts";

const name = "worker";

productTest(
  "faults: a full disk leaves the baseline as it is, and a request for a new one is answered when there is room",
  async (product) => {
    const [node = ""] = product.workers;
    await using disk = await StateDisk.mount(product, name, node);
    const databaseDigest = async (): Promise<string> =>
      await digestStream((await Deno.open(`${disk.path}/aide.db.gz`)).readable);

    await product.apply(name);
    const first = await product.untilResult(name, node, "Succeeded");
    const digest = first.baseline?.digest;
    await using verdicts = await Verdicts.follow(product);

    await disk.fill("Succeeded");
    const errored = await product.untilResult(name, node, "Errored");
    assertEquals(errored.lastResult?.errorReason, "disk-full");
    assertEquals(errored.baseline, first.baseline);
    await product.untilPhase(name, "Error");
    const told = await product.until(
      "the error is told",
      async () =>
        (await product.events("NodeIntegrityStatus")).find((text) =>
          text.includes("has an error!")
        ),
    );
    assertMatch(told, /space|full/);
    // Whoever starts without room comes no further, and loses nothing.
    product.nodes.kill("aide-worker", "SIGKILL");
    const again = await product.untilResult(name, node, "Errored", isAfter(errored));
    assertEquals(again.baseline, first.baseline);

    await disk.free();
    const succeeded = await product.untilResult(name, node, "Succeeded");
    assertEquals(succeeded.baseline, first.baseline);
    assertEquals(await databaseDigest(), digest);
    await product.untilPhase(name, "Active");

    await product.change(node, "/etc/resolv.conf");
    await disk.fill("Failed");
    const full = await product.untilResult(name, node, "Errored");
    await product.kubectl(["annotate", "fileintegrity", name, `${annotations.reInit}=${node}`]);
    const asked = await product.until("the node is asked", async () => {
      const status = await product.status(name, node);
      return status?.metadata.annotations?.[annotations.reInit];
    });
    const tried = await product.untilResult(name, node, "Errored", isAfter(full));
    assertEquals(tried.baseline, first.baseline);
    assertEquals(await databaseDigest(), digest);

    await disk.free();
    const mended = await product.untilResult(name, node, "Succeeded");
    const { baseline } = mended;
    assertEquals([baseline?.requestID, baseline?.reason], [asked, "requested"]);
    assertEquals(baseline?.absorbed?.changed, 1);
    const log = await product.get("cm", absorbedConfigMapName(name, node));
    assertMatch(log.data.integritylog, /\/hostroot\/etc\/resolv\.conf/);
    const later = await product.untilResult(name, node, "Succeeded", isAfter(mended));
    assertEquals(later.baseline, baseline);
    assertEquals(await databaseDigest(), baseline?.digest);
    await product.untilPhase(name, "Active");

    const seen = verdicts.of(`${name}-${node}`);
    assertEquals(seen, [
      ...["Succeeded", "Errored disk-full", "Succeeded", "Failed of 1"],
      ...["Errored disk-full", "Succeeded"],
    ]);
    const events = await product.events("NodeIntegrityStatus");
    assertEquals(events.length, seen.length, events.join("\n"));
    assertEquals((await product.events("NodeBaseline")).length, 2);
    assert(product.faults().some((line) => line.includes("disk-full")));
    assertEquals(product.faults(/"message":"(Failed|Errored|It absorbed|Absorbed)/), []);
  },
  { workers: [`full-${crypto.randomUUID().slice(0, 8)}`], restartPause: 1 },
);

/** Every node finds more at once than one ConfigMap holds. */

import { assert, assertEquals } from "@std/assert";
import { failureConfigMapName } from "../../../src/api/names.ts";
import { productTest } from "../product/installation.ts";
import { publishedLog } from "./published_log.ts";

/** So many that their log is in several parts: digests do not compress. */
const files = 6_000;

productTest(
  "fault: large logs of every node at once are kept whole, and the operator reads none of them",
  async (product) => {
    await product.apply("worker");
    await product.untilPhase("worker", "Active");
    // Changed files, not added ones: the log has both digests of each.
    const write = async (text: string): Promise<void> => {
      for (const node of product.workers) {
        const directory = `${product.nodes.hostRoot(node)}/etc/many`;
        await Deno.mkdir(directory, { recursive: true });
        for (let number = 0; number < files; number++) {
          await Deno.writeTextFile(`${directory}/${number}`, `${text} ${number}\n`);
        }
      }
    };
    await product.kubectl([
      "annotate",
      "fileintegrity",
      "worker",
      "file-integrity.openshift.io/holdoff=",
    ]);
    await product.untilReason("worker", "NodesReporting", "NodesHeld");
    await write("before");
    await product.kubectl([
      "annotate",
      "fileintegrity",
      "worker",
      "file-integrity.openshift.io/holdoff-",
      "file-integrity.openshift.io/re-init=",
    ]);
    await product.until(
      "every node has the files in its baseline",
      async () =>
        (await Promise.all(product.workers.map((node) => product.status("worker", node))))
          .every((status) => (status?.baseline?.entries ?? 0) > files),
    );
    await product.untilPhase("worker", "Active");
    await product.kubectl([
      "annotate",
      "fileintegrity",
      "worker",
      "file-integrity.openshift.io/holdoff=",
    ]);
    await product.untilReason("worker", "NodesReporting", "NodesHeld");
    await write("after");
    const { end } = await product.calls();
    await product.kubectl([
      "annotate",
      "fileintegrity",
      "worker",
      "file-integrity.openshift.io/holdoff-",
    ]);
    for (const node of product.workers) {
      const status = await product.untilResult(
        "worker",
        node,
        "Failed",
        ({ lastResult }) => lastResult?.filesChanged === files,
      );
      const name = failureConfigMapName("worker", node);
      assertEquals(status.lastResult?.resultConfigMapName, name);
      assertEquals(status.lastResult?.changes?.truncated, true);
      const log = await publishedLog(product, name, status.lastResult?.lastProbeTime);
      assert(log.parts > 1, `${log.parts} parts`);
      assertEquals(log.text.match(/^f .*: \/hostroot\/etc\/many\/\d+$/gm)?.length, files);
    }
    const told = await product.until("every node is told", async () => {
      const messages = await product.events("NodeIntegrityStatus");
      const changed = messages.filter((message) => / has changed! a:0,c:6000,r:0 /.test(message));
      return changed.length === product.workers.length && changed;
    });
    assertEquals(new Set(told).size, product.workers.length);
    const { calls } = await product.calls(end);
    assertEquals(
      calls.filter(({ account, resource }) => account === "operator" && resource === "configmaps"),
      [],
    );
    assertEquals(product.faults(/"message":"(Failed: |It absorbed|Absorbed|Files that)/), []);
  },
);

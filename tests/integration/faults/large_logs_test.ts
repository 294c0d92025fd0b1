/** Every node finds more at once than one ConfigMap holds. */

import { assert, assertEquals } from "@std/assert";
import { labels } from "../../../src/api/labels.ts";
import { failureConfigMapName } from "../../../src/api/names.ts";
import { auditEnd, auditEntries } from "../../cluster/audit_log.ts";
import { type Installation, productTest } from "../product/installation.ts";
import { publishedFailure } from "./published_log.ts";

/** So many that their log is in several parts: digests do not compress. */
const files = 6_000;

/** What the operator has asked for of ConfigMaps since `from` of the audit log, but for those with configurations. */
async function configMapsAsked(
  { cluster, namespace }: Installation,
  from: number,
): Promise<string[]> {
  const operator = `system:serviceaccount:${namespace.name}:file-integrity-operator`;
  const { entries } = await auditEntries(cluster.auditLog, from);
  return entries.filter(({ user, objectRef }) =>
    user.username === operator && objectRef?.resource === "configmaps"
  ).filter(({ requestURI }) => {
    // It lists and follows those anew every few minutes.
    const { searchParams } = new URL(requestURI, cluster.server);
    return searchParams.get("labelSelector") !== labels.aideConf;
  }).map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

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
    const end = await auditEnd(product.cluster.auditLog);
    await product.kubectl([
      "annotate",
      "fileintegrity",
      "worker",
      "file-integrity.openshift.io/holdoff-",
    ]);
    for (const node of product.workers) {
      const { status, log } = await publishedFailure(
        ...[product, "worker", node] as const,
        ({ lastResult }) => lastResult?.filesChanged === files,
      );
      const name = failureConfigMapName("worker", node);
      assertEquals(status.lastResult?.resultConfigMapName, name);
      assertEquals(status.lastResult?.changes?.truncated, true);
      assert(log.parts > 1, `${log.parts} parts`);
      assertEquals(log.text.match(/^f .*: \/hostroot\/etc\/many\/\d+$/gm)?.length, files);
    }
    const told = await product.until("every node is told", async () => {
      const messages = await product.events("NodeIntegrityStatus");
      const changed = messages.filter((message) => / has changed! a:0,c:6000,r:0 /.test(message));
      return changed.length === product.workers.length && changed;
    });
    assertEquals(new Set(told).size, product.workers.length);
    assertEquals(await configMapsAsked(product, end), []);
    assertEquals(product.faults(/"message":"(Failed: |It absorbed|Absorbed|Files that)/), []);
  },
);

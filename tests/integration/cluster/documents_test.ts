/** The documents are followed, command by command, on a cluster of their own. */

import { clusterTest } from "../../cluster/test_cluster.ts";
import { userBlocks } from "../../docs/document.ts";
import { runElsewhere } from "../../docs/run_elsewhere.ts";
import { DocumentedCluster } from "./documented_cluster.ts";
import { tour } from "./documented_tour.ts";

clusterTest("documents: every block does what it says", async (besides) => {
  await using cluster = await DocumentedCluster.start(besides, "openshift-file-integrity");
  const blocks = (await userBlocks()).filter((block) => runElsewhere(block) === undefined);
  for (const { document, section, before, after } of tour) {
    await before?.(cluster);
    const said: string[] = [];
    for (const block of blocks) {
      if (block.document === document && block.section === section) {
        said.push(...await cluster.block(block));
      }
    }
    await after?.(cluster, said);
  }
});

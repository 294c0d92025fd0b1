import { assert, assertEquals } from "@std/assert";
import { nodeStatusName } from "../../../src/api/names.ts";
import { resources } from "../../../src/kube/resource.ts";
import { daemonTest } from "./daemon_node.ts";

const long = (length: number, letter: string): string => `long-${letter.repeat(length - 5)}`;

for (
  const [fileIntegrity, node] of [[63, 63], [100, 100], [253, 20], [20, 253], [253, 253]] as const
) {
  daemonTest(
    `names of ${fileIntegrity} and ${node} characters`,
    async (named) => {
      await using daemon = await named.start();
      const first = await named.result("Succeeded");
      assertEquals(
        first.metadata.name,
        nodeStatusName(named.fileIntegrity.metadata.name, named.node),
      );
      await named.host.append("etc/hosts", "# changed\n");
      daemon.nextScan();
      const { lastResult } = await named.result("Failed", first);
      const name = lastResult?.resultConfigMapName ?? "";
      const log = await named.object("the log", resources.configMaps, name, () => true);
      assert(log.data?.["integritylog"]?.includes("/hostroot/etc/hosts"));
    },
    { fileIntegrity: long(fileIntegrity, "f"), node: long(node, "n") },
  );
}

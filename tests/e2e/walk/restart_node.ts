/** The power of the node goes, and comes back. */
import { assertEquals } from "@std/assert";
import { documentedName } from "../e2e_place.ts";
import { bootNode } from "./boot_node.ts";
import { resultTime, untilStatus, type Walk } from "./walk.ts";

/** Ends kubelet, containerd and all containers at once, boots the node, and sees scans go on where they were. */
export async function restartNode(walk: Walk): Promise<void> {
  const { admin, node, say } = walk;
  const before = await untilStatus(walk, documentedName, "there is a status", () => true);
  await node.powerOff();
  say("The node's power is off");
  const since = Date.now();
  await bootNode(node, admin);
  say("The node is ready again");
  const after = await untilStatus(
    walk,
    documentedName,
    "there is a result of the restarted node",
    (status) => resultTime(status) > since,
    180,
  );
  assertEquals(after.lastResult?.condition, "Succeeded");
  assertEquals(after.baseline, before.baseline);
  await admin.run("rollout", "status", "deployment/file-integrity-operator", "--timeout=120s");
  say("Scans go on with the baseline that there was");
}

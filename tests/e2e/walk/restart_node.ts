/** The power of the node goes, and comes back. */
import { assertEquals } from "@std/assert";
import { operatorLease } from "../../../src/kube/lease.ts";
import { answer } from "../../cli/gated_aide.ts";
import { documentedName } from "../e2e_place.ts";
import { bootNode } from "./boot_node.ts";
import { assertNothingChanged } from "./own_changes.ts";
import { daemonPods, restartsOf } from "./restarts.ts";
import { resultTime, untilStatus, type Walk } from "./walk.ts";

/** Ends kubelet, containerd and all containers at once, boots the node, and sees scans go on where they were. */
export async function restartNode(walk: Walk): Promise<void> {
  const { admin, node, say } = walk;
  const before = await untilStatus(walk, documentedName, "there is a status", () => true);
  const leader = (await admin.get("leases", operatorLease))?.spec.holderIdentity;
  await node.powerOff();
  const since = Date.now();
  say("The node's power is off");
  await bootNode(node, admin);
  say("The node is ready again");
  const after = await untilStatus(
    walk,
    documentedName,
    "there is a result of the restarted node",
    (status) => resultTime(status) > since,
    180,
  );
  assertNothingChanged(after, say);
  assertEquals(after.baseline, before.baseline);
  say("Scans go on with the baseline that there was");
  await admin.until(
    "the restarted operator leads",
    "leases",
    operatorLease,
    ({ spec }) => ![leader, ""].includes(spec.holderIdentity),
  );
  // The kubelet tells of one container after the other.
  const restarts = await answer("the restarts of both daemons", async () => {
    const told = await restartsOf(admin, daemonPods);
    return told >= 2 ? told : undefined;
  });
  assertEquals(restarts, 2);
  say("The restarted operator leads: the one before it could not give its Lease up");
}

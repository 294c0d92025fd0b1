/** Switches the node on. */
import { nodeName } from "../e2e_place.ts";
import type { RealNode } from "../real_node.ts";
import type { Admin, KubeObject } from "./admin.ts";

interface Condition {
  type: string;
  status: string;
  lastHeartbeatTime: string;
}

/** Whether the Node is ready, by the word of a kubelet that was there since `since`: an older word stays. */
function isReady(node: KubeObject, since: number): boolean {
  const conditions: Condition[] = node.status?.conditions ?? [];
  return conditions.some(({ type, status, lastHeartbeatTime }) =>
    type === "Ready" && status === "True" && Date.parse(lastHeartbeatTime) >= since
  );
}

/** Boots the node, waits until the cluster has it as ready, and gives the Node. */
export async function bootNode(node: RealNode, admin: Admin): Promise<KubeObject> {
  const since = Math.floor(Date.now() / 1000) * 1000; // times of conditions are whole seconds
  node.boot();
  return await admin.until(
    "the node is ready",
    "nodes",
    nodeName,
    (one) => isReady(one, since),
    90,
  );
}

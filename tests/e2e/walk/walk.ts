/** What each step of the way through the documentation has at hand. */
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { nodeStatusName } from "../../../src/api/names.ts";
import { nodeName } from "../e2e_place.ts";
import type { Plan } from "../plan.ts";
import type { RealNode } from "../real_node.ts";
import type { Admin } from "./admin.ts";

/** The cluster and its node. */
export interface Walk {
  admin: Admin;
  node: RealNode;
  plan: Plan;
  /** URL of the API server. */
  server: string;
  /** Path of the file with the cluster's authority. */
  authority: string;
  /** Says something that is worth a line, with the time since the start. */
  say: (text: string) => void;
}

/** Waits until the node's status of a FileIntegrity is as it should be, and gives it. */
export async function untilStatus(
  { admin }: Pick<Walk, "admin">,
  name: string,
  what: string,
  fits: (status: StoredNodeStatus) => boolean,
  seconds?: number,
): Promise<StoredNodeStatus> {
  const object = await admin.until(
    what,
    "fileintegritynodestatuses",
    nodeStatusName(name, nodeName),
    (found) => fits(found as unknown as StoredNodeStatus),
    seconds,
  );
  return object as unknown as StoredNodeStatus;
}

/** The time of the last result of a status, in milliseconds since 1970; 0 where there is none. */
export const resultTime = ({ lastResult }: StoredNodeStatus): number =>
  Date.parse(lastResult?.lastProbeTime ?? "") || 0;

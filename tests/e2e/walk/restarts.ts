/** How often the containers of pods were started anew. */
import type { Admin } from "./admin.ts";

/** The restarts of all pods with a label, together. */
export async function restartsOf(admin: Admin, selector: string): Promise<number> {
  let restarts = 0;
  for (const { status } of await admin.list("pods", "-l", selector)) {
    for (const { restartCount } of status?.containerStatuses ?? []) restarts += restartCount;
  }
  return restarts;
}

/** The pods of all daemons. */
export const daemonPods = "file-integrity.openshift.io/pod";

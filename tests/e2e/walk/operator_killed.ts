/** The operator is killed, and what was asked for meanwhile is done. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { answer } from "../../cli/gated_aide.ts";
import { documentedName, productState } from "../e2e_place.ts";
import { containerID, processesOf } from "./processes.ts";
import { UserShell } from "./user_shell.ts";
import { untilStatus, type Walk } from "./walk.ts";

/** Kills the operator, asks for a new database, and sees the node succeed again. */
export async function operatorKilled(walk: Walk): Promise<void> {
  const { admin, say } = walk;
  const editor = await UserShell.open(walk, "editor");
  const viewer = await UserShell.open(walk, "viewer");
  const [operator] = await admin.list("pods", "-l", "name=file-integrity-operator");
  assert(operator !== undefined);
  const before = await untilStatus(walk, documentedName, "there is a status", () => true);
  for (const pid of await processesOf(containerID(operator))) Deno.kill(pid, "SIGKILL");
  await editor.run(
    "oc annotate fileintegrities/worker-fileintegrity file-integrity.openshift.io/re-init=",
  );
  say("The operator is killed, and the database is to be re-initialised");
  const after = await untilStatus(
    walk,
    documentedName,
    "the node succeeds with a new baseline",
    ({ lastResult, baseline }) =>
      lastResult?.condition === "Succeeded" && baseline?.digest !== before.baseline?.digest,
    180,
  );
  assertEquals(after.baseline?.reason, "requested");
  assert((after.baseline?.absorbed?.added ?? 0) >= 9_000);
  const again = await admin.until(
    "the operator's pod is ready again",
    "pods",
    operator.metadata.name,
    // The kubelet may tell of the container that was killed for a while.
    ({ status }) =>
      status?.containerStatuses?.[0]?.ready === true &&
      status.containerStatuses[0].restartCount > 0,
  );
  assertEquals(again.metadata.uid, operator.metadata.uid);
  assertEquals(again.status.containerStatuses[0].restartCount, 1);
  await admin.until(
    "the FileIntegrity is active",
    "fileintegrities",
    documentedName,
    (one) => one.status?.phase === "Active",
  );
  assertMatch(
    await viewer.run("oc get fileintegritynodestatuses"),
    new RegExp(`^${documentedName}-.* +Succeeded$`, "m"),
  );
  // The record of a baseline is published before its files take the place of those that become the backup.
  const backups = await answer("a backup", async () => {
    const files = await Array.fromAsync(Deno.readDir(`${productState}/${documentedName}`));
    const found = files.filter(({ name }) =>
      /^aide\.db\.gz\.backup-\d{8}T\d\d_\d\d_\d\d$/.test(name)
    );
    return found.length > 0 ? found : undefined;
  });
  assertEquals(backups.length, 1);
  say(
    "Succeeded again: the new operator has had the database re-initialised, and a backup is kept",
  );
}

/** The default policy on all that this machine has. */
import { assert, assertEquals } from "@std/assert";
import { changedDirectory, everythingName } from "../e2e_place.ts";
import { changesOf } from "./own_changes.ts";
import { daemonPods, restartsOf } from "./restarts.ts";
import { UserShell } from "./user_shell.ts";
import { untilStatus, type Walk } from "./walk.ts";

const patience = 900;

/** Asks for scans of everything, which go on beside the other steps. */
export async function beginEverything(walk: Walk): Promise<void> {
  const editor = await UserShell.open(walk, "editor");
  await editor.run(`oc apply -f ${everythingName}.yaml`);
  walk.say(
    "A second FileIntegrity scans this machine with the default policy, beside the first one",
  );
}

/** When a file was last changed, in milliseconds since 1970. */
async function lastChange(path: string): Promise<number> {
  const { mtime } = await Deno.stat(path);
  if (mtime === null) throw new Error(`${path} has no time of its last change`);
  return mtime.getTime();
}

/** Waits for a whole scan after the baseline, which found what the steps before it changed. */
export async function wholeScan(walk: Walk): Promise<void> {
  const { admin, say } = walk;
  const { baseline } = await untilStatus(
    walk,
    everythingName,
    "there is a baseline of everything",
    (status) => status.baseline !== undefined,
    patience,
  );
  assert(baseline !== undefined);
  say(`The baseline of everything has ${baseline.entries} entries`);
  const since = await lastChange(changedDirectory);
  const status = await untilStatus(
    walk,
    everythingName,
    "there is a scan of everything",
    ({ lastResult }) => Date.parse(lastResult?.scan?.start ?? "") > since,
    patience,
  );
  const { condition = "", scan, filesAdded = 0, filesChanged = 0, filesRemoved = 0 } =
    status.lastResult ?? {};
  assert(["Succeeded", "Failed"].includes(condition), JSON.stringify(status, undefined, 1));
  const { own, others } = changesOf(status);
  const known = await lastChange(`${changedDirectory}/resolv.conf`) < Date.parse(baseline.created);
  assert(known || own.length > 0, "the scan has not seen what this test changed");
  say(
    `The scan of everything compared ${scan?.entries} entries in ${scan?.durationSeconds} s: ${condition}, ` +
      `a:${filesAdded},c:${filesChanged},r:${filesRemoved}` +
      (others.length > 0 ? `; not by this test: ${others.slice(0, 5).join(", ")}` : ""),
  );
  // No probe has taken a daemon that scans for one that hangs.
  assertEquals(await restartsOf(admin, daemonPods), 0);
}

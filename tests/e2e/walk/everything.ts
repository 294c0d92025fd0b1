/** The default policy on all that this machine has. */
import { assert, assertEquals } from "@std/assert";
import { changedDirectory, everythingName } from "../e2e_place.ts";
import { daemonPods, restartsOf } from "./restarts.ts";
import { UserShell } from "./user_shell.ts";
import { untilStatus, type Walk } from "./walk.ts";

const patience = 420;

/** Asks for scans of everything, which go on beside the other steps. */
export async function beginEverything(walk: Walk): Promise<void> {
  const editor = await UserShell.open(walk, "editor");
  await editor.run(`oc apply -f ${everythingName}.yaml`);
  walk.say(
    "A second FileIntegrity scans this machine with the default policy, beside the first one",
  );
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
  const status = await untilStatus(
    walk,
    everythingName,
    "there is a scan of everything",
    ({ lastResult }) =>
      lastResult?.scan !== undefined && lastResult.condition !== "Succeeded" ||
      Date.parse(lastResult?.lastProbeTime ?? "") > Date.parse(baseline.created) + 1_000,
    patience,
  );
  const { condition, scan, changes, filesAdded = 0, filesChanged = 0, filesRemoved = 0 } =
    status.lastResult ?? {};
  // Others may be at work on this machine: what they change is found, and is no fault.
  const others = (changes?.items ?? []).map(({ path }) => path)
    .filter((path) => !path.startsWith(changedDirectory));
  assertEquals(
    ["Succeeded", "Failed"].includes(condition ?? ""),
    true,
    JSON.stringify(status, null, 1),
  );
  say(
    `The scan of everything compared ${scan?.entries} entries in ${scan?.durationSeconds} s: ${condition}, ` +
      `a:${filesAdded},c:${filesChanged},r:${filesRemoved}` +
      (others.length > 0 ? `; not by this test: ${others.slice(0, 5).join(", ")}` : ""),
  );
  // No probe has taken a daemon that scans for one that hangs.
  assertEquals(await restartsOf(admin, daemonPods), 0);
}

/** Another image takes the place of the installed one. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { documentedName, imageNames } from "../e2e_place.ts";
import { kustomization } from "./install.ts";
import { assertNothingChanged } from "./own_changes.ts";
import { resultTime, untilStatus, type Walk } from "./walk.ts";

const selectors = ["name=file-integrity-operator", `app=aide-${documentedName}`];

async function imageIDs({ admin }: Walk, image: string): Promise<string[]> {
  const ids: string[] = [];
  for (const selector of selectors) {
    const pods = (await admin.list("pods", "-l", selector))
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    assertEquals(pods.map(({ spec }) => spec.containers[0].image), [image]);
    ids.push(pods[0]?.status.containerStatuses[0].imageID);
  }
  return ids;
}

/** Applies the kustomization with the other image, and sees operator and daemons replaced, and nothing else. */
export async function upgrade(walk: Walk): Promise<void> {
  const { admin, say } = walk;
  const old = await imageIDs(walk, imageNames.installed);
  const before = await untilStatus(walk, documentedName, "there is a status", () => true);
  await admin.run("apply", "-k", kustomization("upgrade"));
  await admin.run("rollout", "status", "deployment/file-integrity-operator", "--timeout=120s");
  const daemonSet = `aide-${documentedName}`;
  await admin.until(
    "the operator has given the daemons its image",
    "daemonsets",
    daemonSet,
    ({ spec }) => spec.template.spec.containers[0].image === imageNames.upgraded,
  );
  await admin.run("rollout", "status", `daemonset/${daemonSet}`, "--timeout=120s");
  const since = Date.now();
  say("Operator and daemons run the other image");
  const now = await imageIDs(walk, imageNames.upgraded);
  now.forEach((id, at) => assertNotEquals(id, old[at]));
  const after = await untilStatus(
    walk,
    documentedName,
    "there is a result of the new daemon",
    (status) => resultTime(status) > since,
  );
  assertNothingChanged(after, say);
  assertEquals(after.baseline, before.baseline);
  say("Its scans go on with the baseline that there was");
}

/** The documentation, command by command, up to a node whose files were changed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { changedDirectory, documentedName, imageNames, nodeName } from "../e2e_place.ts";
import { changesOf } from "./own_changes.ts";
import { UserShell } from "./user_shell.ts";
import { resultTime, untilStatus, type Walk } from "./walk.ts";

/** The ConfigMap with the log of the failed scan. */
export const failureMap = `aide-ds-${documentedName}-${nodeName}-failed`;

const time = String.raw`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"`;

/** 6.6.1 to 6.6.5.1: applied, and the first result. */
export async function firstResult(walk: Walk): Promise<void> {
  const { admin, say } = walk;
  const editor = await UserShell.open(walk, "editor");
  const viewer = await UserShell.open(walk, "viewer");
  assertMatch(
    await editor.run("oc apply -f worker-fileintegrity.yaml -n openshift-file-integrity"),
    /^fileintegrity\.fileintegrity\.openshift\.io\/worker-fileintegrity created$/m,
  );
  assertMatch(
    await viewer.run("oc get fileintegrities -n openshift-file-integrity"),
    /^NAME +AGE\n(.+\n)*worker-fileintegrity +\d+s\n$/,
  );
  say("The documentation's FileIntegrity is applied; its first scan is after initialDelay, 60 s");
  const status = await untilStatus(
    walk,
    documentedName,
    "there is a first result",
    ({ lastResult }) => lastResult?.condition === "Succeeded",
    180,
  );
  say(`Succeeded: the baseline has ${status.baseline?.entries} entries`);
  await admin.until(
    "the FileIntegrity is active",
    "fileintegrities",
    documentedName,
    (one) => one.status?.phase === "Active",
  );
  assertEquals(
    await viewer.run(
      'oc get fileintegrities/worker-fileintegrity -o jsonpath="{ .status.phase }"',
    ),
    "Active",
  );
  const row = new RegExp(`^${documentedName}-${nodeName} +${nodeName} +Succeeded$`, "m");
  const table = await viewer.run("oc get fileintegritynodestatuses");
  assertMatch(table, /^NAME +NODE +STATUS\n/);
  assertMatch(table, row);
  assertMatch(
    await viewer.run(
      "oc get fileintegritynodestatuses.fileintegrity.openshift.io -ojsonpath='{.items[*].results}' | jq",
    ),
    new RegExp(
      String.raw`\[\n  \{\n    "condition": "Succeeded",\n    "lastProbeTime": ${time}\n  \}\n\]\n`,
    ),
  );
  const events = await viewer.run("oc get events --field-selector reason=FileIntegrityStatus");
  for (const phase of ["Pending", "Initializing", "Active"]) {
    assertMatch(
      events,
      new RegExp(`Normal +FileIntegrityStatus +fileintegrity/${documentedName} +${phase}$`, "m"),
    );
  }
}

/** Changes a file as the documentation does it: out of a pod on the node. */
async function changeFile({ admin }: Walk): Promise<void> {
  const file = `/host${changedDirectory}/resolv.conf`;
  await admin.run(
    ...["debug", `node/${nodeName}`, `--image=${imageNames.pause}`, "--profile=sysadmin", "--"],
    ...["/bin/busybox", "sh", "-c", `echo "# integrity test" >> ${file}`],
  );
  const [pod] = (await admin.list("pods")).filter(({ metadata }) =>
    metadata.name.startsWith("node-debugger-")
  );
  assert(pod !== undefined);
  const done = await admin.until(
    "the file is changed",
    "pods",
    pod.metadata.name,
    ({ status }) => ["Succeeded", "Failed"].includes(status?.phase),
  );
  assertEquals(done.status.phase, "Succeeded");
  await admin.run("delete", "pod", pod.metadata.name);
}

/** 6.6.5.2 and 6.6.6: a changed file, and what is told of it. */
export async function failure(walk: Walk): Promise<void> {
  const { say } = walk;
  const viewer = await UserShell.open(walk, "viewer");
  await changeFile(walk);
  const changed = Date.now();
  say(`A file in ${changedDirectory} is changed, out of a pod`);
  const status = await untilStatus(
    walk,
    documentedName,
    "the node has failed",
    (found) => changesOf(found).own.length > 0,
  );
  assertEquals(status.lastResult?.condition, "Failed");
  const { own, others } = changesOf(status);
  assertEquals(own, [{ path: `${changedDirectory}/resolv.conf`, kind: "changed" }]);
  if (others.length > 0) say(`Somebody else changed ${others.slice(0, 5).join(", ")}`);
  say(`Failed, ${Math.round((resultTime(status) - changed) / 1000)} s after the change`);

  const one = await viewer.run(
    `oc get fileintegritynodestatuses.fileintegrity.openshift.io/worker-fileintegrity-${nodeName} ` +
      "-ojsonpath='{.results}' | jq -r",
  );
  assertMatch(
    one,
    new RegExp(
      String.raw`^\[\n  \{\n    "condition": "Succeeded",\n    "lastProbeTime": ${time}\n  \},\n` +
        String.raw`  \{\n    "condition": "Failed",\n(    "files\w+": \d+,\n)+` +
        String.raw`    "lastProbeTime": ${time},\n    "resultConfigMapName": "${failureMap}",\n` +
        String.raw`    "resultConfigMapNamespace": "openshift-file-integrity"\n  \}\n\]\n$`,
    ),
  );
  const described = await viewer.run(`oc describe cm ${failureMap}`);
  for (
    const line of [
      new RegExp(`^Name: +${failureMap}$`, "m"),
      /file-integrity\.openshift\.io\/files-changed: [1-9]\d*$/m,
      /AIDE .*found differences between database and filesystem/,
      new RegExp(String.raw`: /hostroot${changedDirectory}/resolv\.conf$`, "m"),
      /^ SHA512 /m,
    ]
  ) assertMatch(described, line);
}

const added = 9_000;

/** 6.6.5.2: a log of more than 1 MB is read by the documented pipe. */
export async function largeLog(walk: Walk): Promise<void> {
  const { admin, say } = walk;
  const viewer = await UserShell.open(walk, "viewer");
  const name = "long-name-".repeat(12);
  for (let at = 0; at < added; at++) {
    await Deno.writeTextFile(`${changedDirectory}/${name}${at}`, "");
  }
  await admin.until(
    "the log is compressed",
    "configmaps",
    failureMap,
    ({ metadata }) => "file-integrity.openshift.io/compressed" in (metadata.annotations ?? {}),
  );
  // All of them were there when a scan began at the latest that begins now.
  await untilStatus(
    walk,
    documentedName,
    "all added files are found",
    ({ lastResult }) => (lastResult?.filesAdded ?? 0) >= added,
  );
  const log = await viewer.run(
    `oc get cm ${failureMap} -o json | jq -r '.data.integritylog' | base64 -d | gunzip`,
  );
  assert(log.length > 1_048_576);
  const found = log.split("\n").filter((line) =>
    /^f\++: \/hostroot\/etc\/.*\/long-name-/.test(line)
  );
  assertEquals(found.length, added);
  say(
    `${added} files more: the log of ${
      (log.length / 1e6).toFixed(1)
    } MB is read by the documented pipe`,
  );
  const events = await viewer.run("oc get events --field-selector reason=NodeIntegrityStatus");
  assertMatch(events, new RegExp(`Normal .* no changes to node ${nodeName}$`, "m"));
  assertMatch(
    events,
    new RegExp(
      String
        .raw`Warning .* node ${nodeName} has changed! a:\d+,c:[1-9]\d*,r:\d+ log:openshift-file-integrity/${failureMap}`,
      "m",
    ),
  );
}

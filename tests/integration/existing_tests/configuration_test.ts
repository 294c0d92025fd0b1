/** Of the existing operator's end-to-end tests those of AIDE configurations. */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { convertConfig } from "../../../src/aide/convert.ts";
import { configDataKey, labels, logDataKey } from "../../../src/api/labels.ts";
import { digestText } from "../../../src/base/digest.ts";
import { defaultConfig } from "../../../src/operator/config_judge.ts";
import { existingTests } from "./shared_installation.ts";
import type { Subject } from "./subject.ts";

/** A configuration as users of the existing operator have it; the group NORMAL may hold one attribute more. */
const userConfig = (attribute = ""): string =>
  `\
@@define DBDIR /hostroot/etc/kubernetes
@@define LOGDIR /hostroot/etc/kubernetes
database=file:@@{DBDIR}/aide.db.gz
database_out=file:@@{DBDIR}/aide.db.gz.new
gzip_dbout=yes
verbose=5
report_url=file:@@{LOGDIR}/aide.log.new
report_url=stdout
PERMS = p+u+g+acl+selinux+xattrs
NORMAL = p+i+n+u+g+acl+selinux+xattrs+sha512${attribute}
/hostroot/boot/ NORMAL
/hostroot/root/\\..* PERMS
/hostroot/usr/ NORMAL
!/hostroot/etc/mtab$
/hostroot/etc/ NORMAL
`;

/** The configuration that is active for the FileIntegrity. */
const activeConfig = (subject: Subject): string | undefined =>
  subject.configMap(subject.name)?.data?.[configDataKey];

/** Waits until this configuration is active, and every node has scanned with it. */
async function untilRuns(subject: Subject, text: string): Promise<void> {
  const digest = digestText(text);
  await subject.until("the configuration is active", () => activeConfig(subject) === text);
  for (const node of subject.nodes) {
    await subject.untilResult(
      node,
      "Succeeded",
      ({ baseline, lastResult }) =>
        baseline?.configDigest === digest && lastResult?.scan?.configDigest === digest,
    );
  }
  await subject.untilSettled();
  assertEquals(subject.fileIntegrity?.status?.configDigest, digest);
}

/** Makes a change after which new baselines are taken: none is there before the phase tells so. */
async function rebuild(subject: Subject, change: () => Promise<void>): Promise<void> {
  await subject.whileStopped(async () => {
    await change();
    await subject.untilPhase("Initializing");
  });
}

/** Waits until the phases from the first one on are told, and no others. */
const untilPhases = async (subject: Subject, ...phases: string[]): Promise<void> =>
  await subject.untilAllTold("FileIntegrityStatus", phases);

const rebuilt = ["Initializing", "Active"];

// What the existing operator counts in metrics is asserted by events and baselines; a DaemonSet for a re-init, which
// it counts as well, is never made: a configuration comes with new pods.
async function configurationRevert(subject: Subject): Promise<void> {
  const [node = ""] = subject.nodes;
  await subject.applyFirst();
  await subject.untilSettled();
  await subject.product.applyConfig("revert", { conf: userConfig() });
  const config = { name: "revert", namespace: subject.namespace, key: "conf" };
  await rebuild(subject, () => subject.apply({ config }));
  await untilRuns(subject, convertConfig(userConfig()).text);
  await subject.change(node, "/etc/resolv.conf");
  await subject.untilResult(node, "Failed");
  await rebuild(subject, () => subject.apply());
  await untilRuns(subject, defaultConfig().text);
  const { baseline } = subject.status(node) ?? {};
  assertEquals(baseline?.reason, "config-change");
  // The new baseline took the change in, which is told and kept; there nobody would learn of it.
  assertEquals(baseline?.absorbed?.changed, 1);
  await subject.untilTold("NodeBaseline", `node ${node} has a new baseline, for the new`);
  const { resultConfigMapName: log = "" } = baseline?.absorbed ?? {};
  await subject.untilConfigMap(log, logDataKey, /\/hostroot\/etc\/resolv\.conf/);
  await untilPhases(subject, "Pending", ...rebuilt, ...rebuilt, ...rebuilt);
  await subject.untilAllTold(
    "NodeIntegrityStatus",
    ["no changes", "has changed!", "no changes"],
    { about: `node ${node}`, says: /no changes|has changed!/ },
  );
  assertEquals(subject.daemonSetsEver, [subject.daemonSet?.metadata.name]);
}

// There the active configuration equals the user's, when that is written as theirs is. Here it is what the user's
// means to the AIDE of the image, with the outputs that are ours.
async function configurationStatus(subject: Subject): Promise<void> {
  await subject.applyFirst();
  await subject.untilSettled();
  await subject.untilTold("FileIntegrityStatus", "Active");
  await subject.product.applyConfig("status", { conf: userConfig() });
  const config = { name: "status", namespace: subject.namespace, key: "conf" };
  await rebuild(subject, () => subject.apply({ config }));
  await untilRuns(subject, convertConfig(userConfig()).text);
  for (const line of userConfig().split("\n").filter((line) => /^!?\//.test(line))) {
    const [rule = "", group = ""] = line.split(" ");
    assert(
      activeConfig(subject)?.split("\n").some((one) => one.startsWith(rule) && one.endsWith(group)),
      line,
    );
  }
  await subject.untilReason("ConfigAccepted", "UserConfig");
  await untilPhases(subject, "Pending", ...rebuilt, ...rebuilt);
  assertEquals(subject.daemonSetsEver, [subject.daemonSet?.metadata.name]);
}

// As there it goes on with what was active; here that is told as well.
async function configurationIgnoreMissing(subject: Subject): Promise<void> {
  await subject.applyFirst();
  await subject.untilSettled();
  const before = subject.nodes.map((node) => subject.status(node)?.baseline);
  await subject.apply({ config: { name: "fake-config", namespace: subject.namespace } });
  const message = await subject.untilReason("ConfigAccepted", "ConfigNotFound");
  assertMatch(message, /fake-config does not exist/);
  await subject.untilTold("Configuration", "fake-config does not exist");
  await subject.untilScanned();
  await untilPhases(subject, "Pending", ...rebuilt);
  assertEquals(subject.fileIntegrity?.status?.phase, "Active");
  assertEquals(activeConfig(subject), defaultConfig().text);
  assertEquals(subject.nodes.map((node) => subject.status(node)?.baseline), before);
  assertEquals(subject.daemonSet?.metadata.generation, 1);
}

// There a ConfigMap without the label is overwritten, and every node initialised anew; here only the label comes back.
async function configMapOwnerUpdate(subject: Subject): Promise<void> {
  await subject.applyFirst();
  await subject.untilSettled();
  const before = subject.nodes.map((node) => subject.status(node)?.baseline);
  const { uid } = subject.configMap(subject.name)?.metadata ?? {};
  const owner = (): string | undefined =>
    subject.configMap(subject.name)?.metadata.labels?.[labels.owner];
  assertEquals(owner(), subject.name);
  const version = subject.configMap(subject.name)?.metadata.resourceVersion;
  await subject.product.admin(["label", "configmap", subject.name, `${labels.owner}-`]);
  await subject.until(
    "the label is back",
    () =>
      owner() === subject.name &&
      subject.configMap(subject.name)?.metadata.resourceVersion !== version,
  );
  await subject.untilScanned();
  await subject.untilSettled();
  assertEquals(subject.configMap(subject.name)?.metadata.uid, uid);
  assertEquals(activeConfig(subject), defaultConfig().text);
  assertEquals(subject.nodes.map((node) => subject.status(node)?.baseline), before);
  await untilPhases(subject, "Pending", ...rebuilt);
}

// There daemons end by the bad configuration, and nobody scans until it is mended. Here it is refused with the line
// that is wrong, and the scans go on with the configuration before it.
async function badConfig(subject: Subject): Promise<void> {
  await subject.applyFirst();
  await subject.untilSettled();
  const bad = userConfig("+sha513+md5+XXXXXX");
  await subject.product.applyConfig("bad", { conf: bad });
  await subject.apply({ config: { name: "bad", namespace: subject.namespace, key: "conf" } });
  await subject.untilPhase("Error");
  const message = await subject.untilReason("ConfigAccepted", "ConfigRefused");
  const line = bad.split("\n").findIndex((text) => text.startsWith("NORMAL")) + 1;
  assertMatch(message, new RegExp(`/bad, key conf is refused: line ${line}: .*sha513`));
  await subject.untilTold("Configuration", `line ${line}`);
  await subject.untilTold("FileIntegrityStatus", "Error");
  await subject.untilScanned();
  assertEquals(activeConfig(subject), defaultConfig().text);
  await rebuild(subject, () => subject.product.applyConfig("bad", { conf: userConfig() }));
  await untilRuns(subject, convertConfig(userConfig()).text);
  assertNotEquals(activeConfig(subject), defaultConfig().text);
  await untilPhases(subject, "Pending", ...rebuilt, "Error", ...rebuilt);
}

existingTests("configurations", [
  {
    name: "TestFileIntegrityConfigurationRevert",
    about: "revert",
    nodes: [{}],
    expected: [/"message":"(Failed|Absorbed|It absorbed)/],
    run: configurationRevert,
  },
  { name: "TestFileIntegrityConfigurationStatus", about: "status", run: configurationStatus },
  {
    name: "TestFileIntegrityConfigurationIgnoreMissing",
    about: "ignore-missing",
    run: configurationIgnoreMissing,
  },
  {
    name: "TestFileIntegrityConfigMapOwnerUpdate",
    about: "owner-update",
    run: configMapOwnerUpdate,
  },
  { name: "TestFileIntegrityBadConfig", about: "bad-config", run: badConfig },
]);

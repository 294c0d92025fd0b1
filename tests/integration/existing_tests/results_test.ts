/** Of the existing operator's end-to-end tests those of results and of new baselines. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { annotations, logDataKey } from "../../../src/api/labels.ts";
import { digestStream } from "../../../src/base/digest.ts";
import { existingTests } from "./shared_installation.ts";
import type { Subject } from "./subject.ts";

const changed = /"message":"(Failed|Absorbed|It absorbed)/;

// Where the existing operator's test reads its counters (daemonset_update_total, reinit_daemonset_update_total,
// phase_total, node_status_total, node_failed), this one asserts the facts that they count: the operator is shared.
async function logAndReinitDatabase(subject: Subject): Promise<void> {
  await subject.applyFirst();
  await subject.untilSettled();
  for (const node of subject.nodes) {
    await subject.untilTold("NodeIntegrityStatus", `no changes to node ${node}`);
    await subject.change(node, "/etc/resolv.conf");
  }
  for (const node of subject.nodes) {
    const { lastResult } = await subject.untilResult(node, "Failed");
    assertEquals(lastResult?.filesChanged, 1);
    const { resultConfigMapName: name = "" } = lastResult ?? {};
    const map = await subject.untilConfigMap(name, logDataKey, /\/hostroot\/etc\/resolv\.conf/);
    assert(!(annotations.compressed in (map.metadata.annotations ?? {})));
  }
  await subject.until("both are counted", () => subject.fileIntegrity?.status?.nodes?.failed === 2);
  // Here the phase tells how a new baseline is asked for; a DaemonSet for that, as there, is never made.
  await subject.whileStopped(async () => {
    await subject.annotate(`${annotations.reInit}=`);
    await subject.untilPhase("Initializing");
  });
  for (const node of subject.nodes) {
    await subject.untilResult(
      node,
      "Succeeded",
      ({ baseline }) => baseline?.reason === "requested",
    );
  }
  await subject.untilSettled();
  assertEquals(subject.fileIntegrity?.status?.nodes?.failed, 0);
  assert(!(annotations.reInit in (subject.fileIntegrity?.metadata.annotations ?? {})));

  const each = ["Initializing", "Active"];
  await subject.untilAllTold("FileIntegrityStatus", ["Pending", ...each, ...each]);
  for (const node of subject.nodes) {
    await subject.untilAllTold(
      "NodeIntegrityStatus",
      ["no changes", "has changed! a:0,c:1,r:0", "no changes"],
      { about: `node ${node}`, says: /no changes|has changed! a:0,c:1,r:0/ },
    );
  }
  assertEquals(subject.daemonSetsEver, [subject.daemonSet?.metadata.name]);
  assertEquals(subject.daemonSet?.metadata.generation, 1);
}

async function reinitOnFailed(subject: Subject): Promise<void> {
  const [well = "", ...failed] = subject.nodes;
  await subject.apply();
  await subject.untilSettled();
  const before = subject.status(well)?.baseline;
  for (const node of failed) await subject.change(node, "/etc/resolv.conf");
  for (const node of failed) await subject.untilResult(node, "Failed");
  await subject.annotate(`${annotations.reInitOnFailed}=`);
  for (const node of failed) {
    const { baseline } = await subject.untilResult(node, "Succeeded");
    assertEquals(baseline?.reason, "requested");
    assertEquals(baseline?.absorbed?.changed, 1);
  }
  await subject.until(
    "the request is taken",
    () => !(annotations.reInitOnFailed in (subject.fileIntegrity?.metadata.annotations ?? {})),
  );
  await subject.untilSettled();
  // The node that had not failed keeps its baseline; that no re-init DaemonSet is made for it says the same there.
  await subject.untilScanned();
  assertEquals(subject.status(well)?.baseline, before);
  assertEquals(subject.daemonSetsEver, [subject.daemonSet?.metadata.name]);
}

/** Asks for a new baseline of all nodes, and waits until scans go on with it. */
async function reinit(subject: Subject): Promise<void> {
  const before = new Map(subject.nodes.map((node) => [node, subject.status(node)?.baseline]));
  await subject.annotate(`${annotations.reInit}=`);
  for (const node of subject.nodes) {
    await subject.untilResult(
      node,
      "Succeeded",
      ({ baseline }) => baseline?.requestID !== before.get(node)?.requestID,
    );
  }
  await subject.untilScanned();
}

// The files are where the product keeps its state, not in the host's /etc/kubernetes.
async function pruneBackup(subject: Subject): Promise<void> {
  const [node = ""] = subject.nodes;
  const directory = `${
    subject.product.nodes.hostRoot(node)
  }/var/lib/file-integrity/${subject.name}`;
  const backups = async (): Promise<string[]> =>
    (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name))
      .filter((name) => name.startsWith("aide.db.gz.backup-"));
  await subject.apply({ config: { maxBackups: 3 } });
  await subject.untilSettled();
  await reinit(subject);
  assertEquals((await backups()).length, 1);
  await subject.apply({ config: { maxBackups: 1 } });
  await subject.until(
    "its pod is another one",
    () =>
      subject.daemonArguments.includes("--max-backups=1") &&
      subject.pods.length === 1 &&
      subject.pods[0]?.spec?.containers[0]?.args?.includes("--max-backups=1"),
  );
  await reinit(subject);
  const last = subject.status(node)?.baseline;
  await reinit(subject);
  const [kept = "", ...others] = await backups();
  assertEquals(others, []);
  // It is the one that the last re-init took the place of.
  const { readable } = await Deno.open(`${directory}/${kept}`);
  assertEquals(await digestStream(readable), last?.digest);
}

// There the old trigger is gone after a re-init. Here it means nothing: nobody reads it, and the host's root is
// read-only for the daemon, so that it stays; the default policy leaves it out, so that it is no change either.
async function legacyReinitCleanup(subject: Subject): Promise<void> {
  const [node = ""] = subject.nodes;
  const root = subject.product.nodes.hostRoot(node);
  const triggers = ["/etc/kubernetes/aide.reinit", "/run/aide.reinit"].map((path) => root + path);
  await subject.apply();
  await subject.untilSettled();
  const { baseline } = subject.status(node) ?? {};
  for (const path of triggers) await Deno.writeTextFile(path, "");
  await subject.untilScanned();
  assertEquals(subject.status(node)?.baseline, baseline);
  await reinit(subject);
  assertNotEquals(subject.status(node)?.baseline, baseline);
  assertEquals(subject.status(node)?.baseline?.absorbed?.added ?? 0, 0);
  for (const path of triggers) assertEquals(await Deno.readTextFile(path), "");
}

async function logCompress(subject: Subject): Promise<void> {
  const [node = ""] = subject.nodes;
  await subject.apply();
  await subject.untilSettled();
  const root = subject.product.nodes.hostRoot(node);
  await Promise.all(
    Array.from(
      { length: 10_000 },
      (_, at) => Deno.writeTextFile(`${root}/etc/${"a-long-file-name-".repeat(8)}${at}`, ""),
    ),
  );
  // A scan may have begun before the last of them was there.
  const { lastResult } = await subject.untilResult(
    node,
    "Failed",
    ({ lastResult }) => (lastResult?.filesAdded ?? 0) >= 10_000,
  );
  const { resultConfigMapName: name = "" } = lastResult ?? {};
  const map = await subject.until("its log is compressed", () => {
    const map = subject.configMap(name);
    return annotations.compressed in (map?.metadata.annotations ?? {}) &&
      map?.metadata.annotations?.[annotations.filesAdded] === `${lastResult?.filesAdded}` && map;
  });
  const packed = Uint8Array.fromBase64(map?.data?.[logDataKey] ?? "");
  const gunzip = new DecompressionStream("gzip");
  const log = await new Response(new Blob([packed]).stream().pipeThrough(gunzip)).text();
  assertEquals(log.match(/^f\++: \/hostroot\/etc\/(a-long-file-name-){8}\d+$/gm)?.length, 10_000);
}

/** What kubelets do with the certificates of their node: new files, and links that are moved to them. */
async function rotateCertificates(root: string, serial: number): Promise<void> {
  const replace = async (path: string, contents: string): Promise<void> => {
    await Deno.mkdir(`${root}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${root}${path}.tmp`, contents);
    await Deno.rename(`${root}${path}.tmp`, root + path);
  };
  await replace("/etc/kubernetes/kubelet-ca.crt", `an authority, ${serial}\n`);
  for (const kind of ["client", "server"]) {
    const name = `kubelet-${kind}-${2026 + serial}-01-01-00-00-00.pem`;
    const directory = `${root}/var/lib/kubelet/pki`;
    await replace(`/var/lib/kubelet/pki/${name}`, `a certificate, ${serial}\n`);
    await Deno.symlink(name, `${directory}/new`);
    await Deno.rename(`${directory}/new`, `${directory}/kubelet-${kind}-current.pem`);
  }
}

async function certRotation(subject: Subject): Promise<void> {
  const roots = subject.nodes.map((node) => subject.product.nodes.hostRoot(node));
  for (const root of roots) await rotateCertificates(root, 0);
  await subject.apply();
  await subject.untilSettled();
  const before = subject.nodes.map((node) => subject.status(node)?.baseline);
  for (const root of roots) await rotateCertificates(root, 1);
  await subject.untilScanned();
  assertEquals(subject.nodes.map((node) => subject.status(node)?.baseline), before);
  // Next to them a change is one, and the only one that is found.
  const [node = ""] = subject.nodes;
  await subject.change(node, "/etc/kubernetes/kubelet.conf");
  const { lastResult } = await subject.untilResult(node, "Failed");
  assertEquals(lastResult?.changes?.items.map(({ path }) => path), [
    "/etc/kubernetes/kubelet.conf",
  ]);
}

existingTests("results", [
  {
    name: "TestFileIntegrityLogAndReinitDatabase",
    about: "reindb",
    expected: [changed],
    run: logAndReinitDatabase,
  },
  {
    name: "TestFileIntegrityReinitOnFailed",
    about: "reinit-on-failed",
    nodes: [{}, {}, {}],
    expected: [changed],
    run: reinitOnFailed,
  },
  { name: "TestFileIntegrityPruneBackup", about: "prune", nodes: [{}], run: pruneBackup },
  {
    name: "TestFileIntegrityLegacyReinitCleanup",
    about: "legacy-reinit",
    nodes: [{}],
    run: legacyReinitCleanup,
  },
  {
    name: "TestFileIntegrityLogCompress",
    about: "log-compress",
    nodes: [{}],
    expected: [changed],
    run: logCompress,
  },
  {
    name: "TestFileIntegrityCertRotation",
    about: "cert-rotation",
    expected: [changed],
    run: certRotation,
  },
]);

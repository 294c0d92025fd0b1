/** The record of the baseline: lost, of an earlier FileIntegrity, made anew. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { daemonTest } from "./daemon_node.ts";

async function stateNames(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

daemonTest("a status that is deleted while the daemon runs gets its record back", async (node) => {
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  await node.deleteStatus();
  await daemon.log.said(/FileIntegrityNodeStatus is gone/);
  await node.host.append("etc/hosts", "# changed\n");
  await node.makeStatus();
  // At once: a daemon that started now would find no record.
  const again = await node.result("Failed");
  assertEquals(again.baseline, first.baseline);
  assert(again.metadata.uid !== first.metadata.uid);
});

daemonTest("a record that is lost is never made up for without being asked", async (node) => {
  const { host } = node;
  const daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  await daemon.stop();
  await node.deleteStatus();
  await node.makeStatus();
  await host.append("etc/hosts", "# while nobody looked\n");
  await using again = await node.start();
  const lost = await node.result("Errored");
  assertEquals([lost.lastResult?.errorReason, lost.baseline], ["baseline-lost", undefined]);
  assertStringIncludes(
    lost.lastResult?.errorMessage ?? "",
    "ask for a new baseline: annotate the FileIntegrity with ",
  );
  again.nextScan();
  assertEquals((await node.result("Errored", lost)).baseline, undefined);

  await node.annotate({ reInit: "request-1" });
  const { baseline } = await node.result("Succeeded");
  assertEquals(baseline?.requestID, "request-1");
  assertStringIncludes(baseline?.absorbed?.note ?? "", "Baseline lost");
  assert(baseline?.digest !== first.baseline?.digest);
});

for (const maxBackups of [0, 5]) {
  const what = maxBackups === 0 ? "removed" : "kept as a backup";
  daemonTest(`the baseline of an earlier FileIntegrity is ${what}`, async (node) => {
    const { host } = node;
    const daemon = await node.start({ maxBackups });
    const first = await node.result("Succeeded");
    await daemon.idle();
    await daemon.stop();
    await host.append("etc/hosts", "# of a later time\n");
    await node.recreate();
    await using again = await node.start({ maxBackups });
    const { baseline, lastResult } = await node.result("Succeeded");
    assertEquals([baseline?.reason, baseline?.absorbed], ["first", undefined]);
    assertEquals(lastResult?.condition, "Succeeded");
    assert(baseline?.digest !== first.baseline?.digest);
    const line = await again.log.said(/^The state directory holds the baseline of an earlier/);
    assertStringIncludes(line.message, what);
    await again.idle();
    const names = await stateNames(host.state);
    const owner = await Deno.readTextFile(`${host.state}/file-integrity-uid`);
    assertEquals(owner.trim(), node.fileIntegrity.metadata.uid);
    assertEquals(
      names.filter((name) => name.startsWith("aide.db.gz.backup-")).length,
      maxBackups && 1,
    );
    again.nextScan();
    await again.idle(2);
    assertEquals(again.log.find(/Errored/), []);
  });
}

daemonTest("a status that an earlier FileIntegrity owns is as good as none", async (node) => {
  const daemon = await node.start();
  await node.result("Succeeded");
  await daemon.idle();
  await daemon.stop();
  const { length } = node.writes;
  // The daemon of the FileIntegrity that was made anew, before anything else was.
  await using again = await node.start({ uid: "00000000-1111-2222-3333-444444444444" });
  await again.log.said(/^Waiting for the FileIntegrityNodeStatus/);
  again.nextScan();
  assertEquals(node.writes.length, length);
});

daemonTest("a state that another process holds is waited for, then Errored", async (node) => {
  const daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  await using second = await node.start();
  await second.log.said(/^Not ready: .*in use by another scan/);
  second.clock.skip(31_000);
  const errored = await node.result("Errored", first);
  assertEquals(errored.lastResult?.errorReason, "state-unusable");
  assertEquals(errored.baseline, first.baseline);
  await daemon.stop();
  second.clock.skip(5_000);
  await node.result("Succeeded", first);
});

/** A configuration that changes between baseline and check: AIDE compares only what both know. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

const sha512 = "/hostroot/etc sha512+ftype+p\n";
const sha256 = "/hostroot/etc sha256+ftype+p\n";

testWithEachAide("another hash algorithm, and tampering before it", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  const bare = new BareAide(host);
  await bare.init(sha512);
  const first = (await host.turn({ config: sha512 })).status;
  assertEquals(first.lastResult.condition, "Succeeded");
  await host.append("etc/hosts", "# tampered\n");
  // 0.19 hashes with the old algorithm as well.
  if (aide.version.startsWith("0.18")) await bare.isFooled(sha256);

  for (const _again of [1, 2]) {
    const { lastResult, baseline } = (await host.turn({ config: sha256 })).status;
    assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 1]);
    assertEquals(baseline, first.baseline); // it is not absorbed unasked
    assertStringIncludes(await host.log(host.failedConfigMap), "/hostroot/etc/hosts");
  }
  const asked = (await host.turn({ config: sha256, reInit: true })).status;
  assertEquals([asked.lastResult.condition, asked.baseline?.absorbed?.changed], ["Succeeded", 1]);
});

testWithEachAide("another hash algorithm, and tampering after it", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn({ config: sha512 });
  const { baseline } = (await host.turn({ config: sha256 })).status;
  assertEquals(baseline?.reason, "config-change");
  await host.append("etc/hosts", "# tampered\n");
  assertEquals((await host.turn({ config: sha256 })).status.lastResult.filesChanged, 1);
});

testWithEachAide("an exclude added after tampering", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  const open = "/hostroot/etc/ sha512\n";
  const without = `!/hostroot/etc/hosts$\n${open}`;
  const bare = new BareAide(host);
  await bare.init(open);
  await host.turn({ config: open });
  await host.append("etc/hosts", "# tampered\n");
  // 0.19 calls it removed.
  if (aide.version.startsWith("0.18")) await bare.isFooled(without);
  const { lastResult } = (await host.turn({ config: without })).status;
  assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 1]);
  assertEquals(lastResult.changes?.items[0]?.path, "/etc/hosts");
});

testWithEachAide("an exclude added to a host as it was", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  const open = "/hostroot/etc/ sha512\n";
  const before = (await host.turn({ config: open })).status.baseline;
  const { lastResult, baseline } = (await host.turn({
    config: `!/hostroot/etc/hosts$\n${open}`,
  })).status;
  // Neither quiet nor an alarm: the record says why there is a new baseline and that it holds less.
  assertEquals([lastResult.condition, baseline?.reason], ["Succeeded", "config-change"]);
  assertEquals((before?.entries ?? 0) - (baseline?.entries ?? 0), 1);
});

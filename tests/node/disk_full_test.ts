/** A state directory without room: AIDE 0.18 says "successfully", and every version loses reports without a word. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FileIntegrityNodeStatus } from "../../src/api/node_status.ts";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { type Mount, tmpfs } from "./mounts.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

/** A host whose database is about 75 KiB: hashes do not compress. */
async function largeHost(aide: AideBinary): Promise<TestHost> {
  const files: Record<string, string> = {};
  for (let number = 0; number < 1000; number++) files[`etc/file-${number}`] = `${number}\n`;
  return await TestHost.make(aide, files);
}

async function fill(host: TestHost, mount: Mount, freeKiB: number): Promise<void> {
  await mount.remount("size=8m");
  const { stdout } = await new Deno.Command("df", {
    args: ["--output=used", "--block-size=1K", host.state],
  }).output();
  const used = Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1));
  await mount.remount(`size=${used + freeKiB}k`);
}

async function recorded(host: TestHost): Promise<FileIntegrityNodeStatus | undefined> {
  const text = await Deno.readTextFile(`${host.state}/status.json`).catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

const full = [
  "disk-full",
  "io-error",
  "aide-error",
  "write-error",
  "report-incomplete",
  "database-error",
];

for (const size of ["16k", "24k", "64k"]) {
  testWithEachAide(`the first baseline on a disk of ${size}`, binaries, async (aide) => {
    await using host = await largeHost(aide);
    await using mount = await tmpfs(host.state, size);
    const { lastResult, baseline } = (await host.turn()).status;
    assertEquals([lastResult.condition, baseline], ["Errored", undefined], lastResult.errorMessage);
    assert(full.includes(lastResult.errorReason ?? ""), lastResult.errorMessage);
    // The half of a database has made room for the record of what went wrong.
    assertEquals((await recorded(host))?.lastResult.condition, "Errored");
    await mount.remount("size=8m");
    assertEquals((await host.turn()).status.baseline?.reason, "first");
  });
}

testWithEachAide("a re-init without room for its database", binaries, async (aide) => {
  await using host = await largeHost(aide);
  await using mount = await tmpfs(host.state, "8m");
  const old = (await host.turn()).status.baseline;
  await host.append("etc/file-1", "changed\n");
  for (const freeKiB of [0, 4, 16, 32, 48, 56]) {
    await fill(host, mount, freeKiB);
    const { status } = await host.turn({ reInit: true });
    assertEquals(status.lastResult.condition, "Errored", `${freeKiB} KiB`);
    assertEquals(status.baseline, old);
  }
  await mount.remount("size=8m");
  const later = (await host.turn()).status;
  assertEquals([later.lastResult.condition, later.lastResult.filesChanged], ["Failed", 1]);
  const asked = (await host.turn({ reInit: true })).status.baseline;
  assertEquals(asked?.absorbed?.changed, 1);
});

testWithEachAide("a check without room for its log", binaries, async (aide) => {
  await using host = await largeHost(aide);
  await using mount = await tmpfs(host.state, "8m");
  await host.turn();
  for (let number = 0; number < 300; number++) await host.append(`etc/file-${number}`, "x\n");
  const seen = new Set<string>();
  for (let freeKiB = 0; freeKiB <= 256; freeKiB += 16) {
    await fill(host, mount, freeKiB);
    const { publication, status, safe } = await host.turn();
    assert(status.lastResult.condition !== "Succeeded", `${freeKiB} KiB`);
    seen.add(`${status.lastResult.errorReason ?? status.lastResult.condition} ${safe}`);
    if (status.lastResult.condition !== "Failed") continue;
    // What is called a verdict has its whole log.
    assertEquals(status.lastResult.filesChanged, 300);
    const log = await host.log(host.failedConfigMap);
    assertEquals(log.match(/^f .*: \/hostroot\/etc\/file-\d+$/gm)?.length, 300);
    assertStringIncludes(log, "End timestamp: ");
    assertEquals(publication.log?.counts.changed, 300);
  }
  assert(seen.has("Failed true"), [...seen].join());
  // A log cut short, of which AIDE says nothing: found, and recorded in the room that it took.
  assert(seen.has("disk-full true"), [...seen].join());
});

testWithEachAide("a check of an unchanged host without any room", binaries, async (aide) => {
  await using host = await largeHost(aide);
  await using mount = await tmpfs(host.state, "8m");
  await host.turn();
  await fill(host, mount, 0);
  const { status, safe } = await host.turn();
  assertEquals([status.lastResult.condition, safe], ["Errored", false]);
  await mount.remount("size=8m");
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
});

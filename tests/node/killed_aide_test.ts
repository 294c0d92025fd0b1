/** AIDE itself killed in the middle of a scan, out of memory, or ended by a signal. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { bigFile, tamper } from "./hashing.ts";
import { hookedAide, scriptedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

async function hostWithBigFile(aide: AideBinary): Promise<TestHost> {
  const host = await TestHost.make(aide);
  await bigFile(host.at("etc/big"));
  return host;
}

/** AIDE, whose first run gets a signal while it hashes the big file. */
function struckBy(host: TestHost, signal: Deno.Signal): ReturnType<typeof hookedAide> {
  return hookedAide(host.aide, {
    hashing: (count) =>
      count === 1 ? { path: host.at("etc/big"), act: (pid) => Deno.kill(pid, signal) } : undefined,
  });
}

testWithEachAide("AIDE killed in the first baseline", binaries, async (aide) => {
  await using host = await hostWithBigFile(aide);
  const { lastResult, baseline } = (await host.turn({ aide: struckBy(host, "SIGKILL") })).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "killed"]);
  assertEquals(baseline, undefined);
  assertEquals((await host.turn()).status.baseline?.reason, "first");
});

testWithEachAide("AIDE killed in a check and in a re-init", binaries, async (aide) => {
  await using host = await hostWithBigFile(aide);
  const old = (await host.turn()).status.baseline;
  await tamper(host.at("etc/big"));
  for (const reInit of [false, true]) {
    const { status } = await host.turn({ aide: struckBy(host, "SIGKILL"), reInit });
    assertEquals([status.lastResult.condition, status.baseline], ["Errored", old]);
    assertStringIncludes(status.lastResult.errorMessage ?? "", "AIDE was killed by SIGKILL");
  }
  assertEquals((await host.turn()).status.lastResult.filesChanged, 1);
});

testWithEachAide("AIDE told to end by somebody else", binaries, async (aide) => {
  await using host = await hostWithBigFile(aide);
  const old = (await host.turn()).status.baseline;
  await tamper(host.at("etc/big"));
  for (const reInit of [false, true]) {
    const { status } = await host.turn({ aide: struckBy(host, "SIGTERM"), reInit });
    // 0.18 goes on to its end and says that it was told; that is no clean run either.
    assertEquals([status.lastResult.condition, status.baseline], ["Errored", old]);
    const reason = aide.version.startsWith("0.18") ? "aide-error" : "interrupted";
    assertEquals(status.lastResult.errorReason, reason);
  }
  assertEquals((await host.turn()).status.lastResult.filesChanged, 1);
});

testWithEachAide("AIDE out of memory", binaries, async (aide) => {
  await using host = await hostWithBigFile(aide);
  await host.turn();
  await tamper(host.at("etc/big"));
  let ran = 0;
  // From too little to start with, to enough for all but the last table.
  for (const limit of [8, 16, 24, 32, 40, 48, 64, 96].map((mebibytes) => mebibytes * 1024)) {
    const weak = await scriptedAide(
      aide,
      `${host.directory}/weak`,
      `ulimit -v ${limit}\nexec "$AIDE" "$@"`,
    );
    const { lastResult } = (await host.turn({ aide: weak })).status;
    assert(lastResult.condition !== "Succeeded", `${limit} KiB`);
    if (lastResult.condition === "Errored") ran++;
    else assertEquals(lastResult.filesChanged, 1);
  }
  assert(ran > 0, "no limit was small enough");
});

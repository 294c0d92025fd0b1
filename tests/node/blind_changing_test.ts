/** Files that change while AIDE hashes them: it drops the hash, says so on stderr only, and "Looks okay". */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Aide } from "../../src/node/aide_process.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { assertFooled, BareAide } from "./bare_aide.ts";
import { bigBytes, bigFile, type Caught, caughtHashing, grow, tamper } from "./hashing.ts";
import { hookedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

/** A file that grows while it is hashed. */
const growing = (path: string): Caught => ({ path, act: () => grow(path) });

async function hostWithBigFile(aide: (typeof binaries)[number]): Promise<[TestHost, string]> {
  const host = await TestHost.make(aide);
  await bigFile(host.at("etc/big"));
  return [host, host.at("etc/big")];
}

testWithEachAide(
  "a tampered file that changes once while it is checked",
  binaries,
  async (aide) => {
    const [made, big] = await hostWithBigFile(aide);
    await using host = made;
    const bare = new BareAide(host);
    await bare.init();
    assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");

    await tamper(big);
    assertFooled(await caughtHashing(growing(big), () => bare.check()));

    await Deno.truncate(big, bigBytes);
    const disturbed = hookedAide(aide, {
      hashing: (count) => count === 1 ? growing(big) : undefined,
    });
    const { status } = await host.turn({ aide: disturbed });
    assertEquals(status.lastResult.condition, "Failed");
    assertEquals(status.lastResult.changes?.items.map(({ path }) => path), ["/etc/big"]);
    assertStringIncludes(await host.log(host.failedConfigMap), "File: /hostroot/etc/big");
  },
);

testWithEachAide("a file that changes once and is what it was", binaries, async (aide) => {
  const [made, big] = await hostWithBigFile(aide);
  await using host = made;
  await host.turn();
  let runs = 0;
  const disturbed = hookedAide(aide, {
    before: (count) => count === 2 ? Deno.truncate(big, bigBytes) : undefined,
    hashing: (count) => count === 1 ? growing(big) : undefined,
    after: (count) => void (runs = count),
  });
  const { status } = await host.turn({ aide: disturbed });
  // The second look has hashed it: that is the proof.
  assertEquals([status.lastResult.condition, runs], ["Succeeded", 2]);
});

testWithEachAide("a file that changes in every look at it", binaries, async (aide) => {
  const [made, big] = await hostWithBigFile(aide);
  await using host = made;
  await host.turn();
  await tamper(big);
  let runs = 0;
  const disturbed = hookedAide(aide, {
    before: () => Deno.truncate(big, bigBytes),
    hashing: () => growing(big),
    after: (count) => void (runs = count),
  });
  const { status } = await host.turn({ aide: disturbed });
  assertEquals(runs, 4);
  assertEquals(status.lastResult.condition, "Failed");
  assertEquals(status.lastResult.filesChanged, 1);
  assertEquals(status.lastResult.unverified?.items, [
    { path: "/etc/big", reason: "changed-while-hashed" },
  ]);
  const log = await host.log(host.failedConfigMap);
  assertStringIncludes(log, "Changed during each of 4 attempts to hash them:\n\n/hostroot/etc/big");
});

testWithEachAide("a file that changes while the baseline is taken", binaries, async (aide) => {
  const [made, big] = await hostWithBigFile(aide);
  await using host = made;
  const bare = new BareAide(host);
  await caughtHashing(growing(big), () => bare.init());
  await Deno.truncate(big, bigBytes);
  await tamper(big);
  await bare.isFooled(); // and for ever: its database has no hash of the file

  const disturbed = hookedAide(aide, {
    before: (count) => count === 2 ? Deno.truncate(big, bigBytes) : undefined,
    hashing: (count) => count === 1 ? growing(big) : undefined,
  });
  const { status } = await host.turn({ aide: disturbed });
  assertEquals(status.lastResult.condition, "Succeeded");
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
  await tamper(big, "tampered again");
  const later = (await host.turn()).status.lastResult;
  assertEquals(later.condition, "Failed");
  assertEquals(later.changes?.items.map(({ path }) => path), ["/etc/big"]);
});

testWithEachAide(
  "a file that is never quiet while the baseline is taken",
  binaries,
  async (aide) => {
    const [made, big] = await hostWithBigFile(aide);
    await using host = made;
    let runs = 0;
    const disturbed = hookedAide(aide, {
      hashing: () => growing(big),
      after: (count) => void (runs = count),
    });
    const { status } = await host.turn({ aide: disturbed });
    assertEquals(runs, 4);
    assertEquals([status.lastResult.condition, status.lastResult.errorReason], [
      "Errored",
      "unverified",
    ]);
    assertStringIncludes(status.lastResult.errorMessage ?? "", "/etc/big (changed-while-hashed)");
    assertEquals(status.baseline, undefined);
    const left = await Array.fromAsync(Deno.readDir(host.state), ({ name }) => name);
    assert(!left.includes("aide.db.gz"), left.join(" "));
  },
);

testWithEachAide("a hash that was taken of another file", binaries, async (aide) => {
  const [made, big] = await hostWithBigFile(aide);
  await using host = made;
  const real = hookedAide(aide, {
    before: (count) => count === 2 ? Deno.truncate(big, bigBytes) : undefined,
    hashing: (count) => count === 1 ? growing(big) : undefined,
  });
  // A message that is misread: the name in it is that of a file which can be hashed.
  const misreading: Aide = {
    version: (signal) => real.version(signal),
    run: async (run) => {
      const said: BlobPart[] = []; // AIDE writes a line in pieces
      const outcome = await real.run({ ...run, stderr: (chunk) => said.push(chunk.slice()) });
      const text = (await new Blob(said).text()).replaceAll("/etc/big", "/etc/motd");
      run.stderr(new TextEncoder().encode(text));
      return outcome;
    },
  };
  const { status } = await host.turn({ aide: misreading });
  assertEquals([status.lastResult.condition, status.baseline], ["Errored", undefined]);
  assertStringIncludes(status.lastResult.errorMessage ?? "", "/etc/motd (changed-while-hashed)");
});

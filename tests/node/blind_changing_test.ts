/** Files that change while AIDE hashes them: it drops the hash, says so on stderr only, and "Looks okay". */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Aide } from "../../src/node/aide_process.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { bigBytes, bigFile, grow, tamper, whileHashing } from "./hashing.ts";
import { hookedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

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
    const fooled = bare.isFooled();
    assert(await whileHashing(big, () => grow(big), fooled));
    await fooled;

    await Deno.truncate(big, bigBytes);
    const disturbed = hookedAide(aide, {
      during: (count, over) => count === 1 ? whileHashing(big, () => grow(big), over) : undefined,
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
    during: (count, over) => count === 1 ? whileHashing(big, () => grow(big), over) : undefined,
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
  const caught: boolean[] = [];
  const disturbed = hookedAide(aide, {
    before: () => Deno.truncate(big, bigBytes),
    during: async (_count, over) => {
      caught.push(await whileHashing(big, () => grow(big), over));
    },
  });
  const { status } = await host.turn({ aide: disturbed });
  assertEquals(caught, [true, true, true, true]);
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
  const inited = bare.init();
  assert(await whileHashing(big, () => grow(big), inited));
  await inited;
  await Deno.truncate(big, bigBytes);
  await tamper(big);
  await bare.isFooled(); // and for ever: its database has no hash of the file

  const disturbed = hookedAide(aide, {
    before: (count) => count === 2 ? Deno.truncate(big, bigBytes) : undefined,
    during: (count, over) => count === 1 ? whileHashing(big, () => grow(big), over) : undefined,
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
    let caught = 0;
    const disturbed = hookedAide(aide, {
      during: async (_count, over) => {
        if (await whileHashing(big, () => grow(big), over)) caught++;
      },
    });
    const { status } = await host.turn({ aide: disturbed });
    assertEquals(caught, 4);
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
  const caught: boolean[] = [];
  const real = hookedAide(aide, {
    before: (count) => count === 2 ? Deno.truncate(big, bigBytes) : undefined,
    during: async (count, over) => {
      if (count === 1) caught.push(await whileHashing(big, () => grow(big), over));
    },
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
  assertEquals(caught, [true]);
  assertEquals([status.lastResult.condition, status.baseline], ["Errored", undefined]);
  assertStringIncludes(status.lastResult.errorMessage ?? "", "/etc/motd (changed-while-hashed)");
});

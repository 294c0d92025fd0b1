/** A real database cut at any length, or with any bit flipped: AIDE 0.18 reads most of them without a word. */

import { assert, assertEquals } from "@std/assert";
import { inspectDatabase } from "../../src/report/database.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { scriptedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

async function isComplete(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return (await inspectDatabase(new Blob([bytes]).stream())).complete;
}

testWithEachAide("a database cut at any length is no new baseline", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  const whole = await Deno.readFile(`${host.state}/aide.db.gz`);
  assert(await isComplete(whole));
  for (let length = 0; length < whole.length; length++) {
    assert(!await isComplete(whole.slice(0, length)), `${length} of ${whole.length} bytes`);
  }
  // A disk that fills up leaves zeros, or a second half of something older.
  assert(!await isComplete(new Uint8Array([...whole, 0])));
  assert(!await isComplete(new Uint8Array([...whole, ...whole])));
});

testWithEachAide("a damaged database is no baseline", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  const path = `${host.state}/aide.db.gz`;
  const whole = await Deno.readFile(path);
  const { length } = whole;
  const check = async (bytes: Uint8Array, what: string): Promise<void> => {
    await Deno.writeFile(path, bytes);
    const { lastResult } = (await host.turn()).status;
    assertEquals(
      [lastResult.condition, lastResult.errorReason],
      ["Errored", "baseline-altered"],
      what,
    );
  };
  for (let cut = 0; cut < length; cut += 23) await check(whole.slice(0, cut), `cut at ${cut}`);
  for (let cut = length - 9; cut < length; cut++) await check(whole.slice(0, cut), `cut at ${cut}`);
  for (let at = 0; at < length; at += 23) {
    const flipped = whole.slice();
    flipped[at] = flipped[at]! ^ 1 << at % 8;
    await check(flipped, `bit flipped in byte ${at}`);
  }
  await Deno.writeFile(path, whole);
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
});

testWithEachAide(
  "a draft that AIDE left damaged never becomes the baseline",
  binaries,
  async (aide) => {
    await using host = await TestHost.make(aide);
    const draft = `${host.state}/aide.db.gz.draft`;
    const scripts = {
      cut: `truncate -s -9 '${draft}'`,
      empty: `truncate -s 0 '${draft}'`,
      gone: `rm '${draft}'`,
      "bytes overwritten": `printf x | dd of='${draft}' bs=1 seek=40 conv=notrunc 2>/dev/null`,
      "an entry missing":
        `gunzip -c < '${draft}' | grep -v motd | gzip > '${draft}.x'; mv '${draft}.x' '${draft}'`,
    };
    for (const [name, script] of Object.entries(scripts)) {
      const broken = await scriptedAide(
        aide,
        `${host.directory}/broken`,
        `"$AIDE" "$@"; code=$?\n${script}\nexit $code`,
      );
      const { lastResult, baseline } = (await host.turn({ aide: broken })).status;
      assertEquals([lastResult.condition, baseline], ["Errored", undefined], name);
    }
  },
);

/** Names made to mislead whoever reads AIDE's words about a file that could not be hashed. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../src/base/path_text.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { bigBytes, bigFile, grow, tamper } from "./hashing.ts";
import { hookedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

/** Names below etc, with ROOT for the host root: each imitates a part of a message, and most name another file. */
const names = [
  "x for 'ROOT/etc/motd",
  "x of 'ROOT/etc/motd': y",
  "x' has changed (changed fields: s) during hash calculation",
  "x\nWARNING: 'ROOT/etc/motd' (",
  "x: File name too long (fullpath: 'ROOT",
  "\u001b[31m\u202e\\012 [a-z]+.*^${1}|",
];

const utf8 = new TextEncoder();

async function hostWith(
  aide: (typeof binaries)[number],
  pattern: string,
): Promise<{ host: TestHost; file: string; text: string }> {
  const host = await TestHost.make(aide);
  const path = `etc/${pattern.replaceAll("ROOT", host.root)}`;
  await host.write(path, "");
  await bigFile(host.at(path));
  return { host, file: host.at(path), text: encodePath(utf8.encode(`/${path}`)) };
}

testWithEachAide("a tampered file with a misleading name that changes", binaries, async (aide) => {
  for (const pattern of names) {
    const { host: made, file, text } = await hostWith(aide, pattern);
    await using host = made;
    assertEquals((await host.turn()).status.lastResult.condition, "Succeeded", pattern);
    await tamper(file);
    const disturbed = hookedAide(aide, {
      hashing: (count) => count === 1 ? { path: file, act: () => grow(file) } : undefined,
      before: (count) => count === 2 ? Deno.truncate(file, bigBytes) : undefined,
    });
    const { lastResult } = (await host.turn({ aide: disturbed })).status;
    assertEquals(lastResult.condition, "Failed", `${pattern}: ${lastResult.errorMessage}`);
    assertEquals(lastResult.changes?.items.map(({ path }) => path), [text]);
  }
});

testWithEachAide("a misleading name that changes during the baseline", binaries, async (aide) => {
  for (const pattern of names) {
    const { host: made, file, text } = await hostWith(aide, pattern);
    await using host = made;
    const runs: number[] = [];
    const disturbed = hookedAide(aide, {
      before: async (count) => {
        if (count === 2) await Deno.truncate(file, bigBytes);
      },
      hashing: (count) => count === 1 ? { path: file, act: () => grow(file) } : undefined,
      after: (count) => void runs.push(count),
    });
    const first = (await host.turn({ aide: disturbed })).status.lastResult;
    assertEquals(first.condition, "Succeeded", `${pattern}: ${first.errorMessage}`);
    assertEquals(runs, [1, 2], pattern);
    await tamper(file);
    const { lastResult } = (await host.turn()).status;
    assertEquals(lastResult.condition, "Failed", `${pattern}: ${lastResult.errorMessage}`);
    assertEquals(lastResult.changes?.items.map(({ path }) => path), [text]);
  }
});

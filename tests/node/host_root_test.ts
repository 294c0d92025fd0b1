/** A host root that is not the host: missing, empty, not mounted, or mounted in part. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { LastResult } from "../../src/api/scan_result.ts";
import { clusterRemedies } from "../../src/node/remedies.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { bind, tmpfs } from "./mounts.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

const verdict = ({ condition, errorReason }: LastResult): unknown[] => [condition, errorReason];
/** Selects the root itself as well, so that even an empty directory gives AIDE an entry. */
const wholeRoot = "/hostroot sha512+ftype+p\n";

const roots: Record<string, (root: string) => Promise<void>> = {
  missing: () => Promise.resolve(),
  empty: (root) => Deno.mkdir(root),
  "a file": (root) => Deno.writeTextFile(root, ""),
  "a dangling link": (root) => Deno.symlink("/nonexistent", root),
};

for (const [name, make] of Object.entries(roots)) {
  testWithEachAide(`a host root that is ${name}`, binaries, async (aide) => {
    await using host = await TestHost.make(aide);
    const old = (await host.turn({ config: wholeRoot })).status.baseline;
    await Deno.rename(host.root, `${host.root}.away`);
    await make(host.root);
    for (const reInit of [false, true]) {
      const { status } = await host.turn({ config: wholeRoot, reInit });
      assertEquals(verdict(status.lastResult), ["Errored", "root-missing"]);
      assertEquals(status.baseline, old);
    }
    await Deno.remove(host.state, { recursive: true });
    const first = (await host.turn({ config: wholeRoot })).status;
    assertEquals(verdict(first.lastResult), ["Errored", "root-missing"]);
    assertEquals(first.baseline, undefined);
  });
}

testWithEachAide("a host root that is unmounted between scans", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await using mount = await bind(host.root, await makeDirectory(`${host.directory}/mounted`));
  await Deno.rename(host.root, `${host.directory}/real`);
  await Deno.symlink(`${host.directory}/mounted`, host.root);
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
  await mount.unmount();
  assertEquals(verdict((await host.turn()).status.lastResult), ["Errored", "root-missing"]);
});

async function makeDirectory(path: string): Promise<string> {
  await Deno.mkdir(path);
  return path;
}

testWithEachAide("half of the host gone", binaries, async (aide) => {
  const files: Record<string, string> = { "etc/hosts": "x\n" };
  for (let number = 0; number < 200; number++) files[`usr/lib/${number}`] = `${number}\n`;
  await using host = await TestHost.make(aide, files);
  const config = "/hostroot/etc sha512\n/hostroot/usr sha512\n";
  await host.turn({ config });
  await using _over = await tmpfs(host.at("usr"), "16k");
  const { lastResult } = (await host.turn({ config })).status;
  assertEquals(verdict(lastResult), ["Errored", "coverage-collapsed"]);
  assertStringIncludes(lastResult.errorMessage ?? "", `, ${clusterRemedies.newBaseline}`);
  // What is missing is listed all the same.
  assert((lastResult.changes?.removed ?? 0) >= 200);
  // Whoever has done so is not told to.
  const { baseline } = (await host.turn({ config, reInit: true })).status;
  const { note = "" } = baseline?.absorbed ?? {};
  assertStringIncludes(note, "entries of the baseline were found");
  assert(!note.includes(clusterRemedies.newBaseline), note);
});

testWithEachAide("all but nothing of a small host gone", binaries, async (aide) => {
  await using host = await TestHost.make(aide, { "etc/a": "1\n", "etc/b": "2\n", "var/x": "3\n" });
  const config = "/hostroot/etc/ sha512\n";
  await host.turn({ config });
  await Deno.remove(host.at("etc"), { recursive: true });
  const { lastResult } = (await host.turn({ config })).status;
  assertEquals(verdict(lastResult), ["Errored", "coverage-collapsed"]);
});

const selectsNothing = [
  "/hostroot/nowhere sha512\n",
  "/hostroot/etc/nowhere$ sha512\n",
  "/hostroot/etc s ftype\n", // sockets, of which there are none
];

testWithEachAide("a configuration that selects nothing", binaries, async (aide) => {
  for (const config of selectsNothing) {
    await using host = await TestHost.make(aide);
    const bare = new BareAide(host);
    await bare.init(config);
    await bare.isFooled(config);
    const first = (await host.turn({ config })).status;
    assertEquals([first.lastResult.condition, first.baseline], ["Errored", undefined], config);
    // Nor may a change to such a configuration take the place of a baseline that sees something.
    const old = (await host.turn()).status.baseline;
    for (const reInit of [false, true]) {
      const { status } = await host.turn({ config, reInit });
      assertEquals([status.lastResult.condition, status.baseline], ["Errored", old], config);
    }
  }
});

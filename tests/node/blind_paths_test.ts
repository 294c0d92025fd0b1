/** Paths that AIDE skips, and rules that match more than they seem to. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { convertConfig } from "../../src/aide/convert.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

async function shell(directory: string, script: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", script],
    cwd: directory,
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

const enter = `
name=$(printf 'd%.0s' $(seq 250))
for level in $(seq 16); do mkdir -p $name; cd -P ./$name 2>/dev/null || exit 1; done
`;

testWithEachAide("a file deeper than any path can name", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.write("etc/deep/", "");
  await shell(host.at("etc/deep"), enter); // as deep as a path of 4096 bytes goes
  const bare = new BareAide(host);
  await bare.init();
  const old = (await host.turn()).status.baseline;
  assertEquals(old?.reason, "first");
  await shell(host.at("etc/deep"), `${enter}\necho evil > $name`);
  await bare.isFooled();
  const { lastResult } = (await host.turn()).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "unverified"]);
  assertEquals(lastResult.unverified?.items.map(({ reason }) => reason), ["path-too-long"]);
  assertStringIncludes(lastResult.unverified?.items[0]?.path ?? "", "/etc/deep/ddd");

  const again = (await host.turn({ reInit: true })).status;
  assertEquals([again.lastResult.condition, again.baseline], ["Errored", old]);
  assertStringIncludes(again.lastResult.errorMessage ?? "", "(path-too-long)");
});

testWithEachAide("a rule without an end selects all that begins so", binaries, async (aide) => {
  await using host = await TestHost.make(aide, {
    "x/t": "1\n",
    "x/t.db": "1\n",
    "x/table/deep": "1\n",
  });
  const config = "/hostroot/x/t sha512\n";
  await host.turn({ config });
  for (const path of ["x/t", "x/t.db", "x/table/deep"]) await host.append(path, "2\n");
  const { lastResult } = (await host.turn({ config })).status;
  assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 3]);
});

testWithEachAide(
  "an exclude without an end leaves out its siblings, and is named",
  binaries,
  async (aide) => {
    await using host = await TestHost.make(aide, {
      "etc/var/a": "1\n",
      "etc/variable": "1\n",
      "etc/hosts": "1\n",
    });
    const open = "!/hostroot/etc/var\n/hostroot/etc sha512\n";
    const closed = "!/hostroot/etc/var(/|$)\n/hostroot/etc sha512\n";
    // AIDE can't be made to see it, so whoever wrote the rule is told before it goes live.
    assertEquals(
      convertConfig(open).advice.map(({ line, reason }) => [line, reason]),
      [[1, "unanchored-exclude"]],
    );
    assertEquals(convertConfig(closed).advice, []);
    await host.turn({ config: closed });
    await host.append("etc/variable", "2\n");
    await host.append("etc/var/a", "2\n");
    const { lastResult } = (await host.turn({ config: closed })).status;
    assertEquals(lastResult.changes?.items.map(({ path }) => path), ["/etc/variable"]);
  },
);

/** AIDE keeps whole seconds: what changes in the second of the baseline has the times that the baseline has. */

import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { tamper } from "./hashing.ts";
import { tmpfs } from "./mounts.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

const times = "/hostroot/etc/ p+u+g+s+i+m+c\n";
const tries = 50;

async function second(path: string): Promise<number> {
  return Math.floor(((await Deno.stat(path)).ctime?.getTime() ?? 0) / 1000);
}

/** Makes a file anew until a second has just begun: nearly all of that second is left for what comes next. */
async function writeAsASecondBegins(path: string, text: string): Promise<void> {
  const since = await second(path);
  while (await second(path) === since) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await Deno.writeTextFile(path, text);
  }
}

testWithEachAide("a change in the second of the baseline", binaries, async (aide) => {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const text = "127.0.0.1 localhost\n";
    await using host = await TestHost.make(aide, { "etc/hosts": text });
    await using _state = await tmpfs(host.state, "8m"); // a disk may take its time to keep a baseline
    const file = host.at("etc/hosts");
    const bare = new BareAide(host);
    await writeAsASecondBegins(file, text);
    await bare.init(times);
    const { status } = await host.turn();
    const before = await second(file);
    await tamper(file);
    if (await second(file) !== before) continue; // a second began on the way
    assertEquals(status.lastResult.condition, "Succeeded");
    await bare.isFooled(times);
    const { lastResult } = (await host.turn()).status;
    assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 1]);
    return;
  }
  assert(false, `No change fell into the second of its baseline in ${tries} tries`);
});

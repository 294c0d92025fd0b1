import { assertEquals, assertStringIncludes } from "@std/assert";
import { foreignNames } from "../../src/node/state_files.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { TestHost } from "./test_host.ts";

const [newest] = (await aideBinaries()).slice(-1);
if (newest === undefined) throw new Error("There is no AIDE");

Deno.test("a file put into the state directory, which no scan sees, ends every scan as Errored", async () => {
  await using host = await TestHost.make(newest);
  await host.turn();
  await Deno.writeTextFile(`${host.state}/backdoor`, "#!/bin/sh\n");
  const { status } = await host.turn();
  assertEquals(status.lastResult.condition, "Errored");
  assertEquals(status.lastResult.errorReason, "state-unusable");
  assertStringIncludes(status.lastResult.errorMessage ?? "", '"backdoor"');
  await Deno.remove(`${host.state}/backdoor`);
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
});

Deno.test("everything that a scan leaves behind is known as its own", async () => {
  await using host = await TestHost.make(newest);
  await host.turn();
  await host.append("etc/hosts", "# changed\n");
  await host.turn();
  await host.turn({ reInit: true });
  const names = (await Array.fromAsync(Deno.readDir(host.state))).map(({ name }) => name);
  assertEquals(names.some((name) => name.includes(".backup-")), true);
  assertEquals(foreignNames(names), []);
});

Deno.test("names that only look like the state's own are foreign", () => {
  const names = [
    "aide.db.gz.evil",
    "aide.conf.d",
    "status.json.bak",
    "aide",
    "lockx",
    ".x",
    "failed-1",
  ];
  assertEquals(foreignNames(names), names);
});

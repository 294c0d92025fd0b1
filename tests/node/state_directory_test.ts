/** A state directory that is read-only, goes away, or holds something else than what was put there. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { localDisk } from "../../src/node/disk.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { hookedAide } from "./hooked_aide.ts";
import { bind, tmpfs } from "./mounts.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();
const newest = binaries.slice(-1);

testWithEachAide("a state directory on a read-only file system", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  const old = (await host.turn()).status.baseline;
  await host.append("etc/hosts", "# tampered\n");
  await using mount = await bind(host.state);
  await mount.remount("ro");
  for (const reInit of [false, true]) {
    const { status, safe } = await host.turn({ reInit });
    assertEquals([status.lastResult.condition, safe, status.baseline], ["Errored", false, old]);
    assertEquals(status.lastResult.errorReason, "state-unwritable", status.lastResult.errorMessage);
  }
  await mount.unmount();
  assertEquals((await host.turn()).status.lastResult.filesChanged, 1);
});

testWithEachAide("a state directory that turns read-only in mid-scan", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await using mount = await tmpfs(host.state, "8m");
  await host.turn();
  for (const when of ["before", "after"] as const) {
    await mount.remount("rw");
    const turning = hookedAide(aide, { [when]: () => mount.remount("ro") });
    const { status, safe } = await host.turn({ aide: turning });
    assertEquals([status.lastResult.condition, safe], ["Errored", false], when);
  }
});

testWithEachAide("a state directory deleted in mid-scan", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  await host.append("etc/hosts", "# tampered\n");
  for (const when of ["before", "after"] as const) {
    for (const reInit of [false, true]) {
      await using copy = await copyOf(host);
      const deleting = hookedAide(aide, {
        [when]: () => Deno.remove(copy.state, { recursive: true }),
      });
      const { status } = await copy.turn({ aide: deleting, reInit });
      assertEquals(status.lastResult.condition, "Errored", `${when} ${reInit}`);
    }
  }
});

testWithEachAide("a database deleted or exchanged in mid-scan", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  const database = `${host.state}/aide.db.gz`;
  const good = await Deno.readFile(database);
  await host.append("etc/hosts", "# tampered\n");
  await using evil = await copyOf(host);
  await evil.turn({ reInit: true });
  const acts = {
    deleted: () => Deno.remove(database),
    exchanged: () => Deno.copyFile(`${evil.state}/aide.db.gz`, database),
  };
  for (const [name, act] of Object.entries(acts)) {
    for (const when of ["before", "after"] as const) {
      const { lastResult } = (await host.turn({ aide: hookedAide(aide, { [when]: act }) })).status;
      assertEquals(lastResult.condition, "Errored", `${name} ${when}`);
      await Deno.writeFile(database, good);
    }
  }
});

testWithEachAide("a state directory emptied between scans", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const { status: first } = await host.turn();
  await host.append("etc/hosts", "# tampered\n");
  await Deno.remove(host.state, { recursive: true });
  // The record is kept elsewhere in a cluster: there, the loss is seen.
  const { lastResult } = (await host.turn({ anchor: first.baseline })).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "baseline-lost"]);
  // On a host alone the record went with it; then a baseline is a first one, and says so.
  await Deno.remove(host.state, { recursive: true });
  assertEquals((await host.turn()).status.baseline?.reason, "first");
});

/** What an attacker, or an accident, can put in place of a file. */
const replacements: Record<string, (path: string) => Promise<void>> = {
  removed: (path) => Deno.remove(path),
  "an empty file": (path) => Deno.truncate(path, 0),
  "a directory": async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  },
  "a full directory": async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(`${path}/x`, { recursive: true });
  },
  "a dangling link": async (path) => {
    await Deno.remove(path);
    await Deno.symlink("/nonexistent/file", path);
  },
  "a link to something else": async (path) => {
    await Deno.remove(path);
    await Deno.symlink("/etc/hostname", path);
  },
  "a longer file": (path) => Deno.writeTextFile(path, "\n", { append: true }),
};

for (const file of ["aide.db.gz", "aide.conf", "status.json"]) {
  testWithEachAide(`${file} replaced`, newest, async (aide) => {
    await using prepared = await TestHost.make(aide);
    await prepared.turn();
    await prepared.append("etc/hosts", "# tampered\n");
    for (const [name, replace] of Object.entries(replacements)) {
      if (file === "status.json" && name === "a longer file") continue; // still the same JSON
      await using host = await copyOf(prepared);
      await replace(`${host.state}/${file}`);
      const condition = await conditionOf(host);
      assertEquals(condition, "Errored", name);
    }
  });
}

/** The next scan's condition; a record that can't be read ends a scan with a fault of its own. */
async function conditionOf(host: TestHost): Promise<string> {
  try {
    return (await host.turn()).status.lastResult.condition;
  } catch (error) {
    assert(error instanceof Error);
    assert(/^Baseline altered: its record|Is a directory/.test(error.message), error.message);
    return "Errored";
  }
}

async function copyOf(host: TestHost): Promise<TestHost> {
  const directory = await Deno.makeTempDir({ prefix: "fio-copy-" });
  const { success } = await new Deno.Command("cp", {
    args: ["-a", `${host.directory}/.`, directory],
  }).output();
  assert(success);
  return TestHost.at(host.aide, directory);
}

testWithEachAide("a valid database made after tampering", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  await host.append("etc/hosts", "# tampered\n");
  await using evil = await copyOf(host);
  await evil.turn({ reInit: true });
  await Deno.copyFile(`${evil.state}/aide.db.gz`, `${host.state}/aide.db.gz`);
  const { lastResult, baseline } = (await host.turn()).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "baseline-altered"]);
  assertStringIncludes(lastResult.errorMessage ?? "", baseline?.digest ?? "no baseline");
  // With the record replaced as well, the host alone can't tell; whoever keeps the record can.
  await Deno.copyFile(`${evil.state}/status.json`, `${host.state}/status.json`);
  const kept = (await host.turn({ anchor: baseline })).status.lastResult;
  assertEquals([kept.condition, kept.errorReason], ["Errored", "baseline-altered"]);
});

testWithEachAide("an aide.conf that leaves the tampered file out", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  await host.append("etc/hosts", "# tampered\n");
  const path = `${host.state}/aide.conf`;
  await Deno.writeTextFile(path, `!/hostroot/etc/hosts$\n${await Deno.readTextFile(path)}`);
  const { lastResult } = (await host.turn()).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "baseline-altered"]);
});

testWithEachAide("an old log in place of the new one", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  await Deno.writeTextFile(`${host.state}/aide.log`, "Looks okay!!\n");
  await Deno.writeTextFile(`${host.state}/aide.log.new`, "Looks okay!!\n");
  await host.append("etc/motd", "tampered\n");
  const { lastResult } = (await host.turn()).status;
  assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 1]);
  assertStringIncludes(await host.log(host.failedConfigMap), "/hostroot/etc/motd");
});

testWithEachAide("links in place of the files that a scan writes", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  const victims: string[] = [];
  const names = [
    "status.json",
    "status.json.tmp",
    "aide.log",
    "aide.log.new",
    "aide.db.gz.draft",
    "aide.db.gz.healed",
    "aide.db.gz.new",
    "aide.conf.new",
    host.failedConfigMap.split("/").at(-1) ?? "",
    `${host.failedConfigMap.split("/").at(-1)}.tmp`,
  ];
  await host.append("etc/motd", "tampered\n");
  for (const reInit of [false, true]) {
    for (const name of names) {
      const victim = `${host.directory}/victim-${victims.length}`;
      await Deno.writeTextFile(victim, "precious\n");
      if (name === "status.json") await Deno.copyFile(`${host.state}/${name}`, victim);
      victims.push(victim);
      const before = await Deno.readTextFile(victim);
      await Deno.remove(`${host.state}/${name}`).catch(() => {});
      await Deno.symlink(victim, `${host.state}/${name}`);
      await host.turn({ reInit });
      assertEquals(await Deno.readTextFile(victim), before, `${name} was followed`);
    }
  }
});

testWithEachAide("a state directory that is a file", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  await Deno.writeTextFile(host.state, "");
  const disk = { ...localDisk, makeDirectory: () => Promise.resolve() };
  let failed = false;
  await host.turn({ disk }).then(
    ({ status }) => failed = status.lastResult.condition === "Errored",
    () => failed = true,
  );
  assert(failed);
});

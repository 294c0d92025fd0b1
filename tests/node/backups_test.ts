/** Backups of old baselines, and what a new baseline absorbed. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { type MonotonicClock, systemClock } from "../../src/system/clock.ts";
import { inspectDatabase } from "../../src/report/database.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();
const newest = binaries.slice(-1);

async function namesIn(host: TestHost): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(host.state), ({ name }) => name)).sort();
}

async function backups(host: TestHost, kind: string): Promise<string[]> {
  return (await namesIn(host)).filter((name) => name.startsWith(`${kind}.backup-`));
}

async function digest(path: string): Promise<string> {
  using file = await Deno.open(path);
  return (await inspectDatabase(file.readable)).digest;
}

/** A clock that stands still. */
const stopped = (at: string): MonotonicClock => ({ ...systemClock, now: () => Date.parse(at) });

testWithEachAide(
  "a re-init keeps database, configuration and log together",
  binaries,
  async (aide) => {
    await using host = await TestHost.make(aide);
    const first = (await host.turn()).status.baseline;
    await host.append("etc/hosts", "# changed\n");
    await host.turn();
    const before = await Promise.all(
      ["aide.conf", "aide.log"].map((name) => Deno.readTextFile(`${host.state}/${name}`)),
    );
    await host.turn({ requestID: "one", config: "/hostroot/etc sha256+ftype\n" });
    const [database, ...more] = await backups(host, "aide.db.gz");
    assertEquals(more, []);
    assertMatch(database ?? "", /^aide\.db\.gz\.backup-\d{8}T\d\d_\d\d_\d\d$/);
    assertEquals(await digest(`${host.state}/${database}`), first?.digest);
    const stamp = database?.slice("aide.db.gz".length);
    assertEquals(await Deno.readTextFile(`${host.state}/aide.conf${stamp}`), before[0]);
    // The log: of the scan that told what is absorbed, by the old baseline.
    const log = await Deno.readTextFile(`${host.state}/aide.log${stamp}`);
    assertStringIncludes(log, "/etc/hosts");
    assertEquals(log.replace(/timestamp.*/g, ""), before[1]?.replace(/timestamp.*/g, ""));
  },
);

testWithEachAide("re-inits within one second keep every baseline", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const clock = stopped("2026-01-01T00:00:00Z");
  const digests: string[] = [];
  for (let number = 0; number < 5; number++) {
    const { baseline } = (await host.turn({ requestID: `r-${number}`, clock })).status;
    digests.push(baseline?.digest ?? "");
    await host.append("etc/hosts", `${number}\n`);
  }
  const kept = await backups(host, "aide.db.gz");
  assertEquals(kept.length, 4);
  const found = await Promise.all(kept.map((name) => digest(`${host.state}/${name}`)));
  assertEquals(found, digests.slice(0, 4)); // in the order of their names
});

testWithEachAide(
  "a clock that was set back does not overwrite or misorder backups",
  newest,
  async (aide) => {
    await using host = await TestHost.make(aide);
    const times = ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"];
    const digests: string[] = [];
    for (const time of times) {
      const { baseline } =
        (await host.turn({ requestID: time, clock: stopped(time), maxBackups: 1 })).status;
      digests.push(baseline?.digest ?? "");
      await host.append("etc/hosts", `${time}\n`);
    }
    const kept = await backups(host, "aide.db.gz");
    assertEquals(await Promise.all(kept.map((name) => digest(`${host.state}/${name}`))), [
      digests[1],
    ]);
  },
);

testWithEachAide("the newest maxBackups stay, and 0 keeps none", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn({ requestID: "r-0" });
  const digests: string[] = [];
  const reInit = async (number: number, maxBackups: number): Promise<void> => {
    await host.append("etc/hosts", `${number}\n`);
    const { baseline } = (await host.turn({ requestID: `r-${number}`, maxBackups })).status;
    digests.push(baseline?.digest ?? "");
  };
  for (let number = 1; number <= 5; number++) await reInit(number, 2);
  for (const kind of ["aide.db.gz", "aide.conf", "aide.log"]) {
    const kept = await backups(host, kind);
    assertEquals(kept.length, 2, kind);
    if (kind !== "aide.db.gz") continue;
    const found = await Promise.all(kept.map((name) => digest(`${host.state}/${name}`)));
    assertEquals(found, digests.slice(2, 4));
  }
  await reInit(6, 0);
  for (const kind of ["aide.db.gz", "aide.conf", "aide.log"]) {
    assertEquals(await backups(host, kind), [], kind);
  }
});

for (const how of ["requested", "config-change"] as const) {
  testWithEachAide(`a new baseline (${how}) says what it absorbed`, binaries, async (aide) => {
    await using host = await TestHost.make(aide);
    await host.turn();
    await host.append("etc/hosts", "# changed\n");
    await Deno.remove(host.at("etc/motd"));
    await host.write("etc/new", "new\n");
    const options = how === "requested"
      ? { requestID: "one" }
      : { config: "/hostroot/etc sha256+ftype\n", absorbOnConfigChange: true };
    const { publication, status } = await host.turn(options);
    assertEquals([status.lastResult.condition, status.baseline?.reason], ["Succeeded", how]);
    const { absorbed } = status.baseline ?? {};
    assertEquals([absorbed?.added, absorbed?.changed, absorbed?.removed], [1, 1, 1]);
    const log = await host.log(host.absorbedConfigMap);
    for (const path of ["/hostroot/etc/hosts", "/hostroot/etc/motd", "/hostroot/etc/new"]) {
      assertStringIncludes(log, path);
    }
    assertEquals(publication.absorbed?.differences?.items.map(({ path, kind }) => [path, kind]), [
      ["/etc/hosts", "changed"],
      ["/etc/motd", "removed"],
      ["/etc/new", "added"],
    ]);
    assertEquals((await host.turn(options)).status.lastResult.condition, "Succeeded");
  });
}

testWithEachAide("a baseline that absorbed nothing says that", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  const { absorbed } = (await host.turn({ requestID: "one" })).status.baseline ?? {};
  assertEquals(absorbed, { added: 0, changed: 0, removed: 0 });
});

const losses: Record<string, [string, RegExp]> = {
  "a lost database": ["aide.db.gz", /^Baseline lost: /],
  "a lost configuration": ["aide.conf", /^Baseline lost: /],
};

for (const [name, [file, note]] of Object.entries(losses)) {
  testWithEachAide(`a re-init after ${name} says what it could not know`, newest, async (aide) => {
    await using host = await TestHost.make(aide);
    const old = (await host.turn()).status.baseline;
    await Deno.remove(`${host.state}/${file}`);
    await host.append("etc/hosts", "# nobody knows\n");
    const { errorReason, errorMessage } = (await host.turn()).status.lastResult;
    assertEquals(errorReason, "baseline-lost");
    assertMatch(
      errorMessage ?? "",
      /\. Restore it from a backup, or ask for a new baseline: annot/,
    );
    const { status } = await host.turn({ requestID: "one" });
    assertEquals([status.lastResult.condition, status.baseline?.reason], [
      "Succeeded",
      "requested",
    ]);
    assert(status.baseline?.digest !== old?.digest);
    assertMatch(status.baseline?.absorbed?.note ?? "", note);
    assertNotMatch(status.baseline?.absorbed?.note ?? "", /Restore|new baseline/); // it is there
    assertEquals((await host.turn({ requestID: "one" })).status.lastResult.condition, "Succeeded");
  });
}

testWithEachAide(
  "a re-init after an altered database says so and keeps the evidence",
  newest,
  async (aide) => {
    await using host = await TestHost.make(aide);
    await host.turn();
    await Deno.writeTextFile(`${host.state}/aide.db.gz`, "evil\n");
    assertEquals((await host.turn()).status.lastResult.errorReason, "baseline-altered");
    const { baseline } = (await host.turn({ requestID: "one" })).status;
    assertMatch(baseline?.absorbed?.note ?? "", /^Baseline altered: /);
    const [kept] = await backups(host, "aide.db.gz");
    assertEquals(await Deno.readTextFile(`${host.state}/${kept}`), "evil\n");
  },
);

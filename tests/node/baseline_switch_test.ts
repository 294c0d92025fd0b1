/** A new baseline whose record is published, but whose files have not taken their place yet. */

import { assertEquals } from "@std/assert";
import { type Disk, localDisk } from "../../src/node/disk.ts";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

/** A disk on which the database never takes its place. */
const stuck: Disk = {
  ...localDisk,
  rename: (from, to) =>
    to.endsWith("/aide.db.gz")
      ? Promise.reject(Object.assign(new Error("Input/output error"), { code: "EIO" }))
      : localDisk.rename(from, to),
};

/** A host whose re-init was published and then cut short; `etc/motd` has changed since. */
async function halfSwitched(aide: AideBinary): Promise<TestHost> {
  const host = await TestHost.make(aide);
  await host.turn();
  await host.append("etc/hosts", "# absorbed\n");
  const { status } = await host.turn({ reInit: true, disk: stuck });
  assertEquals(status.baseline?.absorbed?.changed, 1);
  await host.append("etc/motd", "later\n");
  return host;
}

testWithEachAide("the next check finishes the switch", binaries, async (aide) => {
  await using host = await halfSwitched(aide);
  const { lastResult } = (await host.turn()).status;
  assertEquals(lastResult.changes?.items.map(({ path }) => path), ["/etc/motd"]);
});

testWithEachAide(
  "the next re-init finishes the switch before it looks back",
  binaries,
  async (aide) => {
    await using host = await halfSwitched(aide);
    const { baseline } = (await host.turn({ requestID: "another" })).status;
    assertEquals(baseline?.requestID, "another");
    // Seen from the baseline that the record names: the first change was absorbed before.
    assertEquals([baseline?.absorbed?.changed, baseline?.absorbed?.note], [1, undefined]);
    const log = await host.log(host.absorbedConfigMap);
    assertEquals([log.includes("/hostroot/etc/motd"), log.includes("/hostroot/etc/hosts")], [
      true,
      false,
    ]);
  },
);

testWithEachAide(
  "a re-init that goes wrong leaves the unfinished switch alone",
  binaries,
  async (aide) => {
    await using host = await halfSwitched(aide);
    const config = "/hostroot/nowhere sha512\n";
    const { lastResult } = (await host.turn({ config, requestID: "wrong", disk: stuck })).status;
    assertEquals(lastResult.condition, "Errored");
    const later = (await host.turn()).status.lastResult;
    assertEquals(later.changes?.items.map(({ path }) => path), ["/etc/motd"]);
  },
);

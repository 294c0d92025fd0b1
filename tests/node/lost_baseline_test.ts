/** A baseline that is lost or altered: only who asks for a new one gets it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FileIntegrityNodeStatus } from "../../src/api/node_status.ts";
import type { BaselineReason } from "../../src/api/reasons.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { hookedAide } from "./hooked_aide.ts";
import { TestHost, testPolicy, testWithEachAide, type TurnOptions } from "./test_host.ts";

const newest = (await aideBinaries()).slice(-1);

/** What becomes of a baseline, and the reason that the node then gives. */
const losses: Record<string, [(state: string) => Promise<void>, string]> = {
  "a lost database": [(state) => Deno.remove(`${state}/aide.db.gz`), "baseline-lost"],
  "a lost configuration": [(state) => Deno.remove(`${state}/aide.conf`), "baseline-lost"],
  "an altered database": [
    (state) => Deno.writeTextFile(`${state}/aide.db.gz`, "evil\n"),
    "baseline-altered",
  ],
  "an altered configuration": [
    (state) => Deno.writeTextFile(`${state}/aide.conf`, "# evil\n", { append: true }),
    "baseline-altered",
  ],
};

/**
 * What a new baseline may be for though nobody asks for one, as a cluster's node is told of it, which has carried out the
 * request "before".
 */
const occasions: Record<string, [TurnOptions, RegExp]> = {
  "an update of the node": [
    { requestID: "update-1", reason: "node-update" },
    /An update of the node is no reason to replace it$/,
  ],
  "a changed configuration": [
    { config: `${testPolicy}!/etc/motd$\n`, absorbOnConfigChange: true, requestID: "before" },
    /A changed configuration is no reason to replace it$/,
  ],
};

const verdict = ({ lastResult }: FileIntegrityNodeStatus): unknown[] => [
  lastResult.condition,
  lastResult.errorReason,
];

async function copies(state: string): Promise<() => Promise<void>> {
  const kept = await Promise.all(["aide.db.gz", "aide.conf"].map(async (name) => {
    return [`${state}/${name}`, await Deno.readFile(`${state}/${name}`)] as const;
  }));
  return async () => {
    for (const [path, bytes] of kept) await Deno.writeFile(path, bytes);
  };
}

for (const [occasion, [options, message]] of Object.entries(occasions)) {
  for (const [loss, [lose, reason]] of Object.entries(losses)) {
    testWithEachAide(`${occasion} is no answer to ${loss}`, newest, async (aide) => {
      await using host = await TestHost.make(aide);
      const { baseline } = (await host.turn({ requestID: "before" })).status;
      const restore = await copies(host.state);
      await lose(host.state);
      await host.append("etc/hosts", "# who knows when\n");
      // Whether a scan told of it before, or not; and however often.
      for (const turn of [options, {}, options, options]) {
        const { status } = await host.turn(turn);
        assertEquals(verdict(status), ["Errored", reason]);
        assertEquals(status.baseline, baseline);
        if (turn === options) assertMatch(status.lastResult.errorMessage ?? "", message);
      }
      // Once the baseline is there again, so is what changed.
      await restore();
      const { baseline: next } = (await host.turn(options)).status;
      assertEquals([next?.reason, next?.absorbed?.changed], [
        options.reason ?? "config-change",
        1,
      ]);
      assertEquals(next?.absorbed?.note, undefined);
    });
  }

  testWithEachAide(`${occasion} waits for who asks after a loss`, newest, async (aide) => {
    await using host = await TestHost.make(aide);
    await host.turn({ requestID: "before" });
    await Deno.remove(`${host.state}/aide.db.gz`);
    await host.turn(options);
    const { requestID: _id, reason: _reason, ...told } = options;
    const asked = { ...told, requestID: "asked" };
    const { status } = await host.turn(asked);
    assertEquals([status.lastResult.condition, status.baseline?.reason], [
      "Succeeded",
      "requested",
    ]);
    assertMatch(status.baseline?.absorbed?.note ?? "", /^Baseline lost: /);
    assertEquals((await host.turn(asked)).status.baseline, status.baseline);
  });

  testWithEachAide(`${occasion} while the baseline goes is no answer`, newest, async (aide) => {
    for (const when of ["before", "after"] as const) {
      await using host = await TestHost.make(aide);
      const { baseline } = (await host.turn({ requestID: "before" })).status;
      const lost = hookedAide(aide, {
        [when]: () => Deno.remove(`${host.state}/aide.db.gz`).catch(() => {}),
      });
      const { status } = await host.turn({ ...options, aide: lost });
      assertEquals(verdict(status), ["Errored", "baseline-lost"], when);
      assertEquals(status.baseline, baseline, when);
      const names = (await Array.fromAsync(Deno.readDir(host.state))).map(({ name }) => name);
      assert(!names.some((name) => /\.(new|draft|healed)$/.test(name)), `${when}: ${names}`);
    }
  });
}

testWithEachAide("another node under the name has lost nothing", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  await host.turn();
  await Deno.remove(`${host.state}/aide.db.gz`);
  const { status } = await host.turn({ requestID: "node-1", reason: "node-replaced" });
  assertEquals([status.lastResult.condition, status.baseline?.reason], [
    "Succeeded",
    "node-replaced",
  ]);
  assertMatch(status.baseline?.absorbed?.note ?? "", /^Baseline lost: /);
});

/** How much of a baseline is gone beside its record. */
const withoutRecord: Record<string, string[]> = {
  "the record": ["status.json"],
  "the record and the database": ["status.json", "aide.db.gz"],
};

for (const [what, names] of Object.entries(withoutRecord)) {
  testWithEachAide(`where ${what} is gone, no baseline is the first`, newest, async (aide) => {
    await using host = await TestHost.make(aide);
    await host.turn();
    for (const name of names) await Deno.remove(`${host.state}/${name}`);
    const reason = names.length === 1 ? "baseline-altered" : "baseline-lost";
    const update: BaselineReason = "node-update";
    for (const turn of [{}, { requestID: "update-1", reason: update }]) {
      const { status } = await host.turn(turn);
      assertEquals([...verdict(status), status.baseline], ["Errored", reason, undefined]);
    }
    const { status } = await host.turn({ requestID: "asked" });
    assertEquals([status.lastResult.condition, status.baseline?.reason], [
      "Succeeded",
      "requested",
    ]);
  });
}

testWithEachAide("where there was no baseline, the first is the first", newest, async (aide) => {
  for (const reason of ["requested", "node-update", "node-replaced"] as const) {
    await using host = await TestHost.make(aide);
    const { baseline } = (await host.turn({ requestID: "one", reason })).status;
    assertEquals([baseline?.reason, baseline?.requestID, baseline?.absorbed], [
      "first",
      "one",
      undefined,
    ]);
  }
});

/** A node over simulated hours, with a real AIDE: what runs when, and what becomes of orders and results. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { digestText } from "../../src/base/digest.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { hookedAide } from "./hooked_aide.ts";
import { ManualClock } from "./manual_clock.ts";
import type { NodeActivity } from "../../src/node/run_node.ts";
import { interval, RunningNode } from "./running_node.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const newest = (await aideBinaries()).slice(-1);
const start = "2026-01-01T00:00:00Z";

testWithEachAide("never two runs at once, no due scan left out", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const clock = new ManualClock(start, true);
  let running = 0;
  const hours = 10;
  const scanMs = 60_000;
  const draws: number[] = [];
  const hooked = hookedAide(aide, {
    before: () => assertEquals(++running, 1),
    // Orders that change in the middle of a scan, with nothing new in them.
    during: (count, over) => {
      node.order({ maxBackups: count });
      return over;
    },
    after: () => {
      clock.advance(scanMs);
      running--;
    },
  });
  const node = new RunningNode({
    host,
    aide: hooked,
    clock,
    jitter: () => {
      draws.push(draws.length * 0.618 % 1);
      return draws.at(-1) ?? 0;
    },
  });
  await using _node = node;
  const end = clock.now() + hours * 3_600_000;
  let last = await node.next();
  let scans = 0;
  for (; last.at < end; scans++) {
    const given = await node.next();
    assertEquals(given.publication.result.condition, "Succeeded");
    const pause = given.at - scanMs - last.at;
    const jitter = draws[scans + 1] ?? NaN;
    assertEquals(pause, Math.ceil(interval * (1 + 0.1 * jitter)));
    last = given;
  }
  clock.auto = false;
  // 10 h of 15 min + 1 min + at most 1.5 min of jitter
  assert(scans >= hours * 60 / 17.5 && scans <= hours * 60 / 16 + 1, `${scans} scans`);
  assertEquals(new Set(draws).size > 10, true);
});

testWithEachAide("what the node turns to is told before it does", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const clock = new ManualClock(start);
  await using node = new RunningNode({ host, aide: hookedAide(aide, {}), clock });
  await node.next();
  const until = await clock.sleeping();
  const scan: NodeActivity[] = [{ kind: "working" }, { kind: "publishing" }];
  assertEquals(node.activities, [...scan, { kind: "waiting", until }]);
  clock.advance(interval);
  await node.next();
  assertEquals(node.activities.slice(0, 5), [...scan, { kind: "waiting", until }, ...scan]);
});

testWithEachAide(
  "a request that arrives while a scan runs is carried out once",
  newest,
  async (aide) => {
    await using host = await TestHost.make(aide);
    const clock = new ManualClock(start);
    const request = { id: "one", reason: "requested" as const };
    const hooked = hookedAide(aide, {
      during: (count, over) => {
        if (count === 2) { for (const _ of [1, 2, 3]) node.order({ request }); }
        return over;
      },
    });
    const node = new RunningNode({ host, aide: hooked, clock });
    await using _node = node;
    await node.next();
    await clock.sleeping();
    await host.append("etc/hosts", "# changed\n");
    clock.advance(interval);
    // The scan that ran is not lost, and the request follows it at once.
    assertEquals((await node.next()).publication.result.filesChanged, 1);
    const { publication } = await node.next();
    assertEquals([publication.baseline?.requestID, publication.baseline?.reason], [
      "one",
      "requested",
    ]);
    assertEquals(publication.absorbed?.differences?.counts.changed, 1);
    for (let scan = 1; scan <= 3; scan++) {
      node.order({ request });
      assertEquals(await clock.sleeping(), clock.now() + interval);
      clock.advance(interval);
      const later = (await node.next()).publication;
      assertEquals([later.result.condition, later.baseline], ["Succeeded", undefined]);
    }
  },
);

testWithEachAide(
  "a request that was carried out is not carried out once more for another configuration",
  newest,
  async (aide) => {
    await using host = await TestHost.make(aide);
    const clock = new ManualClock(start);
    const request = { id: "one", reason: "node-update" as const };
    await using node = new RunningNode({
      ...{ host, aide: hookedAide(aide, {}), clock },
      orders: { request, absorbOnConfigChange: true },
    });
    assertEquals((await node.next()).publication.baseline?.requestID, "one");
    await clock.sleeping();
    const config = `${node.orders.config}!/hostroot/etc/motd$\n`;
    node.order({ config, configDigest: digestText(config) });
    assertEquals((await node.next()).publication.baseline?.reason, "config-change");
    await host.append("etc/hosts", "# after the update\n");
    assertEquals(await clock.sleeping(), clock.now() + interval);
    clock.advance(interval);
    const { result, baseline } = (await node.next()).publication;
    assertEquals([result.condition, baseline], ["Failed", undefined]);
  },
);

testWithEachAide("orders that change wake the node", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const clock = new ManualClock(start);
  await using node = new RunningNode({
    host,
    aide: hookedAide(aide, {}),
    clock,
    orders: { held: true, notBefore: clock.now() + 60_000 },
  });
  node.order({ held: false });
  assertEquals(await clock.sleeping(), Date.parse(start) + 60_000);
  node.order({ notBefore: 0 }); // no time has passed
  assertEquals((await node.next()).publication.baseline?.reason, "first");
  await clock.sleeping();
  node.order({ request: { id: "now", reason: "node-update" } });
  assertEquals((await node.next()).publication.baseline?.reason, "node-update");
  // A shorter interval counts for the pause that is on.
  await clock.sleeping();
  clock.advance(60_000);
  node.order({ interval: 60_000 });
  assertEquals((await node.next()).publication.baseline, undefined);
  assertEquals(clock.now(), Date.parse(start) + 60_000);
});

/** Waits until the node has turned to something so often. */
async function untilTold(node: RunningNode, times: number): Promise<void> {
  while (node.activities.length < times) await new Promise((resolve) => setTimeout(resolve, 1));
}

testWithEachAide("a held node does nothing, however long", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const clock = new ManualClock(start);
  let runs = 0;
  await using node = new RunningNode({
    host,
    aide: hookedAide(aide, { before: () => void runs++ }),
    clock,
    orders: { held: true },
  });
  for (let hour = 0; hour < 24; hour++) {
    await untilTold(node, hour + 1);
    clock.advance(3_600_000);
    node.order({ request: { id: `${hour}`, reason: "requested" } });
  }
  await untilTold(node, 25);
  assertEquals([runs, node.given.length], [0, 0]);
  node.order({ held: false });
  const { publication } = await node.next();
  assertEquals([publication.baseline?.reason, publication.baseline?.requestID], ["first", "23"]);
  const [first, ...others] = new Set(node.activities.map((activity) => JSON.stringify(activity)));
  assertEquals([first, others[0]], ['{"kind":"waiting"}', '{"kind":"working"}']); // for no moment
});

testWithEachAide(
  "a verdict that can't be published is found and published again",
  newest,
  async (aide) => {
    await using host = await TestHost.make(aide);
    const clock = new ManualClock(start);
    let failures = 0;
    const published: string[] = [];
    await using node = new RunningNode({
      host,
      aide: hookedAide(aide, {}),
      clock,
      publish: ({ result }) => {
        if (failures > 0 && failures--) {
          return Promise.reject(Object.assign(new Error("No space left"), { code: "ENOSPC" }));
        }
        published.push(result.condition);
        return Promise.resolve();
      },
    });
    await node.next();
    await host.append("etc/hosts", "# changed\n");
    failures = 2;
    for (const _again of [1, 2]) {
      await clock.sleeping();
      clock.advance(interval);
      const { safe, publication: { result } } = await node.next();
      assertEquals([safe, result.condition, result.errorReason], [false, "Errored", "disk-full"]);
      assertStringIncludes(result.errorMessage ?? "", "(Failed: 0 added, 1 changed, 0 removed)");
    }
    await clock.sleeping();
    clock.advance(interval);
    const { safe, publication: { result } } = await node.next();
    assertEquals([safe, result.condition, result.filesChanged], [true, "Failed", 1]);
    assertEquals(published, ["Succeeded", "Failed"]);
  },
);

testWithEachAide("a baseline that can't be published is not the baseline", newest, async (aide) => {
  await using host = await TestHost.make(aide);
  const clock = new ManualClock(start);
  let failing = false;
  await using node = new RunningNode({
    host,
    aide: hookedAide(aide, {}),
    clock,
    publish: () => failing ? Promise.reject(new Error("API server gone")) : Promise.resolve(),
  });
  const old = (await node.next()).publication.baseline;
  await host.append("etc/hosts", "# changed\n");
  failing = true;
  const request = { id: "one", reason: "requested" as const };
  await clock.sleeping();
  node.order({ request });
  const first = await node.next();
  assertEquals([first.safe, first.publication.result.condition], [false, "Errored"]);
  // The change is still there to be absorbed, and is, once the record can be kept.
  failing = false;
  await clock.sleeping();
  clock.advance(interval);
  const { publication } = await node.next();
  assertEquals(publication.baseline?.requestID, "one");
  assertEquals(publication.absorbed?.differences?.counts.changed, 1);
  assert(publication.baseline?.digest !== old?.digest);
});

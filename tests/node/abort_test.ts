/** A signal while AIDE runs: the turn ends, AIDE with it, and the state is the old one. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { CollectedLog } from "../daemon/collected_log.ts";
import { hasEnded } from "./ended_process.ts";
import { bigFile, whileHashing } from "./hashing.ts";
import { hookedAide } from "./hooked_aide.ts";
import { ManualClock } from "./manual_clock.ts";
import { interval, RunningNode } from "./running_node.ts";
import { TestHost, testWithEachAide, type TurnOptions } from "./test_host.ts";

const binaries = await aideBinaries();

/** Nothing on the disk, and hours of hashing: a turn that ends was ended. */
const endless = 8 * 1024 ** 4;

/** Not how long it may take, but when the test gives up. */
const deadlineMs = 60_000;

/** Asserts that AIDE was caught at its work and has ended; nothing is left running where it has not. */
async function requireGone(pid: number): Promise<void> {
  assert(pid > 0, "AIDE was not caught");
  const ended = await hasEnded(pid);
  if (!ended) Deno.kill(pid, "SIGKILL");
  assert(ended, "AIDE still runs");
}

/** The files that make the state, apart from half-made ones, with their content. */
async function stateOf(host: TestHost): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const name of ["aide.db.gz", "aide.conf", "aide.log", "status.json"]) {
    const bytes = await Deno.readFile(`${host.state}/${name}`).catch(() => new Uint8Array());
    state[name] = bytes.toHex();
  }
  return state;
}

/** Makes a turn and aborts it while AIDE hashes `etc/big`; gives AIDE's process. */
async function abortTurn(host: TestHost, options: TurnOptions): Promise<number> {
  const stop = new AbortController();
  let aideProcess = 0;
  let ended = false;
  const aide = hookedAide(host.aide, {
    during: async (count, over) => {
      if (count > 1) return;
      void over.then(() => ended = true);
      await whileHashing(host.at("etc/big"), (pid) => {
        aideProcess = pid;
        assert(!ended, "AIDE ended by itself");
        stop.abort();
      }, over);
    },
  });
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    if (aideProcess > 0) Deno.kill(aideProcess, "SIGKILL"); // it would hash for hours
  }, deadlineMs);
  try {
    const turn = host.turn({ ...options, aide, signal: stop.signal });
    await assertRejects(() => turn, Error, "The turn was called off");
  } finally {
    clearTimeout(deadline);
  }
  assert(!late, "AIDE had to be killed by the test");
  return aideProcess;
}

async function hostWith(aide: AideBinary): Promise<TestHost> {
  const host = await TestHost.make(aide);
  await bigFile(host.at("etc/big"));
  return host;
}

testWithEachAide("a signal in the first baseline", binaries, async (aide) => {
  await using host = await hostWith(aide);
  await Deno.truncate(host.at("etc/big"), endless);
  const pid = await abortTurn(host, {});
  await requireGone(pid);
  await Deno.truncate(host.at("etc/big"), 0);
  const { status } = await host.turn();
  assertEquals([status.lastResult.condition, status.baseline?.reason], ["Succeeded", "first"]);
});

for (const reInit of [false, true]) {
  testWithEachAide(`a signal in a ${reInit ? "re-init" : "check"}`, binaries, async (aide) => {
    await using host = await hostWith(aide);
    const old = (await host.turn()).status.baseline;
    await host.append("etc/hosts", "# changed\n");
    await host.turn();
    const before = await stateOf(host);
    await Deno.truncate(host.at("etc/big"), endless);
    const pid = await abortTurn(host, { reInit });
    await requireGone(pid);
    assertEquals(await stateOf(host), before);
    await bigFile(host.at("etc/big"));
    const { status } = await host.turn();
    assertEquals([status.lastResult.condition, status.lastResult.filesChanged], ["Failed", 1]);
    assertEquals(status.baseline, old);
  });
}

testWithEachAide("a signal in the look back of a re-init", binaries, async (aide) => {
  await using host = await TestHost.make(aide);
  const old = (await host.turn()).status.baseline;
  const before = await stateOf(host);
  const stop = new AbortController();
  let runs = 0;
  const stopping = hookedAide(aide, {
    after: (count) => {
      runs = count;
      if (count === 2) stop.abort();
    },
  });
  await assertRejects(() => host.turn({ reInit: true, aide: stopping, signal: stop.signal }));
  assertEquals(runs, 2);
  assertEquals(await stateOf(host), before);
  assertEquals((await host.turn()).status.baseline, old);
});

testWithEachAide("a signal before anything runs", binaries.slice(-1), async (aide) => {
  await using host = await TestHost.make(aide);
  await assertRejects(() => host.turn({ signal: AbortSignal.abort() }));
  assertEquals(await Array.fromAsync(Deno.readDir(host.state)), []);
});

testWithEachAide(
  "a hold is told each time, with nothing between two of them but a result",
  binaries.slice(-1),
  async (aide) => {
    await using host = await TestHost.make(aide);
    const log = await CollectedLog.make();
    const clock = new ManualClock("2026-01-01T00:00:00Z");
    const node = new RunningNode({
      ...{ host, clock, aide: hookedAide(aide, {}), log: log.logger, orders: { held: true } },
      publish: () => {
        node.order({ held: true }); // the scan is over
        return Promise.resolve();
      },
    });
    await using _node = node;
    for (let time = 1; time <= 3; time++) {
      await log.said(/^Held: /, time);
      node.order({ held: false, request: { id: `${time}`, reason: "requested" } });
      await node.next();
    }
    await log.said(/^Held: /, 4);
  },
);

testWithEachAide("a hold while a scan runs", binaries, async (aide) => {
  await using host = await hostWith(aide);
  const clock = new ManualClock("2026-01-01T00:00:00Z");
  const big = host.at("etc/big");
  let aideProcess = 0;
  const called = Promise.withResolvers<void>();
  const hooked = hookedAide(aide, {
    during: async (count, over) => {
      if (count !== 2) return;
      await whileHashing(big, (pid) => {
        aideProcess = pid;
        node.order({ held: true });
      }, over);
      await over;
      called.resolve();
    },
  });
  await using node = new RunningNode({ host, aide: hooked, clock });
  assertEquals((await node.next()).publication.baseline?.reason, "first");
  await Deno.truncate(big, endless);
  await clock.sleeping();
  clock.advance(interval);
  await called.promise;
  await requireGone(aideProcess);
  assertEquals(node.given.length, 1); // nothing was published of it
  // Held for hours, then released: the scan that was called off is made at once.
  clock.advance(100 * interval);
  await bigFile(big);
  node.order({ held: false });
  const { publication } = await node.next();
  assertEquals([publication.result.condition, publication.baseline], ["Succeeded", undefined]);
});

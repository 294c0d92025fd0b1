/** The time of day is set by an hour, either way: scans, verdicts and the leadership go by the time that passes. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { LeaderElection } from "../../../src/kube/leader_election.ts";
import { operatorLease } from "../../../src/kube/lease.ts";
import { resources } from "../../../src/kube/resource.ts";
import { aideProgram } from "../../../src/node/aide_process.ts";
import { timestamp } from "../../../src/base/timestamp.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { SkippingClock } from "../../daemon/skipping_clock.ts";
import { type DaemonNode, daemonTest, type RunningDaemon } from "../daemon/daemon_node.ts";
import { directClient } from "../kube/direct_client.ts";
import { OperatorAtWork } from "../operator/operator_at_work.ts";

const minute = 60_000;
const hour = 60 * minute;
const steps = [["forward", hour], ["back", -hour]] as const;

/** Has the daemon decide once more what to do: it is held, and released. */
async function wake(node: DaemonNode, daemon: RunningDaemon): Promise<void> {
  const held = daemon.log.find(/^Held/).length;
  await node.annotate({ holdoff: "requested" });
  await daemon.log.said(/^Held/, held + 1);
  await node.annotate({ holdoff: null });
}

for (const [way, step] of steps) {
  daemonTest(
    `faults: a node's clock is set ${way}, and scans go on when they are due`,
    async (node) => {
      const { host } = node;
      let during = 0;
      const real = aideProgram({ path: host.aide.path, idle: [] });
      const daemon = await node.start({
        interval: 3 * hour / 1000,
        program: {
          version: real.version,
          run: async (run) => {
            const outcome = await real.run(run);
            daemon.clock.step(during);
            during = 0;
            return outcome;
          },
        },
      });
      await using _daemon = daemon;
      const first = await node.result("Succeeded");
      await daemon.idle();
      daemon.clock.step(step);
      await host.append("etc/hosts", "# changed\n");
      // Whoever is woken before the time scans nothing.
      daemon.clock.skip(2.5 * hour);
      await wake(node, daemon);
      await daemon.idle(2);
      assertEquals(node.writes.length, 1);
      // Nor does he wait longer.
      daemon.clock.skip(0.7 * hour);
      const failed = await node.result("Failed", first);
      assertEquals(failed.results?.map(({ condition }) => condition), ["Succeeded", "Failed"]);
      assertEquals(failed.baseline, first.baseline);
      await daemon.idle(3);

      // In the middle of a scan.
      during = step;
      await node.annotate({ reInit: "request-1" });
      const again = await node.result("Succeeded", failed);
      assertEquals(during, 0);
      assertEquals(again.results?.map(({ condition }) => condition), ["Failed", "Succeeded"]);
      const [before, last] = again.results ?? [];
      assertEquals(again.lastResult?.lastProbeTime, last?.lastProbeTime);
      assertEquals(
        Date.parse(last?.lastProbeTime ?? "") > Date.parse(before?.lastProbeTime ?? ""),
        step > 0,
      );
      const seconds = again.lastResult?.scan?.durationSeconds ?? -1;
      assert(seconds >= 0 && seconds < 3_000, `${seconds} s`);
      assertEquals(again.baseline?.absorbed?.changed, 1);
      assert(Date.parse(again.baseline?.created ?? "") > Date.parse(first.baseline?.created ?? ""));
      await daemon.idle(4);
      assertEquals(daemon.log.find(/^Errored/), [], daemon.log.toString());
    },
  );

  daemonTest(`faults: a clock set ${way} does not move a first scan that waits`, async (node) => {
    await using daemon = await node.start({ initialDelay: 2 * hour / 1000 });
    await daemon.log.said(/^First scan at/);
    daemon.clock.step(step);
    daemon.clock.skip(1.5 * hour);
    await wake(node, daemon);
    await daemon.log.said(/^First scan at/, 2);
    assertEquals(node.writes, []);
    daemon.clock.skip(0.6 * hour);
    const first = await node.result("Succeeded");
    assertEquals(first.baseline?.reason, "first");
  });

  daemonTest(
    `faults: a clock set ${way} after a lost record makes no storm of scans`,
    async (node) => {
      const interval = 10 * minute / 1000;
      await using daemon = await node.start({ interval });
      await node.result("Succeeded");
      await daemon.idle();
      await node.deleteStatus();
      await daemon.log.said(/is gone/);
      await node.makeStatus();
      const anew = await node.result("Succeeded");
      await daemon.idle(2);
      daemon.clock.step(step);
      daemon.nextScan(interval);
      await node.result("Succeeded", anew);
      await daemon.idle(3);
      assertEquals(node.writes.length, 3);
    },
  );

  clusterTest(
    `faults: the operator's clock is set ${way}, and no node is late but the silent one`,
    async (cluster) => {
      await using operator = await OperatorAtWork.prepare(cluster);
      const clock = new SkippingClock();
      const nodes = ["a", "b", "c"].map((name) => `${operator.namespace.name.slice(-8)}-${name}`);
      const [a = "", b = "", c = ""] = nodes;
      await operator.addNodes(nodes);
      await operator.start({ clock });
      await operator.apply("worker");
      await operator.untilPhase("worker", "Initializing");
      const report = async (node: string, condition: "Succeeded" | "Failed"): Promise<void> =>
        await operator.report("worker", node, {
          condition,
          lastProbeTime: timestamp(clock.now()),
          ...(condition === "Failed" && { filesChanged: 1 }),
        });
      /** Waits until the operator has taken in that this node alone has changed; gives how many nodes it calls late. */
      const late = async (changed: string): Promise<number | undefined> => {
        await operator.until(`${changed} has changed`, async () => {
          const { status } = await operator.fileIntegrity("worker");
          return status?.conditions?.some(({ message }) => message.endsWith(`1 node: ${changed}`));
        });
        return (await operator.fileIntegrity("worker")).status?.nodes?.stale;
      };
      for (const node of nodes) await report(node, "Succeeded");
      await operator.untilPhase("worker", "Active");
      await operator.untilReason("worker", "NodesReporting", "AllReporting");

      clock.step(step);
      await report(b, "Failed");
      assertEquals(await late(b), 0);
      clock.skip(10 * minute);
      await report(b, "Succeeded");
      await report(a, "Failed");
      assertEquals(await late(a), 0);
      // Due 18.5 min after it reported last.
      clock.skip(9 * minute);
      const said = await operator.untilReason("worker", "NodesReporting", "NodesStale");
      assertEquals(said, `1 node did not report in time: ${c}`);
      await report(c, "Succeeded");
      await operator.untilReason("worker", "NodesReporting", "AllReporting");

      const told = [
        `${a} has changed!`,
        `${b} has changed!`,
        ...[a, b, b, c].map(() => "no changes"),
      ];
      const events = await operator.until("all is told", async () => {
        const events = await operator.events("NodeIntegrityStatus");
        return events.length >= told.length && events;
      });
      assertEquals(events.length, told.length, events.join("\n"));
      assertEquals(events.filter((event) => event === `no changes to node ${b}`).length, 2);
      assertEquals(await operator.events("FileIntegrityStatus"), [
        "Pending",
        "Initializing",
        "Active",
      ]);
      assertEquals(operator.complaints, []);
    },
  );
}

clusterTest(
  "faults: a leader whose clock is set back keeps its Lease; forward, it gives up before another may lead",
  async (cluster) => {
    await using namespace = await cluster.namespace("election");
    using client = await directClient(cluster, namespace);
    const clock = new SkippingClock();
    const othersClock = new SkippingClock();
    const leaseSeconds = 30;
    const candidate = (identity: string, itsClock: SkippingClock): LeaderElection =>
      new LeaderElection({
        ...{
          api: client,
          namespace: namespace.name,
          name: operatorLease,
          identity,
          clock: itsClock,
        },
        ...{ random: Math.random, leaseSeconds, renewDeadline: 20_000, retryPeriod: 200 },
      });
    const version = async (): Promise<string | undefined> =>
      (await client.get(resources.leases, { namespace: namespace.name, name: operatorLease }))
        .metadata
        .resourceVersion;
    const until = async (what: string, so: () => Promise<boolean>): Promise<void> => {
      const end = performance.now() + 60_000;
      while (!await so()) {
        if (performance.now() > end) throw new Error(`Waited 60 s for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const renewed = async (): Promise<void> => {
      const before = await version();
      await until("a renewal of the Lease", async () => await version() !== before);
    };
    const lead = (
      election: LeaderElection,
      signal: AbortSignal,
    ): { leads: Promise<void>; ended: Promise<"ended" | "lost"> } => {
      const { promise: leads, resolve } = Promise.withResolvers<void>();
      const onLeading = (over: AbortSignal): Promise<void> => {
        resolve();
        return new Promise((end) => over.addEventListener("abort", () => end()));
      };
      return { leads, ended: election.run({ signal, onLeading }) };
    };
    const stop = new AbortController();
    const one = candidate("one", clock);
    const two = candidate("two", othersClock);
    const first = lead(one, stop.signal);
    await first.leads;
    const second = lead(two, stop.signal);
    clock.step(-hour);
    for (let time = 0; time < 3; time++) await renewed();
    one.guard();
    assertEquals([one.phase, two.phase], ["leading", "candidate"]);
    // It can't be told from a machine that was suspended for an hour.
    clock.step(hour);
    assertThrows(() => one.guard());
    assertEquals(two.phase, "candidate");
    assertEquals(await first.ended, "lost");
    // Who waits has seen the last renewal, and all its time goes by.
    const lost = othersClock.monotonic();
    await until("a look at the Lease", () => {
      const { lastAttempt = 0, lastAnswer = 0 } = two;
      return Promise.resolve(lastAttempt > lost && lastAnswer > lastAttempt);
    });
    assertEquals(two.phase, "candidate");
    othersClock.skip(leaseSeconds * 1_000);
    await second.leads;
    assertThrows(() => one.guard());
    two.guard();
    stop.abort();
    assertEquals(await second.ended, "ended");
  },
);

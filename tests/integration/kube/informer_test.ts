/** The informer on a real API server, behind a proxy that fails at chosen moments. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { isKubeError } from "../../../src/kube/kube_error.ts";
import { resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clusterTest, type TestNamespace } from "../../cluster/test_cluster.ts";
import { SimulatedClock } from "../../kube/simulated_clock.ts";
import { FaultProxy, type Injection } from "../fault_proxy.ts";
import { answer, expired, type Fault, tooManyRequests } from "../faults.ts";
import { directClient } from "./direct_client.ts";
import { FollowedObjects } from "./followed_objects.ts";
import { HurriedClock } from "./hurried_clock.ts";
import { configMap, selectionOf } from "./proxied_client.ts";

const { configMaps } = resources;
const collection = /\/configmaps\?/;
const names = ["a", "b", "c", "d", "e"];

// Pauses and watchdogs of the product, in a twentieth of their time.
const speed = 20;

const onList: fc.Arbitrary<Fault> = fc.constantFrom<Fault>(
  { do: "stall" },
  { do: "stall", at: "answered" },
  { do: "stall", at: "body" },
  { do: "cut" },
  { do: "cut", at: "answered" },
  { do: "cut", at: "body" },
  { do: "wait", milliseconds: 100 },
  { do: "wait", milliseconds: 100, at: "answered" },
  { do: "dribble", bytes: 300, milliseconds: 5 },
  answer(409, "Conflict"),
  answer(410, "Expired"),
  tooManyRequests("2"),
  answer(500, "InternalError"),
  answer(503, "ServiceUnavailable"),
  answer(503, "ServiceUnavailable", { "retry-after": "1" }),
);
const lines = fc.record({ lines: fc.nat(4), within: fc.boolean() });
const onWatch: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom<Fault>(
    { do: "stall" },
    { do: "cut" },
    { do: "cut", at: "answered" },
    { do: "wait", milliseconds: 100 },
    { do: "dribble", bytes: 7, milliseconds: 1 },
    answer(409, "Conflict"),
    answer(410, "Expired"),
    tooManyRequests("2"),
    answer(500, "InternalError"),
    answer(503, "ServiceUnavailable"),
    expired,
  ),
  lines.map((at): Fault => ({ do: "stall", at })),
  lines.map((at): Fault => ({ do: "cut", at })),
  lines.map((at): Fault => ({ do: "wait", milliseconds: 200, at })),
  fc.nat(4).map((lines): Fault => ({ ...expired, at: { lines } })),
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("write", "write", "delete", "remake"),
      name: fc.constantFrom(...names),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("watch-fault"), fault: onWatch }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("list-fault"), fault: onList }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("cut-all", "freeze", "thaw", "pause") }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Writes of the operator that do not pass the proxy. */
class Writer {
  constructor(readonly client: KubeClient, readonly namespace: TestNamespace) {}

  async write(name: string, value: string): Promise<void> {
    const object = configMap(this.namespace, name, { value });
    await this.client.apply(configMaps, object, { fieldManager: "test", force: true });
  }

  async delete(name: string): Promise<void> {
    const address = { name, namespace: this.namespace.name };
    await this.client.delete(configMaps, address).catch((error) => {
      if (!isKubeError(error, "not-found")) throw error;
    });
  }
}

async function carryOut(
  step: Step,
  turn: number,
  writer: Writer,
  proxy: FaultProxy,
): Promise<Injection | undefined> {
  const name = "name" in step ? step.name : "";
  if (step.do === "write") await writer.write(name, `${turn}`);
  else if (step.do === "delete") await writer.delete(name);
  else if (step.do === "remake") {
    await writer.delete(name);
    await writer.write(name, `${turn}`);
  } else if ("fault" in step) {
    const { fault } = step;
    const verb = step.do === "watch-fault" ? "watch" : "list";
    const injection = proxy.inject({ verb, path: collection }, fault);
    if (verb === "list") proxy.inject({ verb: "watch", path: collection }, answer(410, "Expired"));
    proxy.cutAll(); // so that there is a call for it to hit
    // While another fault holds calls up it may have to wait; what follows happens all the same.
    const spent = new AbortController();
    void injection.spent.then(() => spent.abort());
    await systemClock.sleep(1_000, spent.signal);
    return injection;
  } else if (step.do === "cut-all") proxy.cutAll();
  else if (step.do === "freeze") proxy.freeze();
  else if (step.do === "thaw") proxy.thaw();
  else await systemClock.sleep(100, new AbortController().signal); // lets some of it happen
}

clusterTest("after any faults the cache equals what the API server holds", async (cluster) => {
  await using namespace = await cluster.namespace("informer");
  const selection = selectionOf(namespace);
  using direct = await directClient(cluster, namespace);
  const writer = new Writer(direct, namespace);
  let made = 0;
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      await using proxy = await FaultProxy.start(cluster);
      const clock = new HurriedClock(speed);
      using client = new KubeClient(proxy.connection(await namespace.token("operator")), {
        clock,
        deadline: 20_000,
      });
      await using followed = new FollowedObjects(client, configMaps, {
        ...{ ...selection, clock, watchSeconds: 5 },
        relistInterval: 24 * 3_600_000, // it is the watch that has to find its way
      });
      const injections: (Injection | undefined)[] = [];
      for (const [turn, step] of steps.entries()) {
        injections.push(await carryOut(step, turn, writer, proxy));
      }
      for (const injection of injections) {
        made += injection === undefined ? 0 : 1;
        hits += injection?.hits ?? 0;
        injection?.remove();
      }
      proxy.thaw();
      const { items } = await direct.list(configMaps, selection);
      await followed.untilIs(items);
      assertEquals(followed.informer.figures.missed, 0);
    }),
    { numRuns: 12, endOnFailure: true },
  );
  // One that waits behind another that holds everything up may be taken out before its time has come.
  assert(hits > made / 2, `${hits} of ${made} faults`);
});

clusterTest(
  "what changes while a watch is silent is found by the periodic list",
  async (cluster) => {
    await using namespace = await cluster.namespace("informer");
    const selection = selectionOf(namespace);
    using direct = await directClient(cluster, namespace);
    await using proxy = await FaultProxy.start(cluster);
    let lists = 0;
    using client = new KubeClient(proxy.connection(await namespace.token("operator")), {
      report: ({ verb }) => {
        if (verb !== "list") return;
        lists++;
        followed.move();
      },
    });
    const writer = new Writer(direct, namespace);
    await writer.write("changed", "1");
    await writer.write("deleted", "1");
    proxy.inject({ verb: "watch" }, { do: "stall", at: { lines: 0 } });
    // Its clock stands until everything is written: no list comes in between.
    const clock = new SimulatedClock();
    await using followed = new FollowedObjects(client, configMaps, {
      ...{ ...selection, clock, relistInterval: 60_000, settleTime: 5_000 },
    });
    await followed.informer.synced;
    await writer.write("changed", "2");
    await writer.write("added", "1");
    await writer.delete("deleted");
    const { items } = await direct.list(configMaps, selection);
    await clock.advance(60_000 * 1.2);
    await followed.until("the periodic list", () => lists === 2);
    assertEquals(followed.informer.figures.missed, 0, "the watch still has time to tell it");
    await clock.advance(5_000);
    await followed.untilIs(items);
    const { missed, events } = followed.informer.figures;
    assertEquals([missed, events], [3, 0]);
    // The watch that follows works again.
    await writer.write("later", "1");
    await followed.until("the next watch", () => followed.informer.figures.events === 1);
  },
);

clusterTest("a watch that works is never said to have missed anything", async (cluster) => {
  await using namespace = await cluster.namespace("informer");
  const selection = selectionOf(namespace);
  using direct = await directClient(cluster, namespace);
  const writer = new Writer(direct, namespace);
  await using followed = new FollowedObjects(direct, configMaps, {
    ...{ ...selection, relistInterval: 100, settleTime: 60_000 },
  });
  let stopped = false;
  const writing = Promise.all(names.map(async (name) => {
    for (let turn = 0; !stopped; turn++) {
      await writer.write(name, `${turn}`);
      if (turn % 5 === 4) await writer.delete(name);
    }
  }));
  const many = (): boolean => followed.informer.figures.lists >= 10;
  await followed.until("ten lists", many).finally(() => stopped = true);
  await writing;
  const { items } = await direct.list(configMaps, selection);
  await followed.untilIs(items);
  const { missed, watches } = followed.informer.figures;
  assertEquals([missed, watches], [0, 1]);
});

clusterTest(
  "an account without the permission is shown, and asks at long intervals",
  async (cluster) => {
    await using namespace = await cluster.namespace("informer");
    const selection = selectionOf(namespace);
    const clock = new HurriedClock(100);
    const options = { clock, deadline: 3_600_000 };
    using client = await directClient(cluster, namespace, options, "daemon");
    const pauses = new HurriedClock(1_000);
    await using followed = new FollowedObjects(client, configMaps, {
      ...selection,
      clock: pauses,
    });
    await followed.until("three refusals", () => followed.errors.length >= 3);
    assert(followed.errors.every((error) => isKubeError(error, "forbidden")));
    const { problem } = followed.informer.state;
    assert(isKubeError(problem, "forbidden"), String(problem));
    assert(pauses.slept.every((pause) => pause >= 2_500), `${pauses.slept}`);
    assertEquals(pauses.slept.length >= 2, true);
  },
);

clusterTest("a version from before the server's compaction leads to a list", async (cluster) => {
  await using namespace = await cluster.namespace("informer");
  const selection = selectionOf(namespace);
  using direct = await directClient(cluster, namespace);
  await using proxy = await FaultProxy.start(cluster);
  using client = new KubeClient(proxy.connection(await namespace.token("operator")));
  const writer = new Writer(direct, namespace);
  await writer.write("one", "1");
  // The server's own answer for a version that it no longer has.
  const old = proxy.inject({ verb: "watch" }, { do: "ask", query: { resourceVersion: "1" } });
  await using followed = new FollowedObjects(client, configMaps, selection);
  await old.spent;
  await writer.write("one", "2");
  const { items } = await direct.list(configMaps, selection);
  await followed.until("a list", () => followed.informer.figures.lists === 2);
  await followed.untilIs(items);
  assertEquals(followed.informer.figures.errors, { gone: 1 });
});

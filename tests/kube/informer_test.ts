import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Informer } from "../../src/kube/informer.ts";
import type { InformerOptions } from "../../src/kube/informer_options.ts";
import { KubeError, type KubeErrorKind, kubeErrorKinds } from "../../src/kube/kube_error.ts";
import type { WatchOptions } from "../../src/kube/kube_api.ts";
import type { KubeList, ObjectKey, WatchEvent } from "../../src/kube/kube_object.ts";
import { resource } from "../../src/kube/resource.ts";
import { collectGarbage } from "../integration/kube/collect_garbage.ts";
import { describe, type Fault, ModelCollection, type ModelObject } from "./model_collection.ts";
import { SimulatedClock } from "./simulated_clock.ts";

const configMaps = resource<ModelObject>("v1", "ConfigMap", "configmaps", "namespaced");
const minutes = 60_000;

/** An informer that follows a model, and what it told. */
class Followed {
  readonly clock = new SimulatedClock();
  readonly server = new ModelCollection(this.clock);
  readonly stop = new AbortController();
  readonly told = new Map<ObjectKey, ModelObject>();
  readonly changes: string[] = [];
  readonly errors: unknown[] = [];
  /** What was told and should not have been; an informer does not end by what its handlers throw. */
  readonly #faults: unknown[] = [];
  readonly informer: Informer<ModelObject, ModelObject>;
  running: Promise<void> | undefined;
  /** The watch is trusted: whatever the cache is, the collection was so, and never earlier than the last time. */
  faithful = true;
  #reached = 0;

  constructor(options: Partial<InformerOptions<ModelObject, ModelObject>> = {}) {
    this.informer = new Informer({
      reader: this.server,
      resource: configMaps,
      keep: (object) => object,
      onChange: (key, type, object, previous) => {
        try {
          this.#changed(key, type, object, previous);
        } catch (error) {
          this.#faults.push(error);
        }
      },
      onError: (error) => this.errors.push(error),
      clock: this.clock,
      random: () => 0.5,
      ...options,
    });
  }

  async start(): Promise<void> {
    this.running = this.informer.run(this.stop.signal);
    await this.clock.advance(0);
  }

  #changed(key: string, type: string, object: ModelObject, previous?: ModelObject): void {
    const before = this.told.get(key);
    assert(!this.stop.signal.aborted, "told after the end");
    assertStrictEquals(before, previous, `the object that ${type} ${key} replaces`);
    assertEquals(before === undefined, type === "added", `${type} ${key}`);
    if (type === "modified") assertEquals(object.metadata.uid, previous?.metadata.uid);
    if (type === "deleted") this.told.delete(key);
    else this.told.set(key, object);
    this.changes.push(`${type} ${key}`);
    this.#look();
  }

  #look(): void {
    if (!this.faithful) return;
    const versions = this.server.history.get(describe(this.informer.values()));
    assert(versions !== undefined, "the cache is what the collection never was");
    const version = versions.find((one) => one >= this.#reached);
    assert(version !== undefined, "the cache went back");
    this.#reached = version;
  }

  /** What is told is what is cached. */
  check(): void {
    for (const fault of this.#faults) throw fault;
    assertEquals(describe(this.told.values()), describe(this.informer.values()));
  }

  inSync(): void {
    this.check();
    assertEquals(describe(this.informer.values()), this.server.truth);
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.running;
    for (const fault of this.#faults) throw fault;
    assertEquals(this.informer.state.phase, "ended");
    assertEquals(this.clock.sleepers, 0, "timers are left");
  }
}

const kinds = kubeErrorKinds.filter((kind) => kind !== "not-leader");
const names = ["a", "b", "c", "d", "e"];
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    call: fc.constant("list" as const),
    page: fc.nat(3),
    kind: fc.constantFrom(...kinds),
  }),
  fc.record({
    call: fc.constant("watch" as const),
    after: fc.nat(3),
    how: fc.constantFrom<KubeErrorKind | "end" | "stall">(...kinds, "end", "stall"),
  }),
);
const losing = fc.record({
  call: fc.constant("watch" as const),
  after: fc.nat(3),
  how: fc.constant("lose" as const),
});
const change = fc.oneof(
  fc.record({ do: fc.constant("put" as const), name: fc.constantFrom(...names) }),
  fc.record({ do: fc.constant("remove" as const), name: fc.constantFrom(...names) }),
  fc.record({ do: fc.constant("remake" as const), name: fc.constantFrom(...names) }),
  fc.record({ do: fc.constant("compact" as const) }),
  fc.record({
    do: fc.constant("wait" as const),
    ms: fc.constantFrom(0, 1, 10, 500, 3_000, 70_000, 11 * minutes),
  }),
);
const step = (faults: fc.Arbitrary<Fault>) =>
  fc.oneof(
    { weight: 3, arbitrary: change },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fault" as const), fault: faults }) },
  );
type Step = ReturnType<typeof step> extends fc.Arbitrary<infer S> ? S : never;

async function carryOut({ server, clock }: Followed, step: Step, turn: number): Promise<void> {
  if (step.do === "put") server.put(step.name, `${turn}`);
  else if (step.do === "remove") server.remove(step.name);
  else if (step.do === "compact") server.compact();
  else if (step.do === "fault") server.faults.push(step.fault);
  else if (step.do === "wait") await clock.advance(step.ms);
  else {
    server.remove(step.name);
    server.put(step.name, `${turn}`);
  }
}

async function scenario(followed: Followed, steps: readonly Step[]): Promise<void> {
  for (const name of names.slice(0, 3)) followed.server.put(name, "first");
  followed.server.latency = 5;
  await followed.start();
  for (const [turn, step] of steps.entries()) {
    await carryOut(followed, step, turn);
    followed.check();
  }
  followed.server.faults = [];
}

Deno.test("after any faults the cache is what the server has, and never anything that it had not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step(fault), { maxLength: 50, size: "max" }), async (steps) => {
      const followed = new Followed();
      await scenario(followed, steps);
      await followed.clock.advance(15 * minutes);
      followed.inSync();
      assertEquals(followed.informer.state, { phase: "watching", problem: undefined });
      await followed.end();
    }),
    { numRuns: 400 },
  );
});

Deno.test("what a watch swallows is found by the periodic list", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step(fc.oneof(fault, losing)), { maxLength: 50, size: "max" }),
      async (steps) => {
        const followed = new Followed();
        followed.faithful = false;
        await scenario(followed, steps);
        await followed.clock.advance(15 * minutes);
        followed.inSync();
        await followed.end();
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("each object that a watch kept silent about counts as missed", async () => {
  const followed = new Followed({ relistInterval: minutes });
  const { server, clock, informer } = followed;
  followed.faithful = false;
  server.faults.push({ call: "watch", after: 0, how: "stall" });
  for (const name of ["a", "b", "gone"]) server.put(name, "first");
  await followed.start();
  server.put("a", "second");
  server.put("c", "first");
  server.remove("gone");
  await clock.advance(minutes);
  assertEquals([informer.figures.missed, followed.changes.length], [0, 3]);
  await clock.advance(5_000);
  followed.inSync();
  assertEquals(informer.figures.missed, 3);
  assertEquals(followed.changes.slice(3), ["deleted ns/gone", "modified ns/a", "added ns/c"]);
  await followed.end();
});

Deno.test("a watch that is only slow has missed nothing, and goes on", async () => {
  const followed = new Followed({ relistInterval: minutes });
  const { server, clock, informer } = followed;
  await followed.start();
  // Objects change all the time, before, while and after the periodic lists are taken page by page.
  server.latency = 70;
  for (let turn = 0; turn < 3_000; turn++) {
    server.put(names[turn % 5] ?? "", `${turn}`);
    if (turn % 7 === 0) server.remove(names[turn % 3] ?? "");
    await clock.advance(100);
  }
  followed.inSync();
  const { missed, lists, watches } = informer.figures;
  assertEquals(missed, 0);
  assert(lists >= 5, `${lists} lists`);
  assertEquals(watches, 2); // one ended after its 290 seconds
  await followed.end();
});

Deno.test("the periodic list comes at a jittered time, also while the watch stalls", async () => {
  for (const [random, expected] of [[0, 8 * minutes], [0.999999, 12 * minutes]] as const) {
    const followed = new Followed({ random: () => random });
    followed.server.always = { call: "watch", after: 0, how: "stall" };
    await followed.start();
    await followed.clock.advance(expected - 100);
    assertEquals(followed.server.calls.list, 1);
    await followed.clock.advance(200);
    assertEquals(followed.server.calls.list, 2);
    await followed.end();
  }
});

Deno.test("no error makes it call again and again", async () => {
  const faults: Fault[] = kinds.flatMap((kind): Fault[] => [
    { call: "list", page: 0, kind },
    { call: "list", page: 1, kind },
    { call: "watch", after: 0, how: kind },
  ]);
  faults.push({ call: "watch", after: 0, how: "end" });
  for (const always of faults) {
    const followed = new Followed();
    const { server, clock, informer } = followed;
    server.always = always;
    for (const name of names) server.put(name, "first");
    await followed.start();
    await clock.advance(60 * minutes);
    const calls = server.calls.list + server.calls.watch;
    assert(calls < 400, `${calls} calls in an hour of ${JSON.stringify(always)}`);
    assert(calls > 30, `${calls} calls in an hour of ${JSON.stringify(always)}`);
    server.always = undefined;
    server.put("a", "second");
    await clock.advance(2 * minutes);
    followed.inSync();
    assertEquals(informer.state.problem, undefined);
    await followed.end();
  }
});

Deno.test("a permission that is missing is shown, and asked for at long intervals", async () => {
  for (const kind of ["forbidden", "not-capable"] as const) {
    const followed = new Followed();
    const { server, clock, informer } = followed;
    server.always = { call: "list", page: 0, kind };
    await followed.start();
    await clock.advance(10 * minutes);
    const { phase, problem } = informer.state;
    assertEquals(phase, "pausing");
    assert(problem instanceof KubeError && problem.kind === kind);
    assert(server.calls.list < 20, `${server.calls.list} lists`);
    assertEquals(informer.figures.errors, { [kind]: server.calls.list });
    assertEquals([informer.syncedAt, informer.failingSince], [undefined, 0]);
    server.always = undefined;
    await clock.advance(minutes);
    followed.inSync();
    assertEquals(informer.failingSince, undefined);
    assertEquals(informer.state, { phase: "watching", problem: undefined });
    await followed.end();
  }
});

Deno.test("the server's own wish to wait is kept", async () => {
  const followed = new Followed();
  const { server, clock } = followed;
  const pages = server.pages.bind(server);
  server.pages = (...args) => {
    if (server.calls.list++ > 0) return pages(...args);
    throw new KubeError("too-many-requests", "later", { retryAfter: 100_000 });
  };
  await followed.start();
  await clock.advance(99_999);
  assertEquals(server.calls.list, 1);
  await clock.advance(1);
  followed.inSync();
  await followed.end();
});

Deno.test("a watch that ends in good order is followed by the next from the same place", async () => {
  const followed = new Followed({ relistInterval: 60 * minutes });
  const { server, clock, informer } = followed;
  await followed.start();
  server.put("a", "1");
  server.elsewhere();
  await clock.advance(4.5 * minutes);
  server.compact(); // bookmarks have moved it on: it is not too old
  await clock.advance(0.5 * minutes);
  server.put("b", "1");
  await clock.advance(5 * minutes);
  followed.inSync();
  assertEquals(informer.figures.lists, 1);
  assert(informer.figures.watches >= 3);
  assert(informer.figures.bookmarks > 5);
  assertEquals(informer.figures.errors, {});
  await followed.end();
});

Deno.test("a watch that broke goes on where it was, without a list", async () => {
  const followed = new Followed();
  const { server, clock, informer } = followed;
  server.faults.push({ call: "watch", after: 1, how: "network" });
  await followed.start();
  await clock.advance(10);
  assertEquals(informer.failingSince, undefined);
  server.put("a", "1");
  await clock.advance(0);
  assertEquals(informer.failingSince, 10);
  server.put("b", "1");
  server.put("b", "2");
  await clock.advance(1_000);
  followed.inSync();
  assertEquals(followed.changes, ["added ns/a", "added ns/b", "modified ns/b"]);
  assertEquals(informer.failingSince, undefined);
  assertEquals(informer.figures.lists, 1);
  assertEquals(informer.figures.errors, { network: 1 });
  await followed.end();
});

Deno.test("several watches in a row that fail lead to a list", async () => {
  const followed = new Followed();
  const { server, clock } = followed;
  server.always = { call: "watch", after: 0, how: "server-error" };
  await followed.start();
  server.put("a", "1");
  await clock.advance(30_000);
  followed.inSync();
  assert(server.calls.list >= 2);
  await followed.end();
});

Deno.test("an object that was deleted and made again between two lists is told as both", async () => {
  const followed = new Followed();
  const { server, clock } = followed;
  server.put("a", "1");
  server.put("b", "1");
  server.faults.push({ call: "watch", after: 0, how: "network" });
  await followed.start();
  const before = followed.told.get("ns/b");
  server.remove("a");
  server.put("a", "2");
  server.remove("b");
  server.compact();
  followed.changes.length = 0;
  const seen: (string | undefined)[] = [];
  followed.told.delete = (key) => {
    seen.push(key, followed.told.get(key)?.metadata.uid);
    return Map.prototype.delete.call(followed.told, key);
  };
  await clock.advance(5_000);
  followed.inSync();
  assertEquals(followed.changes.toSorted(), ["added ns/a", "deleted ns/a", "deleted ns/b"]);
  assert(followed.changes.indexOf("deleted ns/a") < followed.changes.indexOf("added ns/a"));
  assert(seen.includes(before?.metadata.uid));
  await followed.end();
});

Deno.test("handlers that fail are reported, and the next ones are called", async () => {
  const seen: string[] = [];
  const followed = new Followed({
    onChange: (key) => {
      seen.push(key);
      if (key === "ns/a") throw new Error("thrown");
      return key === "ns/b" ? Promise.reject(new Error("rejected")) : undefined;
    },
  });
  for (const name of ["a", "b", "c"]) followed.server.put(name, "1");
  await followed.start();
  await followed.clock.advance(10);
  assertEquals(seen, ["ns/a", "ns/b", "ns/c"]);
  assertEquals(followed.errors.map((error) => (error as Error).message), ["thrown", "rejected"]);
  assertEquals(followed.informer.figures.errors, { other: 2 });
  assertEquals(followed.informer.state, { phase: "watching", problem: undefined });
  await followed.end();
});

Deno.test("an object that cannot be kept holds the cache up, but comes again", async () => {
  let broken = true;
  const followed = new Followed({
    keep: (object) => {
      if (broken && object.metadata.name === "b") throw new TypeError("keep");
      return object;
    },
  });
  const { server, clock, informer } = followed;
  await followed.start();
  server.put("a", "1");
  server.put("b", "1");
  await clock.advance(10 * minutes);
  assertEquals(informer.size, 1);
  assert(informer.state.problem instanceof TypeError);
  assert(server.calls.watch + server.calls.list < 60);
  broken = false;
  await clock.advance(2 * minutes);
  followed.inSync();
  await followed.end();
});

Deno.test("readers see the old list until the new one is complete", async () => {
  const followed = new Followed({ relistInterval: minutes });
  const { server, clock, informer } = followed;
  for (const name of names) server.put(name, "1");
  server.faults.push({ call: "watch", after: 0, how: "stall" });
  await followed.start();
  server.latency = 1_000;
  followed.faithful = false; // while it is told of the differences, one by one, the cache is complete
  for (const name of names) server.remove(name);
  for (const name of names) server.put(`${name}${name}`, "2");
  const seen = new Set<string>();
  while (server.calls.watch < 2) {
    await clock.advance(200);
    seen.add([...informer.values()].map(({ metadata }) => metadata.name).join());
  }
  assertEquals([...seen], ["a,b,c,d,e", "aa,bb,cc,dd,ee"]);
  assertEquals(server.calls.list, 3); // one to compare, one to replace
  await followed.end();
});

Deno.test("synced waits for the first whole list, and rejects when there is none", async () => {
  const followed = new Followed();
  const { server, clock, informer } = followed;
  for (const name of names) server.put(name, "1");
  server.latency = 100;
  server.faults.push({ call: "list", page: 1, kind: "gone" });
  let synced = 0;
  void informer.synced.then(() => synced = informer.size);
  await followed.start();
  await clock.advance(150);
  assertEquals([synced, informer.size, informer.syncedAt], [0, 0, undefined]);
  await clock.advance(2_000);
  assertEquals(synced, 5);
  assert(informer.syncedAt !== undefined);
  await followed.end();

  const never = new Followed();
  never.server.always = { call: "list", page: 0, kind: "network" };
  await never.start();
  const rejection = assertRejects(() => never.informer.synced, DOMException);
  await never.end();
  await rejection;
});

Deno.test("it ends at once in every state, tells nothing more, and runs once only", async () => {
  const situations: ((followed: Followed) => void)[] = [
    ({ server }) => server.latency = 10_000,
    ({ server }) => server.always = { call: "list", page: 0, kind: "network" },
    ({ server }) => server.always = { call: "watch", after: 0, how: "network" },
    ({ server }) => server.always = { call: "watch", after: 0, how: "stall" },
    () => {},
  ];
  for (const situation of situations) {
    for (const elapsed of [0, 100, 10 * minutes + 2]) {
      const followed = new Followed();
      situation(followed);
      followed.server.put("a", "1");
      await followed.start();
      await followed.clock.advance(elapsed);
      followed.server.put("a", "2");
      await followed.end();
      await assertRejects(() => followed.informer.run(new AbortController().signal), TypeError);
    }
  }
});

Deno.test("a handler that stops the informer is the last one called", async () => {
  const seen: string[] = [];
  const followed = new Followed({
    onChange: (key) => {
      seen.push(key);
      followed.stop.abort();
    },
  });
  for (const name of names) followed.server.put(name, "1");
  await followed.start();
  await followed.end();
  assertEquals(seen, ["ns/a"]);
});

Deno.test("managedFields are never kept, and keep is asked once for a version", async () => {
  const kept: string[] = [];
  const followed = new Followed({
    keep: (object) => {
      kept.push(object.metadata.name);
      return object;
    },
    relistInterval: minutes,
  });
  followed.server.put("a", "1");
  followed.server.put("b", "1");
  await followed.start();
  followed.server.always = { call: "watch", after: 0, how: "gone" };
  followed.server.put("a", "2");
  await followed.clock.advance(5 * minutes);
  assertEquals(kept.filter((name) => name === "b").length, 1);
  for (const object of followed.informer.values()) {
    assertEquals(Object.keys(object.metadata).includes("managedFields"), false);
  }
  await followed.end();
});

Deno.test("nothing of an object stays in memory but what is kept of it", async () => {
  const whole: WeakRef<object>[] = [];
  const names: string[] = [];
  const followed = new Followed();
  const { server, clock } = followed;
  const informer = new Informer({
    ...{ reader: server, resource: configMaps, clock, random: () => 0.5, relistInterval: minutes },
    keep: (object) => {
      whole.push(new WeakRef(object), new WeakRef(object.metadata), new WeakRef(object.data));
      return { name: object.metadata.name };
    },
    onChange: (_key, _type, { name }) => names.push(name),
  });
  for (const name of ["a", "b", "c"]) server.put(name, "1");
  const running = informer.run(followed.stop.signal);
  await clock.advance(0);
  for (const name of ["a", "d", "e"]) server.put(name, "2");
  await clock.advance(3 * minutes);
  server.remove("a");
  await clock.advance(0);
  assertEquals(names, ["a", "b", "c", "a", "d", "e", "a"]);
  server.put("f", "1"); // the last event may still be somewhere on its way
  await clock.advance(0);
  collectGarbage();
  const left = whole.slice(0, -3).filter((one) => one.deref() !== undefined);
  assertEquals([left.length, informer.size], [0, 5]);
  followed.stop.abort();
  await running;
});

Deno.test("a watch begins at the version of the first page, from which nothing can be lost", async () => {
  const stop = new AbortController();
  const from = Promise.withResolvers<string>();
  const clock = new SimulatedClock();
  const server = new ModelCollection(clock);
  server.pages = async function* <T>(): AsyncGenerator<KubeList<T>, void> {
    for (const resourceVersion of ["first", "second"]) {
      yield await Promise.resolve({ metadata: { resourceVersion }, items: [] as T[] });
    }
  };
  server.watch = async function* <T>(
    _: unknown,
    { resourceVersion }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    from.resolve(resourceVersion);
    stop.abort();
    yield* await Promise.resolve<WatchEvent<T>[]>([]);
  };
  const informer = new Informer({
    ...{ reader: server, resource: configMaps, clock, random: Math.random },
    keep: (object) => object,
  });
  await informer.run(stop.signal);
  assertEquals(await from.promise, "first");
});

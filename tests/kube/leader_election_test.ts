import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { KubeError, type KubeErrorKind } from "../../src/kube/kube_error.ts";
import { LeaderElection, type LeaderElectionOptions } from "../../src/kube/leader_election.ts";
import { operatorLease } from "../../src/kube/lease.ts";
import { leaseApi, LeaseServer, Machine, type Network, World } from "./election_world.ts";
import { SimulatedClock } from "./simulated_clock.ts";

const address = { namespace: "ns", name: operatorLease };

type MakeElection = (identity: string, machine: Machine) => LeaderElection;

/** A process that takes part again and again, each time under another identity, until it is killed. */
class Process {
  readonly machine: Machine;
  readonly #world: World;
  readonly #make: MakeElection;
  readonly #name: string;
  #stop = new AbortController();
  #starts = 0;
  election: LeaderElection;
  /** Whether work of a leader is under way. */
  working = false;

  constructor(world: World, name: string, make: MakeElection) {
    this.#world = world;
    this.#name = name;
    this.#make = make;
    this.machine = new Machine(world);
    this.election = make(`${name}-0`, this.machine);
  }

  /** Whether it would send a write now. */
  get writes(): boolean {
    try {
      if (!this.machine.killed) this.election.guard();
      return !this.machine.killed;
    } catch {
      return false;
    }
  }

  start(): void {
    void this.#live();
  }

  async #live(): Promise<void> {
    const { random } = this.#world;
    const forever = new AbortController().signal;
    while (!this.machine.killed) {
      this.#stop = new AbortController();
      await this.election.run({
        signal: this.#stop.signal,
        onLeading: async (signal) => {
          this.working = true;
          // Most work goes on until it is told to end, and takes a moment for that.
          if (random() < 0.9) await new Promise((end) => signal.addEventListener("abort", end));
          await this.machine.sleep(random() * 4_000, forever);
          this.working = false;
        },
      });
      assertEquals(this.writes, false);
      await this.machine.sleep(random() * 1_000, forever);
      this.election = this.#make(`${this.#name}-${++this.#starts}`, this.machine);
    }
  }

  /** SIGTERM. */
  stop(): void {
    this.machine.run(() => this.#stop.abort());
  }
}

function processes(
  world: World,
  server: LeaseServer,
  network: Network,
  count: number,
  options: Partial<LeaderElectionOptions> = {},
): Process[] {
  return Array.from(
    { length: count },
    (_, at) =>
      new Process(world, `process-${at}`, (identity, machine) =>
        new LeaderElection({
          ...{ api: leaseApi(world, machine, server, network), ...address, identity },
          ...{ clock: machine, random: world.random },
          onLoss: world.random() < 0.5 ? "candidate" : "end",
          hasEnded: (holder) => holder !== identity && holder.startsWith(`process-${at}-`),
          ...options,
        })),
  );
}

/** Those of the operator. */
const seldomRenewed = { leaseSeconds: 30, renewDeadline: 20_000, renewPeriod: 10_000 };

const seed = fc.integer();
const trouble = fc.record({
  wait: fc.integer({ min: 0, max: 12_000 }),
  who: fc.nat(2),
  what: fc.constantFrom(
    ...["freeze", "suspend", "forward", "back", "kill", "stop", "cut-off", "touch"] as const,
  ),
  span: fc.oneof(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 0, max: 90_000 })),
});
type Trouble = typeof trouble extends fc.Arbitrary<infer A> ? A : never;

function make(
  { what, span }: Trouble,
  process: Process,
  server: LeaseServer,
  world: World,
  setBack: ReadonlySet<Process>,
): void {
  const { machine } = process;
  if (what === "freeze") machine.freeze(span);
  // Set back by what a suspension took, no clock of the machine says that the time passed: nobody can tell then.
  else if (what === "suspend" && !setBack.has(process)) machine.suspend(span);
  else if (what === "forward") machine.setTimeOfDay(span);
  else if (what === "back" && setBack.has(process)) machine.setTimeOfDay(-span);
  else if (what === "kill") machine.killed = true;
  else if (what === "stop") process.stop();
  else if (what === "cut-off") machine.cutOffUntil = world.time + span;
  else if (what === "touch" && server.lease !== undefined) {
    server.store({
      ...server.lease,
      metadata: { ...server.lease.metadata, labels: { a: `${span}` } },
    });
  }
}

Deno.test("never do two processes write, whatever becomes of clocks, calls and processes", async () => {
  let led = 0;
  await fc.assert(
    fc.asyncProperty(
      seed,
      fc.array(trouble, { maxLength: 25, size: "max" }),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      fc.constantFrom(20, 500, 6_000),
      fc.constantFrom({}, seldomRenewed),
      async (seed, troubles, loss, latency, times) => {
        const world = new World(seed);
        const server = new LeaseServer();
        const network = { loss, latency };
        const all = processes(world, server, network, 3, times);
        const setBack = new Set(all.slice(0, 1));
        world.look = () => {
          const writers = all.filter(({ writes }) => writes);
          led += writers.length;
          assert(writers.length < 2, "two processes write");
        };
        for (const process of all) process.start();
        for (const trouble of troubles) {
          await world.pass(trouble.wait);
          const process = all[trouble.who];
          if (process !== undefined) make(trouble, process, server, world, setBack);
        }
        // Once all is well again, somebody leads.
        network.loss = 0;
        network.latency = 20;
        await world.pass(100_000);
        if (!all.every(({ machine }) => machine.killed)) {
          let leads = false;
          world.look = () => leads ||= all.some(({ writes }) => writes);
          await world.pass(30_000);
          assert(leads, "nobody leads");
        }
      },
    ),
    { numRuns: 400 },
  );
  assert(led > 10_000, `somebody led at ${led} moments only`);
});

Deno.test("a leader that is killed is followed within the time of the lease and of one attempt", async () => {
  await fc.assert(
    fc.asyncProperty(seed, fc.integer({ min: 20_000, max: 60_000 }), async (seed, when) => {
      const world = new World(seed);
      const all = processes(world, new LeaseServer(), { loss: 0, latency: 50 }, 3, {
        onLoss: "end",
      });
      for (const process of all) process.start();
      await world.pass(when);
      let leader = all.find(({ writes }) => writes);
      while (leader === undefined) { // between two of them
        await world.pass(100);
        leader = all.find(({ writes }) => writes);
      }
      leader.machine.killed = true;
      let followed = Infinity;
      world.look = () => {
        if (all.some(({ writes }) => writes)) followed = Math.min(followed, world.time);
      };
      const killed = world.time;
      await world.pass(60_000);
      // 5 % for clocks that go slow, and the ways of the calls.
      assert(followed - killed <= (15_000 + 2_400) / 0.95 + 300, `after ${followed - killed} ms`);
    }),
    { numRuns: 100 },
  );
});

/** One process on a clock of the test, with calls that are answered at once. */
class Candidate {
  readonly clock = new SimulatedClock();
  readonly stop = new AbortController();
  readonly server = new LeaseServer();
  readonly calls: string[] = [];
  readonly errors: unknown[] = [];
  readonly holders: string[] = [];
  /** Thrown by every call. */
  fault: KubeErrorKind | undefined;
  /** Writes are carried out, and their answers do not come. */
  unanswered = false;
  readonly election: LeaderElection;
  signal: AbortSignal | undefined;
  work = Promise.withResolvers<void>();

  constructor(options: Partial<LeaderElectionOptions> = {}) {
    const call = <T>(verb: string, action: () => unknown): Promise<T> => {
      this.calls.push(verb);
      if (this.fault !== undefined) return Promise.reject(new KubeError(this.fault, "scripted"));
      return Promise.resolve().then(() => action() as T);
    };
    this.election = new LeaderElection({
      api: {
        get: () => call("get", () => this.server.read()),
        create: (_, lease, { signal } = {}) =>
          call("create", () => {
            const stored = this.server.create(lease as never);
            if (!this.unanswered) return stored;
            return new Promise((_, reject) =>
              signal?.addEventListener("abort", () => reject(signal.reason))
            );
          }),
        replace: (_, lease) => call("replace", () => this.server.replace(lease as never)),
      },
      ...{ ...address, identity: "me", clock: this.clock, random: () => 0 },
      onError: (error) => this.errors.push(error),
      onHolder: (identity) => this.holders.push(identity),
      ...options,
    });
  }

  run(): Promise<"ended" | "lost"> {
    return this.election.run({
      signal: this.stop.signal,
      onLeading: async (signal) => {
        this.signal = signal;
        await this.work.promise;
      },
    });
  }

  get writes(): boolean {
    try {
      this.election.guard();
      return true;
    } catch (error) {
      assert(error instanceof KubeError && error.kind === "not-leader");
      return false;
    }
  }

  /** Somebody else writes the Lease. */
  taken(holderIdentity: string, renewTime = "2026-01-01T00:00:00.000000Z"): void {
    const { metadata } = this.server.lease ?? { metadata: address };
    this.server.store({
      ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata },
      spec: { holderIdentity, leaseDurationSeconds: 15, renewTime, leaseTransitions: 3 },
    });
  }
}

Deno.test("a Lease is made, renewed every two seconds, and given back when the work has ended", async () => {
  const one = new Candidate();
  const ended = one.run();
  await one.clock.advance(0);
  assertEquals(one.server.lease?.spec, {
    ...{ holderIdentity: "me", leaseDurationSeconds: 15, leaseTransitions: 0 },
    ...{ acquireTime: "2026-01-01T00:00:00.000000Z", renewTime: "2026-01-01T00:00:00.000000Z" },
  });
  assertEquals([one.writes, one.election.phase], [true, "leading"]);
  await one.clock.advance(60_000);
  assertEquals(one.calls, ["get", "create", ...Array(30).fill("replace")]);
  assertEquals(one.server.lease?.spec?.renewTime, "2026-01-01T00:01:00.000000Z");
  one.stop.abort();
  await one.clock.advance(20_000);
  assertEquals([one.signal?.aborted, one.writes], [true, true]); // the work may still be finished
  assertEquals(one.server.lease?.spec?.holderIdentity, "me");
  one.work.resolve();
  assertEquals(await ended, "ended");
  assertEquals(one.writes, false);
  assertEquals(one.server.lease?.spec?.holderIdentity, "");
  assertEquals(one.holders, ["", "me", ""]);
  assertEquals([one.errors, one.clock.sleepers], [[], 0]);
});

Deno.test("a renewal that failed is tried again sooner than the next one would come", async () => {
  const one = new Candidate(seldomRenewed);
  const ended = one.run();
  await one.clock.advance(30_000);
  assertEquals(one.calls, ["get", "create", "replace", "replace", "replace"]);
  one.fault = "network";
  await one.clock.advance(15_000);
  assertEquals(one.calls.length, 5 + 3);
  one.fault = undefined;
  await one.clock.advance(1_000);
  assertEquals(one.calls.slice(8), ["get", "replace"]);
  assertEquals([one.writes, one.errors.length], [true, 3]);
  await one.clock.advance(9_999);
  assertEquals(one.calls.length, 10);
  one.work.resolve();
  assertEquals(await ended, "ended");
});

Deno.test("a renewal is always a change of the Lease, even when the time of day stands still", async () => {
  const one = new Candidate();
  const ended = one.run();
  await one.clock.advance(0);
  for (let turn = 0; turn < 20; turn++) {
    one.clock.offset -= 2_000;
    const { writes } = one.server;
    await one.clock.advance(2_000);
    assertEquals(one.server.writes, writes + 1);
  }
  one.work.resolve();
  assertEquals(await ended, "ended");
});

Deno.test("a Lease of another is taken over when it has not changed for its time, by no clock but our own", async () => {
  for (const renewTime of ["1999-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"]) {
    const one = new Candidate();
    one.taken("other", renewTime);
    const ended = one.run();
    await one.clock.advance(10_000);
    one.taken("other", renewTime);
    one.clock.offset += 1e9;
    await one.clock.advance(16_999);
    assertEquals(one.writes, false);
    await one.clock.advance(1);
    assertEquals(one.writes, true);
    assertEquals(one.server.lease?.spec?.leaseTransitions, 4);
    one.work.resolve();
    assertEquals(await ended, "ended");
  }
});

Deno.test("a Lease of a process that has surely ended is taken at once, another's is not", async () => {
  for (const [holder, atOnce] of [["earlier", true], ["other", false]] as const) {
    const one = new Candidate({ hasEnded: (identity) => identity === "earlier" });
    one.taken(holder);
    const ended = one.run();
    await one.clock.advance(0);
    assertEquals([one.writes, one.election.phase === "leading"], [atOnce, atOnce]);
    assertEquals(one.holders, atOnce ? [holder, "me"] : [holder]);
    one.stop.abort();
    one.work.resolve();
    await one.clock.advance(1_000);
    assertEquals(await ended, "ended");
  }
});

Deno.test("a Lease that was given back is taken at the next attempt", async () => {
  const one = new Candidate();
  one.taken("other");
  const ended = one.run();
  await one.clock.advance(1_000);
  one.taken("");
  await one.clock.advance(1_000);
  assertEquals(one.writes, true);
  one.work.resolve();
  assertEquals(await ended, "ended");
});

Deno.test("a Lease that is deleted under its holder counts as held until the holder's time is over", async () => {
  const one = new Candidate();
  one.taken("other");
  const ended = one.run();
  await one.clock.advance(5_000);
  one.server.remove();
  await one.clock.advance(15_999);
  assertEquals([one.server.lease, one.writes], [undefined, false]);
  await one.clock.advance(1_001);
  assertEquals(one.writes, true);
  one.work.resolve();
  assertEquals(await ended, "ended");
});

Deno.test("a leader whose Lease is deleted makes it anew", async () => {
  const one = new Candidate();
  const ended = one.run();
  await one.clock.advance(5_000);
  one.server.remove();
  await one.clock.advance(2_000);
  assertEquals([one.server.lease?.spec?.holderIdentity, one.writes], ["me", true]);
  one.work.resolve();
  assertEquals(await ended, "ended");
});

Deno.test("a leader that cannot renew stops writing before others may take over, and is told", async () => {
  const one = new Candidate();
  const ended = one.run();
  await one.clock.advance(2_000);
  one.fault = "network";
  await one.clock.advance(9_999);
  assertEquals([one.writes, one.signal?.aborted], [true, false]);
  await one.clock.advance(1);
  assertEquals([one.writes, one.signal?.aborted], [false, true]);
  const { length } = one.calls;
  one.fault = undefined;
  await one.clock.advance(20_000);
  assertEquals(one.calls.length, length); // nothing is sent for a Lease that is lost
  one.work.reject(one.signal?.reason);
  assertEquals(await ended, "lost");
  assertEquals(one.election.phase, "ended");
});

Deno.test("a leader that was frozen renews nothing when it wakes up", async () => {
  for (const jump of ["monotonic", "time of day"]) {
    const one = new Candidate();
    const ended = one.run();
    await one.clock.advance(0);
    const { length } = one.calls;
    if (jump === "time of day") one.clock.offset += 10_000;
    else one.clock.skip(10_000);
    assertEquals(one.writes, false);
    await one.clock.advance(2_000);
    assertEquals(one.calls.length, length);
    one.work.resolve();
    assertEquals(await ended, "lost");
  }
});

Deno.test("a leader sees at once that somebody else has the Lease", async () => {
  const one = new Candidate({ onLoss: "candidate" });
  const ended = one.run();
  await one.clock.advance(1_000);
  one.taken("other");
  await one.clock.advance(1_000);
  assertEquals([one.writes, one.signal?.aborted], [false, true]);
  assertEquals(one.server.lease?.spec?.holderIdentity, "other");
  one.work.resolve();
  one.work = Promise.withResolvers();
  await one.clock.advance(17_000);
  assertEquals([one.writes, one.election.phase], [true, "leading"]);
  assertEquals(one.holders, ["", "me", "other", "me"]);
  one.work.resolve();
  assertEquals(await ended, "ended");
});

Deno.test("work that fails gives the Lease back and fails the run", async () => {
  const one = new Candidate();
  const ended = one.run();
  await one.clock.advance(1_000);
  one.work.reject(new TypeError("broken"));
  await assertRejects(() => ended, TypeError, "broken");
  assertEquals([one.server.lease?.spec?.holderIdentity, one.writes], ["", false]);
  assertEquals(one.clock.sleepers, 0);
});

Deno.test("a candidate that is stopped while its claim is on its way leaves no Lease behind", async () => {
  const one = new Candidate();
  one.unanswered = true;
  const ended = one.run();
  await one.clock.advance(0);
  assertEquals([one.server.lease?.spec?.holderIdentity, one.writes], ["me", false]);
  one.unanswered = false;
  one.stop.abort();
  assertEquals(await ended, "ended");
  assertEquals(one.server.lease?.spec?.holderIdentity, "");
  assertEquals(one.clock.sleepers, 0);
});

Deno.test("a candidate that is refused asks at long intervals, and ends at once when it is to stop", async () => {
  for (const kind of ["forbidden", "not-capable", "network"] as const) {
    const one = new Candidate();
    one.fault = kind;
    const ended = one.run();
    await one.clock.advance(600_000);
    const most = kind === "network" ? 301 : 45;
    assert(one.calls.length > 10 && one.calls.length <= most, `${one.calls.length} calls`);
    assertEquals(one.errors.length, one.calls.length);
    // For probes: it is alive, and nobody has answered.
    const { lastAttempt = NaN, lastAnswer } = one.election;
    assert(one.clock.monotonic() - lastAttempt < 60_000, `${lastAttempt}`);
    assertEquals(lastAnswer, undefined);
    one.fault = undefined;
    await one.clock.advance(60_000);
    assert(one.clock.monotonic() - (one.election.lastAnswer ?? NaN) < 10_000);
    one.work.resolve(); // it leads by now
    one.stop.abort();
    assertEquals(await ended, "ended");
    assertEquals(one.clock.sleepers, 0);
  }
});

Deno.test("times in which two could lead are refused, and so is a second run", async () => {
  assertThrows(() => new Candidate({ leaseSeconds: 10 }), RangeError, "longer than the deadline");
  assertThrows(() => new Candidate({ leaseSeconds: 15.5 }), RangeError, "whole seconds");
  assertThrows(() => new Candidate({ retryPeriod: 9_000 }), RangeError, "more than one attempt");
  assertThrows(() => new Candidate({ renewPeriod: 9_000 }), RangeError, "more than one attempt");
  assertThrows(() => new Candidate({ retryPeriod: NaN }), RangeError);
  assertThrows(() => new Candidate({ renewDeadline: NaN }), RangeError);
  const one = new Candidate();
  one.stop.abort();
  assertEquals(await one.run(), "ended");
  await assertRejects(() => one.run(), TypeError);
});

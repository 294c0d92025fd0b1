import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { KubeError } from "../../src/kube/kube_error.ts";
import { type RunReport, type RunResult, WorkQueue } from "../../src/kube/work_queue.ts";
import { settle, SimulatedClock } from "./simulated_clock.ts";

/** A queue whose runs end when the test says so. */
class ManualRuns {
  readonly clock = new SimulatedClock();
  readonly stop = new AbortController();
  readonly started: { key: string; at: number }[] = [];
  readonly under = new Map<string, PromiseWithResolvers<RunResult | void>>();
  readonly reports: RunReport[] = [];
  readonly queue: WorkQueue;
  readonly done: Promise<void>;

  constructor(workers: number, random = (): number => 1) {
    this.queue = new WorkQueue({
      handle: (key) => {
        assert(!this.under.has(key), `two runs of ${key} at once`);
        assert(this.under.size < workers, "more runs than workers");
        assert(!this.stop.signal.aborted, `a run of ${key} after the end`);
        this.started.push({ key, at: this.clock.monotonic() });
        const run = Promise.withResolvers<RunResult | void>();
        this.under.set(key, run);
        return run.promise;
      },
      workers,
      backOff: { first: 100, cap: 1_000 },
      clock: this.clock,
      random,
      onRun: (report) => this.reports.push(report),
    });
    this.done = this.queue.run(this.stop.signal);
  }

  /** Ends a run of `key`, where one is under way. */
  async end(key: string, result: RunResult | Error = {}): Promise<void> {
    const run = this.under.get(key);
    this.under.delete(key);
    if (result instanceof Error) run?.reject(result);
    else run?.resolve(result);
    await settle();
  }

  async finish(): Promise<void> {
    this.stop.abort();
    for (const key of [...this.under.keys()]) await this.end(key);
    await this.done;
    assertEquals(this.clock.sleepers, 0);
  }

  times(key: string): number[] {
    return this.started.filter((run) => run.key === key).map(({ at }) => at);
  }
}

const keys = ["a", "b", "c"];
const keyOf = fc.constantFrom(...keys);
const delay = fc.integer({ min: -1, max: 3_000 });
const action = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key: keyOf }),
  fc.record({ do: fc.constant("after" as const), key: keyOf, ms: delay }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
  fc.record({ do: fc.constant("end" as const), key: keyOf }),
  fc.record({ do: fc.constant("fail" as const), key: keyOf }),
  fc.record({ do: fc.constant("requeue" as const), key: keyOf, ms: delay }),
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

async function carryOut(runs: ManualRuns, step: Action): Promise<void> {
  if (step.do === "add") runs.queue.add(step.key);
  else if (step.do === "after") runs.queue.addAfter(step.key, step.ms);
  else if (step.do === "wait") await runs.clock.advance(step.ms);
  else if (step.do === "end") await runs.end(step.key);
  else if (step.do === "fail") await runs.end(step.key, new Error("no"));
  else await runs.end(step.key, { requeueAfter: step.ms });
  await settle();
}

Deno.test("every key added gets a run that begins later, whatever happens, one at a time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 80, size: "max" }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, workers) => {
        const runs = new ManualRuns(workers);
        await settle();
        // How many runs of each key had begun when it was last asked for.
        const asked = new Map<string, number>();
        for (const step of steps) {
          if (step.do === "add" || step.do === "after") {
            asked.set(step.key, runs.times(step.key).length);
          }
          await carryOut(runs, step);
        }
        while (runs.under.size > 0 || runs.clock.sleepers > 0) {
          for (const key of keys) await runs.end(key);
          await runs.clock.advance(3_000);
        }
        for (const [key, before] of asked) {
          assert(runs.times(key).length > before, `${key} was never run after it was added`);
        }
        assertEquals(runs.queue.figures.depth + runs.queue.figures.delayed, 0);
        assertEquals(runs.queue.figures.runs, runs.started.length);
        await runs.finish();
      },
    ),
    { numRuns: 300 },
  );
});

/** When a run of a key is to begin where there are always workers free, said in another way than by the queue. */
class Expected {
  readonly starts: number[] = [];
  #due = Infinity;
  #again = false;
  #failures = 0;
  running = false;

  want(at: number, now: number): void {
    if (at <= now && this.running) this.#again = true;
    if (!(this.running && this.#again)) this.#due = Math.min(this.#due, at);
    if (this.#again) this.#due = now;
  }

  /** Time passes up to `until`. */
  pass(until: number): void {
    if (this.#due > until) return;
    if (this.running) {
      this.#again = true;
      return;
    }
    this.starts.push(this.#due);
    this.running = true;
    this.#due = Infinity;
  }

  end(now: number, result: "fail" | number | undefined): void {
    if (!this.running) return;
    this.running = false;
    const again = this.#again;
    this.#again = false;
    if (result === "fail") {
      const pause = Math.min(1_000, 100 * 2 ** this.#failures++);
      this.#due = now + Math.min(pause, Math.max(100, again ? 0 : this.#due - now));
      return;
    }
    this.#failures = 0;
    if (again) this.#due = now;
    else if (result !== undefined) this.#due = Math.min(this.#due, now + Math.max(100, result));
  }
}

Deno.test("runs begin when they are due: the earliest delay counts, failures wait longer each time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 80, size: "max" }), async (steps) => {
      const runs = new ManualRuns(keys.length);
      await settle();
      const expected = new Map(keys.map((key) => [key, new Expected()]));
      for (const step of steps) {
        const now = runs.clock.monotonic();
        const key = "key" in step ? expected.get(step.key) : undefined;
        if (step.do === "add") key?.want(now, now);
        if (step.do === "after") key?.want(Math.max(now, now + step.ms), now);
        if (step.do === "end") key?.end(now, undefined);
        if (step.do === "fail") key?.end(now, "fail");
        if (step.do === "requeue") key?.end(now, step.ms);
        await carryOut(runs, step);
        for (const one of expected.values()) one.pass(runs.clock.monotonic());
      }
      for (const [key, { starts }] of expected) assertEquals(runs.times(key), starts, key);
      await runs.finish();
    }),
    { numRuns: 500 },
  );
});

Deno.test("stopping waits for the runs under way, and begins no other", async () => {
  const runs = new ManualRuns(1);
  runs.queue.add("a");
  runs.queue.add("b");
  runs.queue.addAfter("c", 10);
  await settle();
  runs.stop.abort();
  let ended = false;
  void runs.done.then(() => ended = true);
  await runs.clock.advance(60_000);
  assertEquals(ended, false);
  await runs.end("a", { requeueAfter: 1 });
  await runs.done;
  await runs.clock.advance(60_000);
  assertEquals(runs.started.map(({ key }) => key), ["a"]);
  assertEquals(runs.clock.sleepers, 0);
});

Deno.test("a stop from inside a run begins no other", async () => {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const started: string[] = [];
  const queue = new WorkQueue({
    handle: (key) => {
      started.push(key);
      stop.abort();
      return Promise.resolve();
    },
    ...{ clock, random: Math.random, workers: 2 },
  });
  queue.add("a");
  queue.add("b");
  await queue.run(stop.signal);
  assertEquals(started, ["a"]);
});

Deno.test("a run that adds keys while it begins is heard", async () => {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const started: string[] = [];
  const queue: WorkQueue = new WorkQueue({
    handle: async (key) => {
      started.push(key);
      if (key === "a") queue.add("b");
      if (key === "b") queue.addAfter("c", 5);
      await settle();
    },
    ...{ clock, random: Math.random, workers: 2 },
  });
  queue.add("a");
  const done = queue.run(stop.signal);
  await clock.advance(5);
  assertEquals(started, ["a", "b", "c"]);
  stop.abort();
  await done;
});

Deno.test("a run that always fails, or asks for now, is not repeated without a pause", async () => {
  const failing = [
    () => Promise.reject(new KubeError("not-capable", "no")),
    () => Promise.reject(new KubeError("forbidden", "no")),
    (): Promise<void> => {
      throw new TypeError("not even a promise");
    },
  ];
  const eager = [
    () => Promise.resolve({ requeueAfter: 0 }),
    () => Promise.resolve({ requeueAfter: -5 }),
    () => Promise.resolve({ requeueAfter: NaN }),
  ];
  for (const [all, most] of [[failing, 30], [eager, 601]] as const) {
    for (const one of all) {
      const clock = new SimulatedClock();
      const stop = new AbortController();
      let runs = 0;
      const queue: WorkQueue = new WorkQueue({
        handle: () => {
          if (++runs > 1_000) stop.abort(); // seen enough
          if (all === failing) { // its own doing wakes it, too
            queue.add("a");
            queue.addAfter("a", 1);
          }
          return one();
        },
        ...{ clock, random: () => 0 },
      });
      queue.add("a");
      const done = queue.run(stop.signal);
      await clock.advance(all === failing ? 1_500 : 60_000);
      assert(runs > 1 && runs <= most, `${runs} runs`);
      stop.abort();
      await done;
      assertEquals(clock.sleepers, 0);
    }
  }
});

Deno.test("the server's own wish to wait is kept", async () => {
  const runs = new ManualRuns(1);
  runs.queue.add("a");
  await settle();
  await runs.end("a", new KubeError("too-many-requests", "later", { retryAfter: 20_000 }));
  await runs.clock.advance(19_999);
  assertEquals(runs.times("a"), [0]);
  await runs.clock.advance(1);
  assertEquals(runs.times("a"), [0, 20_000]);
  assertEquals(runs.reports[0]?.retryAfter, 20_000);
  await runs.finish();
});

Deno.test("a run that is called off is no failure", async () => {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const reports: RunReport[] = [];
  const queue = new WorkQueue({
    handle: (_key, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ...{ clock, random: Math.random, onRun: (report) => reports.push(report) },
  });
  queue.add("a");
  const done = queue.run(stop.signal);
  await clock.advance(5);
  stop.abort();
  await done;
  assertEquals(reports, [{ key: "a", milliseconds: 5 }]);
  assertEquals(queue.figures.failures, 0);
});

Deno.test("figures tell what waits, what runs and what failed", async () => {
  const runs = new ManualRuns(1);
  runs.queue.add("a");
  runs.queue.add("b");
  runs.queue.addAfter("c", 50);
  await runs.clock.advance(10);
  assertEquals(runs.queue.figures, {
    ...{ depth: 1, delayed: 1, running: 1, runs: 0, failures: 0 },
    ...{ longestRun: 10, longestRunning: 10 },
  });
  await runs.end("a", new Error("no"));
  assertEquals(runs.queue.figures, {
    ...{ depth: 0, delayed: 2, running: 1, runs: 1, failures: 1 },
    ...{ longestRun: 10, longestRunning: 0 }, // the other run has just begun
  });
  await runs.finish();
});

Deno.test("a delay that is not a number is refused, and so is a second run of the queue", async () => {
  const runs = new ManualRuns(1);
  assertThrows(() => runs.queue.addAfter("a", NaN), RangeError);
  await assertRejects(() => runs.queue.run(runs.stop.signal), TypeError);
  await runs.finish();
});

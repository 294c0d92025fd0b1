import { assertEquals, assertRejects } from "@std/assert";
import { DaemonWatch } from "../../src/daemon/daemon_watch.ts";
import type { Aide, AideOutcome, AideRun } from "../../src/node/aide_process.ts";
import type { AideVersion } from "../../src/aide/aide_version.ts";
import { settle, SimulatedClock } from "../kube/simulated_clock.ts";

const minute = 60_000;
const good: AideVersion = { major: 0, minor: 19, patch: 1, text: "0.19.1" };

/** An AIDE whose answers come when the test gives them. */
class ManualAide implements Aide {
  asked = 0;
  answer = Promise.withResolvers<AideVersion | undefined>();
  outcome = Promise.withResolvers<AideOutcome>();

  async version(): Promise<AideVersion | undefined> {
    this.asked++;
    return await this.answer.promise;
  }

  run(): Promise<AideOutcome> {
    return this.outcome.promise;
  }
}

interface Watched {
  watch: DaemonWatch;
  aide: ManualAide;
  clock: SimulatedClock;
}

async function watched(test: (watched: Watched) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const aide = new ManualAide();
  const clock = new SimulatedClock();
  const watch = new DaemonWatch(aide, clock, stop.signal);
  try {
    await test({ watch, aide, clock });
  } finally {
    stop.abort();
    await settle();
    assertEquals(clock.sleepers, 0);
  }
}

async function problems(watch: DaemonWatch): Promise<string[]> {
  return (await watch.ready()).flatMap(({ name, problem }) =>
    problem === undefined ? [] : `${name}: ${problem}`
  );
}

const aliveProblem = (watch: DaemonWatch): string | undefined => watch.alive()[0]?.problem;

const run: AideRun = {
  ...{ args: [], stdout: () => {}, stderr: () => {}, timeoutMs: 60 * minute },
  signal: new AbortController().signal,
};

Deno.test("the first question whether it is ready waits until it is", async () => {
  await watched(async ({ watch, aide, clock }) => {
    let answered = false;
    const answer = problems(watch).finally(() => answered = true);
    watch.config(undefined);
    watch.state(undefined);
    await settle();
    assertEquals(answered, false);
    aide.answer.resolve(good);
    assertEquals([await answer, clock.monotonic()], [[], 0]);
  });
});

Deno.test("the first question waits for some seconds only, later ones not at all", async () => {
  await watched(async ({ watch, clock }) => {
    const answer = problems(watch);
    watch.config("it is another one");
    await clock.advance(3_000);
    const expected = [
      "configuration: it is another one",
      "aide: its version is not known yet",
      "state: the directory was not looked at yet",
    ];
    assertEquals(await answer, expected);
    assertEquals(await problems(watch), expected);
  });
});

Deno.test("an AIDE that is missing or too old is asked again by questions, now and then", async () => {
  await watched(async ({ watch, aide, clock }) => {
    watch.config(undefined);
    watch.state(undefined);
    aide.answer.resolve(undefined);
    await clock.advance(3_000);
    const [missing] = await problems(watch);
    assertEquals(missing?.startsWith("aide: AIDE is missing or does not start: install"), true);
    assertEquals(aide.asked, 1);
    aide.answer = Promise.withResolvers();
    aide.answer.resolve({ ...good, minor: 17, text: "0.17.0" });
    await clock.advance(17_000);
    await problems(watch); // asks
    await settle();
    const [old] = await problems(watch);
    assertEquals(old?.startsWith("aide: AIDE 0.17.0 is too old: "), true);
    assertEquals(aide.asked, 2);
    aide.answer = Promise.withResolvers();
    aide.answer.resolve(good);
    await clock.advance(20_000);
    await problems(watch);
    await settle();
    assertEquals(await problems(watch), []);
    await clock.advance(60 * minute);
    assertEquals([await problems(watch), aide.asked], [[], 3]); // nothing is asked without need
  });
});

Deno.test("what a scan learns of AIDE counts, but for one that was called off", async () => {
  await watched(async ({ watch, aide }) => {
    watch.config(undefined);
    watch.state(undefined);
    aide.answer.resolve(good);
    assertEquals(await problems(watch), []);
    aide.answer = Promise.withResolvers();
    aide.answer.resolve(undefined);
    const calledOff = AbortSignal.abort();
    await watch.aide.version(calledOff);
    assertEquals(await problems(watch), []);
    await watch.aide.version(new AbortController().signal);
    assertEquals((await problems(watch)).length, 1);
  });
});

Deno.test("a run of AIDE that does not end is noticed after its time, and one that ends is progress", async () => {
  await watched(async ({ watch, aide, clock }) => {
    watch.turned({ kind: "working" });
    await clock.advance(50 * minute);
    const running = watch.aide.run(run);
    await clock.advance(75 * minute);
    assertEquals(aliveProblem(watch), undefined);
    await clock.advance(1);
    assertEquals(/^AIDE runs since /.test(aliveProblem(watch) ?? ""), true);
    aide.outcome.reject(new Error("as no AIDE does"));
    await assertRejects(() => running);
    assertEquals(aliveProblem(watch), undefined);
    await clock.advance(60 * minute);
    assertEquals(aliveProblem(watch), undefined);
    await clock.advance(1);
    assertEquals(/^a scan has not come on /.test(aliveProblem(watch) ?? ""), true);
    watch.turned({ kind: "waiting", until: clock.monotonic() + minute });
    await clock.advance(6 * minute);
    assertEquals(aliveProblem(watch), undefined);
    await clock.advance(1);
    assertEquals(/^its next turn is due /.test(aliveProblem(watch) ?? ""), true);
  });
});

import { assertEquals } from "@std/assert";
import { WorkQueue } from "../../src/kube/work_queue.ts";
import {
  type CacheFigures,
  operatorAlive,
  type OperatorFigures,
  operatorReady,
} from "../../src/operator/operator_health.ts";
import type { Check } from "../../src/system/probe_server.ts";
import { SimulatedClock } from "../kube/simulated_clock.ts";

const hour = 3_600_000;
const second = 1_000;
/** Monotonic time of a process that has run for a day. */
const now = 24 * hour;

const cache = (figures: Partial<CacheFigures> = {}): CacheFigures => ({
  what: "nodes",
  phase: "watching",
  syncedAt: now - 60 * second,
  failingSince: undefined,
  ...figures,
});

function figures(
  election: Partial<OperatorFigures["election"]>,
  work?: OperatorFigures["work"],
): OperatorFigures {
  return {
    ...{ now, time: Date.parse("2026-05-04T12:00:00Z"), started: 0 },
    election: {
      ...{ phase: "candidate", holder: "another", lastAttempt: now - second },
      lastAnswer: now - second,
      ...election,
    },
    ...(work !== undefined && { work }),
  };
}

const leading = (...caches: CacheFigures[]): OperatorFigures =>
  figures({ phase: "leading" }, { longestRunning: 0, caches });

const problems = (checks: readonly Check[]): string[] =>
  checks.flatMap(({ name, problem }) => problem === undefined ? [] : `${name}: ${problem}`);

Deno.test("a standby is ready once it has seen the Lease, also where nobody holds it", () => {
  assertEquals(problems(operatorReady(figures({}))), []);
  assertEquals(problems(operatorReady(figures({ holder: "" }))), []);
  const never = figures({ holder: undefined, lastAnswer: undefined });
  assertEquals(problems(operatorReady(never)), [
    "lease: it was not seen yet: the API server has not answered",
  ]);
});

Deno.test("an API server that is away makes it not ready after a minute, and never not alive", () => {
  const away = (age: number): OperatorFigures => figures({ lastAnswer: now - age });
  assertEquals(problems(operatorReady(away(60 * second))), []);
  assertEquals(problems(operatorReady(away(61 * second))), [
    "lease: the API server has not told how it stands since 2026-05-04T11:58:59Z",
  ]);
  assertEquals(problems(operatorAlive(away(20 * hour))), []);
  const never = figures({ holder: undefined, lastAnswer: undefined });
  assertEquals(problems(operatorAlive(never)), []);
  const leader = leading(cache({ phase: "pausing", failingSince: now - 20 * hour }));
  assertEquals(problems(operatorAlive(leader)), []);
});

Deno.test("a leader is ready when it knows every kind, and follows it", () => {
  assertEquals(problems(operatorReady(leading(cache()))), []);
  assertEquals(operatorReady(leading(cache())).map(({ name }) => name), ["lease", "caches"]);
  assertEquals(problems(operatorReady(figures({ phase: "leading" }))), [
    "caches: nothing is followed yet",
  ]);
  const many = leading(
    cache({ phase: "listing", syncedAt: undefined }),
    cache({ what: "daemonsets", phase: "pausing", failingSince: now - 61 * second }),
    cache({ what: "fileintegrities", syncedAt: now - hour }),
    cache({ what: "configmaps", phase: "ended" }),
    cache({ what: "fileintegritynodestatuses" }),
  );
  assertEquals(problems(operatorReady(many)), [
    "caches: nodes are not known yet; watch of daemonsets is behind since 2026-05-04T11:58:59Z; " +
    "fileintegrities were not compared with a list since 2026-05-04T11:00:00Z; " +
    "configmaps are not followed any more",
  ]);
});

Deno.test("a watch that failed a moment ago is a hiccup, and so is a list that runs", () => {
  const hiccup = cache({ phase: "pausing", failingSince: now - 60 * second });
  assertEquals(problems(operatorReady(leading(hiccup, cache({ phase: "listing" })))), []);
});

Deno.test("an election that has come to a stop needs another process, whatever it was", () => {
  for (const phase of ["candidate", "leading"] as const) {
    const silent = (age: number): OperatorFigures => figures({ phase, lastAttempt: now - age });
    assertEquals(problems(operatorAlive(silent(180 * second))), []);
    assertEquals(problems(operatorAlive(silent(181 * second))), [
      "election: no attempt to get or to keep the Lease since 2026-05-04T11:56:59Z",
    ]);
  }
  const never = { ...figures({ phase: "idle", lastAttempt: undefined }), started: now - hour };
  assertEquals(problems(operatorAlive(never)).length, 1);
  assertEquals(problems(operatorAlive({ ...never, started: now - second })), []);
});

Deno.test("a look that hangs needs another process; one that took long, and ended, does not", async () => {
  const clock = new SimulatedClock();
  const hanging = Promise.withResolvers<void>();
  const queue = new WorkQueue({
    ...{ clock, random: () => 0.5, workers: 2 },
    handle: (key) => key === "hanging" ? hanging.promise : Promise.resolve(),
  });
  const stop = new AbortController();
  const done = queue.run(stop.signal);
  const alive = (): string[] => {
    const { longestRunning } = queue.figures;
    const election = { lastAttempt: clock.monotonic(), phase: "leading" } as const;
    return problems(operatorAlive({
      ...figures(election, { longestRunning, caches: [] }),
      now: clock.monotonic(),
    }));
  };
  queue.add("hanging");
  await clock.advance(900 * second);
  queue.add("another");
  await clock.advance(0);
  assertEquals(alive(), []);
  await clock.advance(1);
  assertEquals(alive(), ["reconciler: it has been looking at one FileIntegrity for 900 s"]);
  hanging.resolve();
  await clock.advance(0);
  assertEquals(alive(), []);
  stop.abort();
  await done;
});

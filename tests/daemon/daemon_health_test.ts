import { assertEquals } from "@std/assert";
import { daemonAlive, type DaemonFigures, daemonReady } from "../../src/daemon/daemon_health.ts";
import type { Check } from "../../src/system/probe_server.ts";

const minute = 60_000;
const hour = 60 * minute;
/** Monotonic time of a process that has run for ten days. */
const now = 240 * hour;

function figures(more: Partial<DaemonFigures> = {}): DaemonFigures {
  return {
    ...{ now, time: Date.parse("2026-05-04T12:00:00Z"), activity: undefined },
    ...{ aide: undefined, aideEnded: undefined },
    problems: { config: undefined, aide: undefined, state: undefined },
    ...more,
  };
}

const problems = (checks: readonly Check[]): string[] =>
  checks.flatMap(({ name, problem }) => problem === undefined ? [] : `${name}: ${problem}`);

const alive = (more: Partial<DaemonFigures>): string[] => problems(daemonAlive(figures(more)));

Deno.test("a daemon that waits for what it needs to begin is alive for as long as that takes", () => {
  assertEquals(alive({ activity: undefined }), []);
});

Deno.test("a scan is alive for as long as its AIDE may run, and then until it was killed", () => {
  const activity = { what: { kind: "working" }, since: now - 30 * hour } as const;
  const running = (age: number): string[] =>
    alive({ activity, aide: { since: now - age, timeout: 24 * hour } });
  assertEquals(running(24 * hour + 15 * minute), []);
  assertEquals(running(24 * hour + 15 * minute + 1), [
    "scans: AIDE runs since 2026-05-03T11:44:59Z, and was to be ended",
  ]);
});

Deno.test("a scan is alive between two runs of AIDE, for a while", () => {
  const activity = { what: { kind: "working" }, since: now - 10 * hour } as const;
  assertEquals(alive({ activity, aideEnded: now - hour }), []);
  assertEquals(alive({ activity, aideEnded: now - hour - 1_000 }), [
    "scans: a scan has not come on since 2026-05-04T10:59:59Z",
  ]);
  // A run of an earlier scan is no progress of this one.
  assertEquals(alive({ activity, aideEnded: now - 20 * hour }).length, 1);
  assertEquals(alive({ activity: { ...activity, since: now - minute } }), []);
});

Deno.test("a pause is over some minutes after its end at the latest, and without end it lasts", () => {
  const pause = (until: number | undefined): string[] =>
    alive({ activity: { what: { kind: "waiting", until }, since: now - 200 * hour } });
  assertEquals(pause(undefined), []);
  assertEquals(pause(now + hour), []);
  assertEquals(pause(now - 5 * minute), []);
  assertEquals(pause(now - 5 * minute - 1_000), [
    "scans: its next turn is due since 2026-05-04T11:54:59Z",
  ]);
});

Deno.test("publishing is over after an hour at the latest: every call has a deadline", () => {
  const publishing = (age: number): string[] =>
    alive({ activity: { what: { kind: "publishing" }, since: now - age } });
  assertEquals(publishing(hour), []);
  assertEquals(publishing(hour + 1_000), [
    "scans: it has been publishing a result since 2026-05-04T10:59:59Z",
  ]);
});

Deno.test("it is ready when configuration, AIDE and state are there, each told by itself", () => {
  assertEquals(daemonReady(figures()).map(({ name }) => name), ["configuration", "aide", "state"]);
  assertEquals(problems(daemonReady(figures())), []);
  const given = { config: "a", aide: "b", state: "c" };
  const wrong = figures({ problems: given });
  assertEquals(problems(daemonReady(wrong)), ["configuration: a", "aide: b", "state: c"]);
});

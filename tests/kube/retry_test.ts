import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type KubeErrorKind, kubeErrorKinds } from "../../src/kube/kube_error.ts";
import { type FailedAttempt, nextAttempt } from "../../src/kube/retry.ts";

const first = { attempts: 1, refreshed: false };
const half = (): number => 0.5;

/** What becomes of a failure: of a call that may be repeated, and of one that may not, such as a create. */
const table: [string, Partial<FailedAttempt> & { kind: KubeErrorKind }, boolean, boolean][] = [
  ["429", { kind: "too-many-requests", code: 429 }, true, true],
  ["429, Retry-After", { kind: "too-many-requests", code: 429, retryAfter: 1000 }, true, true],
  ["500", { kind: "server-error", code: 500 }, true, false],
  ["500, Retry-After", { kind: "server-error", code: 500, retryAfter: 1000 }, true, true],
  ["501", { kind: "server-error", code: 501 }, false, false],
  ["502", { kind: "unavailable", code: 502 }, true, false],
  ["503", { kind: "unavailable", code: 503 }, true, false],
  ["503, Retry-After", { kind: "unavailable", code: 503, retryAfter: 1000 }, true, true],
  ["504", { kind: "unavailable", code: 504 }, true, false],
  ["504, Retry-After", { kind: "unavailable", code: 504, retryAfter: 1000 }, true, false],
  ["connection broke", { kind: "network" }, true, false],
  ["no connection", { kind: "network", unsent: true }, true, true],
  ["untrusted", { kind: "network", unsent: true, untrusted: true }, true, true],
  ["401", { kind: "unauthorized", code: 401 }, true, true],
  ["no credentials", { kind: "unauthorized" }, false, false],
  ["400", { kind: "bad-request", code: 400 }, false, false],
  ["403", { kind: "forbidden", code: 403 }, false, false],
  ["404", { kind: "not-found", code: 404 }, false, false],
  ["409, exists", { kind: "already-exists", code: 409 }, false, false],
  ["409", { kind: "conflict", code: 409 }, false, false],
  ["409, Retry-After", { kind: "conflict", code: 409, retryAfter: 1000 }, false, false],
  ["410", { kind: "gone", code: 410 }, false, false],
  ["422", { kind: "invalid", code: 422 }, false, false],
  ["deadline", { kind: "deadline" }, false, false],
  ["no JSON", { kind: "protocol", code: 200 }, false, false],
  ["not permitted", { kind: "not-capable", unsent: true }, false, false],
  ["not the leader", { kind: "not-leader", unsent: true }, false, false],
];

for (const [what, failed, repeatable, other] of table) {
  Deno.test(`another attempt after ${what}: ${repeatable}, of a create: ${other}`, () => {
    const again = (repeatable: boolean): boolean =>
      nextAttempt({ ...first, ...failed, repeatable }, half).again;
    assertEquals([again(true), again(false)], [repeatable, other]);
  });
}

Deno.test("every kind of error is in the table", () => {
  assertEquals(new Set(table.map(([, { kind }]) => kind)), new Set(kubeErrorKinds));
});

Deno.test("credentials and authorities are read anew once in a call", () => {
  for (
    const failed of [
      { kind: "unauthorized", code: 401, repeatable: false },
      { kind: "network", unsent: true, untrusted: true, repeatable: true },
    ] as const
  ) {
    assertEquals(nextAttempt({ ...first, ...failed }, half), {
      again: true,
      after: 0,
      refresh: true,
    });
    assertEquals(nextAttempt({ ...failed, attempts: 2, refreshed: true }, half), { again: false });
  }
});

const after = (failed: Partial<FailedAttempt>, random: () => number): number => {
  const next = nextAttempt(
    { ...first, kind: "too-many-requests", repeatable: true, ...failed },
    random,
  );
  assert(next.again);
  return next.after;
};

Deno.test("pauses double up to five seconds, and half of each is drawn", () => {
  const pauses = (random: number): number[] =>
    [1, 2, 3, 6, 7, 50].map((attempts) => after({ attempts }, () => random));
  assertEquals(pauses(1), [100, 200, 400, 3200, 5000, 5000]);
  assertEquals(pauses(0), [50, 100, 200, 1600, 2500, 2500]);
});

Deno.test("a pause is never shorter than the server asks for, nor than its own", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.integer({ min: 1, max: 40 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (retryAfter, attempts, random) => {
      const pause = after({ retryAfter, attempts }, () => random);
      assert(pause >= retryAfter && pause >= after({ attempts }, () => random));
      assert(pause <= Math.max(5000, retryAfter * 1.1));
    },
  ));
});

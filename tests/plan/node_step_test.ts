import { assert, assertEquals, fail } from "@std/assert";
import fc from "fast-check";
import { type Attempt, dueAfter, nextStep, type NodeView } from "../../src/plan/node_step.ts";

const ready: NodeView = {
  baseline: { configDigest: "sha256:a", requestID: "r1" },
  configDigest: "sha256:a",
  held: false,
  notBefore: 0,
  interval: 900_000,
  jitter: 0,
};
const noBaseline = (view: NodeView): NodeView => {
  const { baseline: _, ...rest } = view;
  return rest;
};
const kindOf = (view: NodeView, now: number): string => {
  const step = nextStep(view, now);
  return step.kind === "wait" ? step.why : step.kind === "baseline" ? step.reason : step.kind;
};

Deno.test("a node without a baseline takes one, for whoever asks; else it is its first", () => {
  assertEquals(nextStep(noBaseline(ready), 1), {
    kind: "baseline",
    reason: "first",
    key: "first  sha256:a",
  });
  for (const reason of ["requested", "node-update", "moved-over"] as const) {
    const asked = noBaseline({ ...ready, request: { id: "r9", reason } });
    assertEquals(nextStep(asked, 1), {
      kind: "baseline",
      reason,
      requestID: "r9",
      key: `${reason} r9 sha256:a`,
    });
  }
});

Deno.test("a node with a baseline checks at once after a start, and then at every interval", () => {
  assertEquals(kindOf(ready, 5), "check");
  const last = { key: "check", ended: 1_000 };
  assertEquals(nextStep({ ...ready, last }, 2_000), {
    kind: "wait",
    why: "interval",
    until: 901_000,
  });
  assertEquals(kindOf({ ...ready, last }, 901_000), "check");
});

Deno.test("a hold stops everything, a request too, and has no end of its own", () => {
  const view: NodeView = { ...ready, held: true, request: { id: "r2", reason: "requested" } };
  assertEquals(nextStep(view, 5), { kind: "wait", why: "held" });
});

Deno.test("nothing starts before the initial delay is over", () => {
  const view = noBaseline({ ...ready, notBefore: 60_000 });
  assertEquals(nextStep(view, 59_999), { kind: "wait", why: "initial-delay", until: 60_000 });
  assertEquals(kindOf(view, 60_000), "first");
});

Deno.test("a request is carried out at once and only once", () => {
  const request = { id: "r2", reason: "node-update" as const };
  const last = { key: "check", ended: 1_000 };
  assertEquals(kindOf({ ...ready, request, last }, 1_001), "node-update");
  const done = { configDigest: "sha256:a", requestID: "r2" };
  assertEquals(kindOf({ ...ready, baseline: done, request, last }, 1_001), "interval");
});

Deno.test("a request and a changed configuration are one new baseline", () => {
  const view: NodeView = {
    ...ready,
    configDigest: "sha256:b",
    request: { id: "r2", reason: "requested" },
  };
  assertEquals(kindOf(view, 1), "requested");
  const { request: _, ...changed } = view;
  assertEquals(kindOf(changed, 1), "config-change");
  // It answers what the one before it has answered.
  assertEquals(nextStep({ ...view, request: { id: "r1", reason: "node-update" } }, 1), {
    kind: "baseline",
    reason: "config-change",
    requestID: "r1",
    key: "config-change  sha256:b",
  });
});

Deno.test("a new baseline that failed is tried again after the interval, and at once when it is asked for anew", () => {
  const view: NodeView = { ...ready, configDigest: "sha256:b" };
  const step = nextStep(view, 1);
  if (step.kind !== "baseline") throw new Error(`The step is ${step.kind}`);
  const failed: NodeView = { ...view, last: { key: step.key, ended: 10 } };
  assertEquals(kindOf(failed, 11), "interval");
  assertEquals(kindOf(failed, 900_010), "config-change");
  assertEquals(kindOf({ ...failed, configDigest: "sha256:c" }, 11), "config-change");
  assertEquals(kindOf({ ...failed, request: { id: "r3", reason: "requested" } }, 11), "requested");
});

const views = fc.record({
  baseline: fc.option(
    fc.record({ configDigest: fc.constantFrom("a", "b"), requestID: fc.constantFrom("1", "2") }),
    { nil: undefined },
  ),
  configDigest: fc.constantFrom("a", "b"),
  request: fc.option(
    fc.record({
      id: fc.constantFrom("1", "2", "3"),
      reason: fc.constantFrom("requested" as const, "node-update" as const),
    }),
    { nil: undefined },
  ),
  held: fc.boolean(),
  notBefore: fc.integer({ min: 0, max: 5_000 }),
  interval: fc.integer({ min: 10_000, max: 1_000_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});

Deno.test("property: when nothing stands in the way, a due scan is never waited for", () => {
  fc.assert(fc.property(views, fc.nat(10_000), fc.nat(3_000_000), (view, ended, now) => {
    const last: Attempt = { key: "check", ended };
    const step = nextStep({ ...view, last } as NodeView, now);
    const due = now >= dueAfter(ended, view);
    if (!view.held && now >= view.notBefore && due) assert(step.kind !== "wait");
    if (view.held || now < view.notBefore) assert(step.kind === "wait");
    // Whoever sleeps until the moment that the step names finds work there, and never later than it is due.
    if (step.kind === "wait" && step.until !== undefined) {
      assert(step.until > now);
      assert(step.until <= Math.max(dueAfter(ended, view), view.notBefore));
    }
  }));
});

Deno.test("property: a simulated month leaves no scan out and makes none early", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10_000, max: 3_600_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 60_000 }),
      (interval, jitters, duration) => {
        let now = 0;
        let last: Attempt | undefined;
        for (let turn = 0; turn < 200; turn++) {
          const jitter = jitters[turn % jitters.length] ?? 0;
          const view = { ...ready, interval, jitter, ...(last === undefined ? {} : { last }) };
          let step = nextStep(view, now);
          if (step.kind === "wait") {
            now = step.until ?? fail("No end to a wait between two scans");
            step = nextStep(view, now);
          }
          assertEquals(step.kind, "check");
          if (last !== undefined) {
            assert(now - last.ended >= interval);
            assert(now - last.ended <= interval * 1.1 + 1);
          }
          now += duration;
          last = { key: "check", ended: now };
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("where results were lost, a scan from before does not count", () => {
  const last = { key: "check", ended: 1_000 };
  assertEquals(kindOf({ ...ready, last, lostAt: 1_500 }, 2_000), "check");
  assertEquals(kindOf({ ...ready, last, lostAt: 999 }, 2_000), "interval");
  assertEquals(kindOf({ ...ready, last, lostAt: 1_500, held: true }, 2_000), "held");
});

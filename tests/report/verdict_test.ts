import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ExitMeaning } from "../../src/aide/exit_code.ts";
import type { Unverified } from "../../src/api/node_status.ts";
import type { Counts, Report } from "../../src/report/report.ts";
import { type CheckEvidence, judge, type Verdict } from "../../src/report/verdict.ts";

const zero: Counts = { added: 0, changed: 0, removed: 0 };
const one: Counts = { ...zero, changed: 1 };

function report(over: Partial<Report> = {}): Report {
  return {
    format: "json",
    complete: true,
    aideVersion: "0.19.1",
    outline: "none",
    entries: 1000,
    claimed: zero,
    listed: zero,
    changes: [],
    truncated: false,
    digest: "sha256:0",
    differentAttributes: { total: 0, items: [] },
    faults: [],
    ...over,
  };
}

function differing(counts: Counts, over: Partial<Report> = {}): Report {
  return report({ outline: "differences", claimed: counts, listed: counts, ...over });
}

function evidence(over: Partial<CheckEvidence> = {}): CheckEvidence {
  return {
    exit: { kind: "none" },
    plain: report({ format: "plain" }),
    json: report(),
    stderr: { unverified: { total: 0, items: [] }, errors: [], warnings: [] },
    baselineEntries: 1000,
    ...over,
  };
}

const changedExit: ExitMeaning = {
  kind: "differences",
  added: false,
  changed: true,
  removed: false,
};

const failed = (over: Partial<CheckEvidence> = {}): CheckEvidence =>
  evidence({ exit: changedExit, plain: differing(one), json: differing(one), ...over });

const reasonOf = (verdict: Verdict): string =>
  verdict.condition === "Errored" ? verdict.reason : verdict.condition;

Deno.test("exit 0, two complete reports and nothing unverified is Succeeded", () => {
  assertEquals(judge(evidence()), { condition: "Succeeded" });
});

Deno.test("a complete report of differences is Failed, with its counts", () => {
  const verdict = judge(failed());
  assertEquals(verdict.condition, "Failed");
  assertEquals(verdict.condition === "Failed" && verdict.differences.counts, one);
});

const doubts: { name: string; evidence: CheckEvidence; reason: string }[] = [
  {
    name: "an exit code that is an error",
    evidence: evidence({ exit: { kind: "error", reason: "io-error", message: "no" } }),
    reason: "io-error",
  },
  {
    name: "a killed AIDE, whatever its report says",
    evidence: failed({ exit: { kind: "error", reason: "killed", message: "no" } }),
    reason: "killed",
  },
  {
    name: "a JSON report that stops",
    evidence: evidence({ json: report({ complete: false }) }),
    reason: "report-incomplete",
  },
  {
    name: "a log that stops, although the other report is whole",
    evidence: failed({ plain: differing(one, { complete: false }) }),
    reason: "report-incomplete",
  },
  {
    name: "two reports that disagree",
    evidence: failed({ plain: differing({ ...one, added: 1 }) }),
    reason: "report-contradicts",
  },
  {
    name: "two reports that looked at different numbers of entries",
    evidence: evidence({ plain: report({ entries: 999 }) }),
    reason: "report-contradicts",
  },
  {
    name: "exit 0 with a report of differences",
    evidence: failed({ exit: { kind: "none" } }),
    reason: "report-contradicts",
  },
  {
    name: "exit 4 with a report of none",
    evidence: evidence({ exit: changedExit }),
    reason: "report-contradicts",
  },
  {
    name: "exit 1 with a report of changed files only",
    evidence: failed({
      exit: { kind: "differences", added: true, changed: false, removed: false },
    }),
    reason: "report-contradicts",
  },
  {
    name: "errors on stderr beside exit 0",
    evidence: evidence({
      stderr: { unverified: { total: 0, items: [] }, errors: ["gz"], warnings: [] },
    }),
    reason: "aide-error",
  },
  {
    name: "no entry at all",
    evidence: evidence({
      exit: { kind: "differences", added: false, changed: false, removed: true },
      plain: differing({ ...zero, removed: 1000 }),
      json: differing({ ...zero, removed: 1000 }),
    }),
    reason: "coverage-collapsed",
  },
  {
    name: "less than half of the baseline's entries",
    evidence: evidence({
      exit: { kind: "differences", added: false, changed: false, removed: true },
      plain: differing({ ...zero, removed: 501 }),
      json: differing({ ...zero, removed: 501 }),
    }),
    reason: "coverage-collapsed",
  },
  {
    name: "exit 0 with a path that changed while it was hashed",
    evidence: evidence({
      stderr: {
        unverified: { total: 1, items: [{ path: "/a", reason: "changed-while-hashed" }] },
        errors: [],
        warnings: [],
      },
    }),
    reason: "unverified",
  },
  {
    name: "exit 0 with different attributes that no list explains",
    evidence: evidence({
      json: report({
        differentAttributes: { total: 1, items: [{ path: "/a", attributes: "+sha512" }] },
      }),
    }),
    reason: "unverified",
  },
];

for (const { name, evidence, reason } of doubts) {
  Deno.test(`Errored, never Succeeded: ${name}`, () => {
    assertEquals(reasonOf(judge(evidence)), reason);
  });
}

Deno.test("removing a few of the entries is Failed, not a collapse", () => {
  const removed = { ...zero, removed: 500 };
  const verdict = judge(evidence({
    exit: { kind: "differences", added: false, changed: false, removed: true },
    plain: differing(removed),
    json: differing(removed),
  }));
  assertEquals(verdict.condition, "Failed");
});

Deno.test("a path whose type changed is listed as changed, so its lost attributes are no gap", () => {
  const json = differing(one, {
    changes: [{ path: "/typ", kind: "changed", attributes: [] }],
    differentAttributes: { total: 1, items: [{ path: "/typ", attributes: "-sha512" }] },
  });
  const verdict = judge(failed({ json }));
  assertEquals(verdict.condition === "Failed" && verdict.unverified.total, 0);
});

Deno.test("a path that stderr and report both name counts once", () => {
  const items: Unverified[] = [{ path: "/a", reason: "changed-while-hashed" }];
  const verdict = judge(evidence({
    json: report({
      differentAttributes: { total: 1, items: [{ path: "/a", attributes: "-sha512" }] },
    }),
    stderr: { unverified: { total: 1, items }, errors: [], warnings: [] },
  }));
  assertEquals(verdict.condition === "Errored" && verdict.unverified, { total: 1, items });
});

Deno.test("an Errored verdict carries AIDE's own words", () => {
  const verdict = judge(evidence({
    exit: { kind: "error", reason: "config-error", message: "AIDE refused the configuration" },
    stderr: { unverified: { total: 0, items: [] }, errors: ["line 7: no"], warnings: [] },
  }));
  assertStringIncludes(verdict.condition === "Errored" ? verdict.message : "", "line 7: no");
});

Deno.test("property: whatever single thing is wrong, Succeeded is not the verdict", () => {
  const counts = fc.record({ added: fc.nat(3), changed: fc.nat(3), removed: fc.nat(3) });
  fc.assert(fc.property(
    counts,
    counts,
    fc.integer({ min: 0, max: 7 }),
    fc.boolean(),
    fc.boolean(),
    fc.nat(2),
    fc.nat(2),
    (jsonCounts, plainCounts, bits, jsonComplete, plainComplete, unverified, errors) => {
      const make = (all: Counts, complete: boolean): Report => {
        const some = all.added + all.changed + all.removed > 0;
        return report({
          outline: some ? "differences" : "none",
          claimed: all,
          listed: all,
          complete,
        });
      };
      const verdict = judge(evidence({
        exit: bits === 0 ? { kind: "none" } : {
          kind: "differences",
          added: (bits & 1) > 0,
          removed: (bits & 2) > 0,
          changed: (bits & 4) > 0,
        },
        json: make(jsonCounts, jsonComplete),
        plain: make(plainCounts, plainComplete),
        stderr: {
          unverified: {
            total: unverified,
            items: Array.from({ length: unverified }, (_, at): Unverified => ({
              path: `/${at}`,
              reason: "unreadable",
            })),
          },
          errors: Array.from({ length: errors }, () => "no"),
          warnings: [],
        },
      }));
      const clean = bits === 0 && jsonComplete && plainComplete && unverified === 0 &&
        errors === 0 && [jsonCounts, plainCounts].every((all) =>
          make(all, true).outline === "none"
        );
      assertEquals(verdict.condition === "Succeeded", clean);
      if (verdict.condition === "Failed") assertEquals(verdict.differences.counts, jsonCounts);
    },
  ));
});

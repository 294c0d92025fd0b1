import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { retryAfter } from "../../src/kube/retry_after.ts";

const now = Date.parse("2026-11-24T08:49:30Z");

Deno.test("Retry-After is in seconds, or a date", () => {
  const cases: [string | null, number | undefined][] = [
    ["0", 0],
    ["1", 1000],
    [" 120 ", 120_000],
    ["Tue, 24 Nov 2026 08:49:37 GMT", 7000],
    ["Tuesday, 24-Nov-26 08:49:37 GMT", 7000],
    ["Tue Nov 24 08:49:37 2026", 7000],
    ["Tue, 24 Nov 2026 08:49:00 GMT", 0],
    [null, undefined],
    ["", undefined],
    ["soon", undefined],
    ["1.5", undefined],
    ["-1", undefined],
    ["1e3", undefined],
    ["99999999999999999999", undefined],
    ["2026-11-24", undefined],
    ["Tue, 99 Nov 2026 08:49:37 GMT", undefined],
  ];
  for (const [header, expected] of cases) {
    assertEquals(retryAfter(header, now), expected, `${header}`);
  }
});

Deno.test("no header makes a wait that is no number of milliseconds", () => {
  fc.assert(fc.property(fc.string(), (header) => {
    const wait = retryAfter(header, now);
    assert(wait === undefined || Number.isFinite(wait) && wait >= 0);
  }));
});

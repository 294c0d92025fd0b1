import { assertEquals, assertNotEquals } from "@std/assert";
import type { Unverified } from "../../src/api/node_status.ts";
import { afterLook, concludeRecheck, startRecheck } from "../../src/report/recheck.ts";
import type { Differences, Verdict } from "../../src/report/verdict.ts";

const changing = (...paths: string[]): Unverified[] =>
  paths.map((path) => ({ path, reason: "changed-while-hashed" }));

const unverified = (items: Unverified[], total = items.length): Verdict => ({
  condition: "Errored",
  reason: "unverified",
  message: "",
  unverified: { total, items },
});

const differences = (path: string): Differences => ({
  counts: { added: 0, changed: 1, removed: 0 },
  items: [{ path, kind: "changed", attributes: [] }],
  truncated: false,
  digest: `sha256:${path}`,
});

const failed = (path: string, still: Unverified[] = []): Verdict => ({
  condition: "Failed",
  differences: differences(path),
  unverified: { total: still.length, items: still },
});

Deno.test("only paths that changed while they were hashed are looked at again", () => {
  assertEquals(startRecheck(unverified(changing("/a"))).pending, changing("/a"));
  assertEquals(startRecheck({ condition: "Succeeded" }).pending, []);
  assertEquals(startRecheck(failed("/a", changing("/b"))).pending, []);
  assertEquals(startRecheck(unverified([{ path: "/a", reason: "unreadable" }])).pending, []);
  assertEquals(startRecheck(unverified(changing("/a"), 2)).pending, []);
});

Deno.test("a path that is quiet and unchanged at the second look clears the doubt", () => {
  const recheck = afterLook(startRecheck(unverified(changing("/a"))), { condition: "Succeeded" });
  assertEquals(concludeRecheck(recheck), { condition: "Succeeded" });
});

Deno.test("a path that turns out to differ makes the scan Failed, with that look's digest", () => {
  const recheck = afterLook(startRecheck(unverified(changing("/a"))), failed("/a"));
  const verdict = concludeRecheck(recheck);
  assertEquals(verdict, failed("/a"));
});

Deno.test("a path that changes during every look is a changed path", () => {
  let recheck = startRecheck(unverified(changing("/a", "/b")));
  recheck = afterLook(recheck, failed("/b", changing("/a")));
  recheck = afterLook(recheck, unverified(changing("/a")));
  const verdict = concludeRecheck(recheck);
  assertEquals(verdict.condition, "Failed");
  if (verdict.condition !== "Failed") return;
  assertEquals(verdict.differences.counts, { added: 0, changed: 2, removed: 0 });
  assertEquals(verdict.differences.items.map(({ path }) => path), ["/b", "/a"]);
  assertEquals(verdict.unverified.items, changing("/a"));
});

Deno.test("equal outcomes have equal digests and different ones do not", () => {
  const end = (...looks: Verdict[]): string => {
    const start = startRecheck(unverified(changing("/a", "/b")));
    const verdict = concludeRecheck(looks.reduce(afterLook, start));
    return verdict.condition === "Failed" ? verdict.differences.digest : "";
  };
  assertEquals(end(unverified(changing("/a"))), end(unverified(changing("/a"))));
  assertNotEquals(end(unverified(changing("/a"))), end(unverified(changing("/b"))));
  assertNotEquals(end(failed("/a")), end(failed("/a", changing("/b"))));
});

Deno.test("a look that fails otherwise is the verdict", () => {
  const broken: Verdict = { condition: "Errored", reason: "killed", message: "" };
  const recheck = afterLook(startRecheck(unverified(changing("/a"))), broken);
  assertEquals(concludeRecheck(recheck), broken);
});

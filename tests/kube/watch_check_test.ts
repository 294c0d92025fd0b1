import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { WatchCheck } from "../../src/kube/watch_check.ts";

interface Write {
  key: string;
  /** Undefined for a deletion. */
  version: string | undefined;
}

const keys = ["a", "b", "c"];
const writes = fc.array(
  fc.record({ key: fc.constantFrom(...keys), deleted: fc.boolean() }),
  { maxLength: 20 },
).map((all) =>
  all.map(({ key, deleted }, at): Write => ({ key, version: deleted ? undefined : `v${at}` }))
);

function stateAfter(all: readonly Write[]): Map<string, string> {
  const state = new Map<string, string>();
  for (const { key, version } of all) {
    if (version === undefined) state.delete(key);
    else state.set(key, version);
  }
  return state;
}

/**
 * The watch has told `before` writes when the list is asked for, the list shows what was after `listed` of them, and
 * has told `between` when the list is complete. `lost` writes are never told.
 */
function check(
  all: readonly Write[],
  at: { before: number; listed: number; between: number },
  lost: ReadonlySet<number>,
): { open: number; missed: number } {
  const told = all.map((write, at) => ({ ...write, lost: lost.has(at) }));
  const state = stateAfter(told.slice(0, at.before).filter((one) => !one.lost));
  const check = new WatchCheck();
  const tell = (from: number, to: number): void => {
    for (const { key, version, lost } of told.slice(from, to)) {
      if (lost) continue;
      const before = state.get(key);
      if (version === undefined) state.delete(key);
      else state.set(key, version);
      if (before !== version) check.tell(key, before, version);
    }
  };
  const listed = stateAfter(all.slice(0, at.listed));
  tell(at.before, at.between);
  check.compare(listed, state);
  tell(at.between, all.length);
  // Missed is what the list shows and nothing that was told since the list was asked for.
  const initial = stateAfter(told.slice(0, at.before).filter((one) => !one.lost));
  const missed = keys.filter((key) => {
    const versions = new Set([initial.get(key)]);
    for (const one of told.slice(at.before)) {
      if (one.key === key && !one.lost) versions.add(one.version);
    }
    return !versions.has(listed.get(key));
  });
  return { open: check.open, missed: missed.length };
}

const place = (length: number) =>
  fc.tuple(fc.nat(length), fc.nat(length), fc.nat(length), fc.boolean()).map(
    ([first, second, third, swap]) => {
      const [before = 0, one = 0, other = 0] = [first, second, third].sort((a, b) => a - b);
      return { before, listed: swap ? other : one, between: swap ? one : other };
    },
  );

Deno.test("a watch that tells everything, sooner or later than the list, has missed nothing", () => {
  fc.assert(fc.property(
    writes.chain((all) => fc.tuple(fc.constant(all), place(all.length))),
    ([all, at]) => assertEquals(check(all, at, new Set()).open, 0),
  ));
});

Deno.test("what a watch never tells stays open, and nothing else does", () => {
  let found = 0;
  fc.assert(
    fc.property(
      writes.chain((all) =>
        fc.tuple(
          fc.constant(all),
          place(all.length),
          fc.uniqueArray(fc.nat(Math.max(all.length, 1))),
        )
      ),
      ([all, at, lost]) => {
        const { open, missed } = check(all, at, new Set(lost));
        assertEquals(open, missed);
        found += missed;
      },
    ),
    { numRuns: 500 },
  );
  assert(found > 0);
});

Deno.test("settled resolves when the last open object is told", async () => {
  const check = new WatchCheck();
  let settled = false;
  void check.settled.then(() => settled = true);
  check.compare(new Map([["a", "v2"], ["b", "v1"]]), new Map([["a", "v1"], ["c", "v1"]]));
  assertEquals(check.open, 3);
  check.tell("a", "v1", "v2");
  check.tell("b", undefined, "v1");
  await Promise.resolve();
  assertEquals([settled, check.open], [false, 1]);
  check.tell("c", "v1", undefined);
  await check.settled;
  assertEquals(settled, true);
});

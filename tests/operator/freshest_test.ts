import { assertEquals } from "@std/assert";
import { Freshest } from "../../src/operator/freshest.ts";

interface Thing {
  metadata: { uid?: string; resourceVersion?: string; deletionTimestamp?: string };
}

const thing = (resourceVersion: string, uid = "uid", more = {}): Thing => ({
  metadata: { uid, resourceVersion, ...more },
});

/** A cache that hears when the test says so, and what stands beside it. */
function world(): {
  cache: { version?: string; syncedAt?: number };
  clock: { time: number; monotonic(): number };
  fresh: Freshest<Thing>;
} {
  const cache: { version?: string; syncedAt?: number } = { version: "1", syncedAt: 0 };
  const clock = { time: 0, monotonic: () => clock.time };
  const fresh = new Freshest<Thing>(cache as Required<typeof cache>, clock);
  return { cache, clock, fresh };
}

Deno.test("freshest: what was written holds until the cache has heard of it", () => {
  const { cache, fresh } = world();
  const [old, own] = [thing("1"), thing("3")];
  assertEquals(fresh.of("x", old), old);
  fresh.wrote("x", own);
  assertEquals(fresh.of("x", old), own);
  cache.version = "3";
  const heard = thing("3");
  assertEquals(fresh.of("x", heard), heard);
  cache.version = "4";
  assertEquals(fresh.of("x", undefined), undefined);
});

Deno.test("freshest: it holds over several writes, and those of others in between", () => {
  const { cache, fresh } = world();
  const old = thing("1");
  fresh.wrote("x", thing("3"));
  const own = thing("5");
  fresh.wrote("x", own);
  assertEquals(fresh.of("x", old), own);
  for (const version of ["2", "3", "4"]) {
    cache.version = version;
    assertEquals(fresh.of("x", thing(version)), own, version);
  }
  cache.version = "6";
  assertEquals(fresh.of("x", thing("6")), thing("6"));
});

Deno.test("freshest: an object that was made and is gone before the cache ever had it is gone", () => {
  const { cache, clock, fresh } = world();
  clock.time = 1;
  fresh.wrote("x", thing("3"));
  assertEquals(fresh.of("x", undefined), thing("3"));
  cache.version = "9"; // both were told between two looks
  assertEquals(fresh.of("x", undefined), undefined);

  fresh.wrote("y", thing("12"));
  clock.time = 2;
  cache.syncedAt = 2; // versions began anew, in a store that was put back
  cache.version = "10";
  assertEquals(fresh.of("y", undefined), undefined);
});

Deno.test("freshest: what was deleted is gone, whatever the cache still hears of it", () => {
  const { cache, fresh } = world();
  fresh.deleted("x", "uid");
  for (const version of ["1", "2"]) {
    cache.version = version;
    assertEquals(fresh.of("x", thing(version)), undefined);
  }
  assertEquals(fresh.of("x", thing("3", "another")), thing("3", "another"));
  fresh.deleted("x", "another");
  const kept = thing("4", "another", { deletionTimestamp: "2026-01-01T00:00:00Z" });
  assertEquals(fresh.of("x", kept), kept);
  fresh.deleted("x", "another");
  assertEquals(fresh.of("x", undefined), undefined);
});

Deno.test("freshest: objects that the cache has not heard of are given beside its own", () => {
  const { cache, fresh } = world();
  fresh.wrote("made", thing("3"));
  fresh.wrote("patched", thing("4"));
  fresh.deleted("deleted", "uid");
  const made = (): Thing[] => [...fresh.made((key) => key !== "made")];
  assertEquals(made(), [thing("3")]);
  assertEquals(fresh.of("deleted", thing("1")), undefined); // the cache still had it
  cache.version = "3";
  assertEquals(made(), []);
});

Deno.test("freshest: where versions are no numbers, the cache is right", () => {
  const { fresh } = world();
  fresh.wrote("x", thing("b"));
  assertEquals(fresh.of("x", thing("a")), thing("a"));
});

Deno.test("freshest: what was written last is known, heard of or not, until it is asked for", () => {
  const { cache, fresh } = world();
  assertEquals(fresh.lastWritten("x"), undefined);
  fresh.wrote("x", thing("3"));
  cache.version = "3";
  assertEquals(fresh.lastWritten("x"), thing("3"));
  fresh.of("x", thing("3"));
  assertEquals(fresh.lastWritten("x"), undefined);
});

Deno.test("freshest: of what was deleted and is gone nothing is kept, however many come and go", () => {
  const { fresh } = world();
  fresh.deleted("x", "uid");
  assertEquals([...fresh.made(() => false)], []);
  // Whatever is there by that name now is another look's matter.
  assertEquals(fresh.of("x", thing("1")), thing("1"));
});

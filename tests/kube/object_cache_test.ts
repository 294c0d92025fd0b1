import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type CacheEntry, type Change, ObjectCache } from "../../src/kube/object_cache.ts";

const entry = fc.record({
  uid: fc.constantFrom("u1", "u2"),
  version: fc.constantFrom("v1", "v2"),
}).map(({ uid, version }): CacheEntry<string> => ({ uid, version, object: `${uid}/${version}` }));
const key = fc.constantFrom("a", "b", "c");
const step = fc.oneof(
  fc.record({ do: fc.constant("put" as const), key, entry }),
  fc.record({ do: fc.constant("remove" as const), key, entry }),
  fc.record({ do: fc.constant("replace" as const), all: fc.array(fc.tuple(key, entry)) }),
);

function apply(told: Map<string, string>, changes: readonly Change<string>[]): void {
  for (const { key, type, object, previous } of changes) {
    assertEquals(told.get(key), previous);
    assertEquals(type === "added", previous === undefined);
    if (type === "deleted") told.delete(key);
    else told.set(key, object);
    if (type === "modified") assertEquals(object.split("/")[0], previous?.split("/")[0]);
  }
}

Deno.test("the changes told, applied to nothing, give the cache", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const cache = new ObjectCache<string>();
    const told = new Map<string, string>();
    const truth = new Map<string, string>();
    for (const step of steps) {
      if (step.do === "put") {
        apply(told, cache.put(step.key, step.entry));
        truth.set(step.key, step.entry.object);
      } else if (step.do === "remove") {
        if (truth.get(step.key)?.startsWith(step.entry.uid ?? "")) truth.delete(step.key);
        apply(told, cache.remove(step.key, step.entry));
      } else {
        apply(told, cache.replace(new Map(step.all)));
        truth.clear();
        for (const [key, { object }] of step.all) truth.set(key, object);
      }
      assertEquals(told, truth);
      assertEquals(new Map([...cache.entries()].map(([key, { object }]) => [key, object])), truth);
      assertEquals(cache.size, truth.size);
    }
  }));
});

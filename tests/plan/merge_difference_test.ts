import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mergeAddition, mergeDifference, sameValue } from "../../src/plan/merge_difference.ts";
import { mergePatched } from "./model_cluster.ts";

// A merge patch has no word for the value null, and the API server none for a field with it.
const { tree: group } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
  tree: fc.dictionary(
    fc.constantFrom("a", "b", "c"),
    fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>("x", "y", 1, true, false, 0, ""),
      fc.array(fc.constantFrom(1, "z"), { maxLength: 2 }),
      tie("tree"),
    ),
    { maxKeys: 3 },
  ),
}));

Deno.test("merge difference: the patch makes what is wanted of what is there, and nothing else", () => {
  fc.assert(
    fc.property(group, group, (live, wanted) => {
      const patch = mergeDifference(live, wanted);
      assertEquals(patch === undefined, sameValue(live, wanted));
      assertEquals(sameValue(mergePatched(live, patch ?? {}), wanted), true);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("merge difference: what is as wanted is in no patch", () => {
  assertEquals(mergeDifference({ a: { b: 1, c: [1] } }, { a: { b: 1, c: [1] } }), undefined);
  assertEquals(mergeDifference({ a: { b: 1, c: [1] } }, { a: { b: 2, c: [1] } }), { a: { b: 2 } });
  assertEquals(mergeDifference({ a: 1, b: 2 }, { a: 1 }), { b: null });
  assertEquals(mergeDifference({ a: null, b: undefined }, {}), undefined);
  assertEquals(mergeDifference({ a: [1, 2] }, { a: [1] }), { a: [1] });
});

Deno.test("merge addition: wanted fields come, the others stay", () => {
  fc.assert(
    fc.property(group, group, (live, wanted) => {
      const patched = mergePatched(live, mergeAddition(live, wanted) ?? {});
      assertEquals(mergeAddition(patched as Record<string, unknown>, wanted), undefined);
      for (const [key, value] of Object.entries(live)) {
        if (!(key in wanted)) assertEquals((patched as Record<string, unknown>)[key], value);
      }
    }),
    { numRuns: 2000 },
  );
  assertEquals(mergeAddition({ a: { x: "1", y: "2" } }, { a: { y: null } }), { a: { y: null } });
  assertEquals(mergeAddition({ a: { x: "1" } }, { a: { y: null } }), undefined);
});

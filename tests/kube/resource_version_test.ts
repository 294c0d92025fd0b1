import { assertEquals } from "@std/assert";
import { isAsNewAs } from "../../src/kube/resource_version.ts";

Deno.test("resource versions: they are compared as numbers, however long", () => {
  assertEquals(isAsNewAs("10", "9"), true);
  assertEquals(isAsNewAs("9", "10"), false);
  assertEquals(isAsNewAs("10", "10"), true);
  assertEquals(isAsNewAs("90071992547409931", "90071992547409930"), true);
  assertEquals(isAsNewAs("90071992547409930", "90071992547409931"), false);
});

Deno.test("resource versions: nothing is said of those that are no numbers", () => {
  for (
    const [one, other] of [["a", "1"], ["1", "a"], ["01", "1"], ["", "1"], ["-1", "1"]] as const
  ) {
    assertEquals(isAsNewAs(one, other), undefined, `${one} and ${other}`);
  }
  assertEquals(isAsNewAs(undefined, "1"), undefined);
});

import { assertEquals } from "@std/assert";
import { ByteNames } from "../../src/base/byte_names.ts";

Deno.test("Names are looked up once each, in any order", () => {
  const asked: string[] = [];
  const names = new ByteNames((name) => {
    asked.push(name);
    return name.startsWith("x") ? undefined : name.length;
  });
  const get = (text: string): number | undefined => {
    const bytes = new TextEncoder().encode(`..${text}..`);
    return names.get(bytes, 2, 2 + text.length);
  };
  assertEquals(["a", "bb", "a", "ab", "bb", "a", "xx", "xx"].map(get), [
    1,
    2,
    1,
    2,
    2,
    1,
    undefined,
    undefined,
  ]);
  assertEquals(asked, ["a", "bb", "ab", "xx", "xx"]);
  assertEquals(get("y".repeat(65)), undefined);
});

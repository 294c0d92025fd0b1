import { assert, assertEquals } from "@std/assert";
import { convertConfig } from "../../src/aide/convert.ts";

// Each folder holds a text and what it is refused for, as "line reason".
const folder = new URL("hostile/", import.meta.url);

Deno.test("hostile configurations are refused, with the line", async () => {
  let count = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(new URL(`${name}/aide.conf`, folder));
    const expected = await Deno.readTextFile(new URL(`${name}/expected.txt`, folder));
    const { faults } = convertConfig(text);
    assertEquals(
      faults.map(({ line, reason }) => `${line} ${reason}\n`).join(""),
      expected,
      name,
    );
    for (const { message } of faults) assert(message.length < 400, name);
    count++;
  }
  assert(count >= 25, `only ${count} folders`);
});

Deno.test("texts that are too large are refused before they are read", () => {
  const large = convertConfig("#".repeat(1024 * 1024 + 1));
  assertEquals(large.faults.map(({ line, reason }) => `${line} ${reason}`), ["1 too-large"]);
  const wide = convertConfig("é".repeat(600 * 1024)); // 1.2 MB in UTF-8
  assertEquals(wide.faults.map(({ reason }) => reason), ["too-large"]);
  const long = convertConfig(`/etc p\n/${"a".repeat(8192)} p\n`);
  assertEquals(long.faults.map(({ line, reason }) => `${line} ${reason}`), ["2 line-too-long"]);
});

Deno.test("macros can't grow without bound", () => {
  const doubling = ["@@define A0 aaaaaaaa"];
  for (let n = 1; n < 60; n++) doubling.push(`@@define A${n} @@{A${n - 1}}@@{A${n - 1}}`);
  const { faults } = convertConfig([...doubling, "/@@{A59}/x p", ""].join("\n"));
  assertEquals(faults.map(({ line, reason }) => `${line} ${reason}`), ["61 unresolved-macro"]);
});

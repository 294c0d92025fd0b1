import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { withStableNames } from "../../src/build/stable_names.ts";

const bundle = (scan: string, chunk: string, of = "1"): Map<string, string> =>
  new Map([
    ["main.js", `import("./scan-${scan}.js");import"./chunk-${chunk}.js";`],
    [`scan-${scan}.js`, `import"./chunk-${chunk}.js";main("./main.js")`],
    [`chunk-${chunk}.js`, `export const a=${of};import("./scan-${scan}.js")`], // in a circle
  ]);

Deno.test("stable names: the same files have the same names, whatever the bundler called them", () => {
  const one = withStableNames(bundle("AAAAAAAA", "BBBBBBBB"));
  const other = withStableNames(bundle("BBBBBBBB", "AAAAAAAA"));
  assertEquals([...one].sort(), [...other].sort());
  assertEquals(one.size, 3);
});

Deno.test("stable names: they are named where they are, and main.js keeps its name", () => {
  const renamed = withStableNames(bundle("AAAAAAAA", "BBBBBBBB"));
  const names = [...renamed.keys()].sort();
  assertMatch(names.join(" "), /^chunk-[0-9A-F]{8}\.js main\.js scan-[0-9A-F]{8}\.js$/);
  for (const text of renamed.values()) {
    for (const [, name] of text.matchAll(/"\.\/([^"]+)"/g)) assert(names.includes(name!), name);
  }
});

Deno.test("stable names: a change goes into the names of all that lead to it", () => {
  const before = [...withStableNames(bundle("AAAAAAAA", "BBBBBBBB")).keys()];
  const after = [...withStableNames(bundle("AAAAAAAA", "BBBBBBBB", "2")).keys()];
  for (const [at, name] of before.entries()) {
    if (name !== "main.js") assertNotEquals(name, after[at]);
  }
});

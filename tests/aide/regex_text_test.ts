import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { makeTree, selectedPaths, testedAides, withDirectory } from "./run_aide.ts";
import { groupAlternatives, neverReached, regexShape } from "../../src/aide/regex_text.ts";

Deno.test("regexShape sees through escapes, classes and quotes", () => {
  const cases: [string, boolean, boolean][] = [
    ["/a", false, false],
    ["/a|b", true, false],
    ["/(a|b)", false, false],
    ["/[a|b]", false, false],
    ["/[]|]", false, false],
    ["/[^]|]", false, false],
    ["/[[:alpha:]|]", false, false],
    ["/[\\]|]", false, false],
    ["/a\\|b", false, false],
    ["/\\Qa|b(\\E|c", true, false],
    ["/\\Qa|b", false, false],
    ["/((a)|b", false, true],
    ["/a)", false, true],
    ["/[a", false, true],
    ["/[[:alpha:]", false, true],
    ["/a\\", false, true],
  ];
  for (const [regex, alternation, faulty] of cases) {
    const shape = regexShape(regex);
    assertEquals([shape.alternation, shape.fault !== undefined], [alternation, faulty], regex);
  }
});

Deno.test("groupAlternatives gives the alternatives of a plain group", () => {
  assertEquals(groupAlternatives("(/a|/b(c|d))x", 0), { alternatives: ["/a", "/b(c|d)"], end: 12 });
  assertEquals(groupAlternatives("(?:/a|[|)])", 0), { alternatives: ["/a", "[|)]"], end: 11 });
  assertEquals(groupAlternatives("(?=/a)", 0), undefined);
  assertEquals(groupAlternatives("(*VERB)", 0), undefined);
  assertEquals(groupAlternatives("(/a", 0), undefined);
});

// Each pattern matches the path behind it, by PCRE's rules.
const unreachable = [
  ["/a.+/b", "/axy/b"],
  ["/a{1}/b", "/a/b"],
  ["/caf\\xC3\\xA9/b", "/café/b"],
  ["/n\\d/b", "/n1/b"],
] as const;
const reachable = [
  ["/a.d/b", "/a.d/b"],
  ["/a/.+", "/a/b"],
  ["/a(.+)/b", "/axy/b"],
  ["/a.*/b", "/axy/b"],
  ["/[n]\\d/b", "/n1/b"],
  ["/a/b{1}", "/a/b"],
  ["/a\\/b", "/a/b"],
  ["/a\\.d/b", "/a.d/b"],
] as const;

Deno.test("neverReached finds rules that AIDE files under a name that no directory has", () => {
  const never = unreachable.map(([regex]) => regex);
  for (const regex of [...never, "/a|/b"]) {
    assertEquals(neverReached(regex), true, regex);
  }
  for (const [regex] of reachable) assertEquals(neverReached(regex), false, regex);
});

Deno.test("neverReached agrees with AIDE", async () => {
  const tree = [...unreachable, ...reachable].map(([, path]) => path.slice(1));
  await withDirectory(async (directory) => {
    await makeTree(`${directory}/root`, [...new Set(tree)]);
    for (const aide of await testedAides()) {
      for (const [regex, path] of [...unreachable, ...reachable]) {
        const selected = await selectedPaths(aide, directory, `${regex} p\n`);
        assertEquals(selected.includes(path), !neverReached(regex), `${aide.version} ${regex}`);
      }
    }
  });
});

Deno.test("regexShape ends on every string", () => {
  fc.assert(fc.property(fc.stringMatching(/^[a/()[\]|\\?*+^$:{}QE]*$/), (regex) => {
    regexShape(regex);
    groupAlternatives(regex, 0);
    neverReached(regex);
  }));
});

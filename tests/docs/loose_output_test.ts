import { assertEquals } from "@std/assert";
import { missingLine } from "./loose_output.ts";
import { sessionOf } from "./session.ts";

Deno.test("documents: what is another one each time may differ, and nothing else", () => {
  const fits: [string[], string][] = [
    [["NAME   AGE", "worker   14s"], "NAME     AGE\nworker   2m31s\n"],
    [["at 2026-11-25T17:23:07Z"], "at 2020-01-01T00:00:00Z"],
    [["63 entries, a:0,c:1"], "1204 entries, a:0,c:1"],
    [["sha256:12ab…"], `sha256:${"0".repeat(64)}`],
    [["a", "…", "d"], "a\nb\nc\nd"],
    [["…", "d"], "d"],
    [["a", "…"], "a\nb"],
    [["log:/tmp/test-…/x"], "log:/tmp/test-12/x"],
    [["a"], "\n  a  \n\n"],
  ];
  for (const [shown, output] of fits) assertEquals(missingLine(shown, output), undefined, output);
  const differs: [string[], string, string][] = [
    [["a"], "b", "a"],
    [["a"], "a\nb", "the end, in place of: b"],
    [["a", "b"], "a", "b"],
    [["worker-1 Failed"], "worker-2 Failed", "worker-1 Failed"],
    [["63 entries, a:0,c:1"], "63 entries, a:0,c:2", "63 entries, a:0,c:1"],
    [["3 nodes"], "4 nodes", "3 nodes"],
    [["v1.36"], "v1.37", "v1.36"],
    [["a", "…", "d"], "a\nb", "d"],
  ];
  for (const [shown, output, missing] of differs) {
    assertEquals(missingLine(shown, output), missing, output);
  }
});

Deno.test("documents: a block is taken apart into commands and what they say", () => {
  const text = "$ one   # a remark\nsaid\n$ two \\\n  --more\n$ three\n…\n";
  assertEquals(sessionOf({ language: "console", text }), [
    { command: "one", shown: ["said"] },
    { command: "two \\\n  --more", shown: [] },
    { command: "three", shown: ["…"] },
  ]);
  assertEquals(sessionOf({ language: "sh", text: "a\nb\n" }), [
    { command: "a\nb\n", shown: [] },
  ]);
});

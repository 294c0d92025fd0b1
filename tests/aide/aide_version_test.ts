import { assertEquals } from "@std/assert";
import { atLeast, parseAideVersion } from "../../src/aide/aide_version.ts";
import { testedAides } from "./run_aide.ts";

Deno.test("parseAideVersion reads what old and new versions print", () => {
  const cases: [string, string | undefined][] = [
    ["Aide 0.16.2\n\nCompiled with the following options:\n", "0.16.2"],
    ["AIDE 0.18.3\n\nCompile-time options:\n", "0.18.3"],
    ["AIDE 0.19\n", "0.19"],
    ["AIDE 0.19.1-rc1\n", "0.19.1-rc1"],
    ["warning: something\nAIDE 0.19.1\n", "0.19.1"],
    ["bash: aide: command not found\n", undefined],
    ["AIDE found differences between database and filesystem!!\n", undefined],
    ["", undefined],
  ];
  for (const [output, text] of cases) assertEquals(parseAideVersion(output)?.text, text, output);
  assertEquals(parseAideVersion("AIDE 0.19"), { major: 0, minor: 19, patch: 0, text: "0.19" });
});

Deno.test("parseAideVersion agrees with the installed programs", async () => {
  for (const aide of await testedAides()) assertEquals(aide.parsed.text, aide.version);
});

Deno.test("atLeast compares as numbers", () => {
  const version = parseAideVersion("AIDE 0.9.3") ?? { major: 9, minor: 9, patch: 9, text: "" };
  assertEquals(atLeast(version, 0, 18), false);
  assertEquals(atLeast(version, 0, 9), true);
  assertEquals(atLeast({ ...version, major: 1, minor: 0 }, 0, 18), true);
});

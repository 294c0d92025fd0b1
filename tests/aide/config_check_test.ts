import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseConfigErrors } from "../../src/aide/config_check.ts";
import { checkConfig, testedAides } from "./run_aide.ts";

Deno.test("parseConfigErrors takes lines and columns out of AIDE's words", () => {
  const cases: [string, ReturnType<typeof parseConfigErrors>][] = [
    ["  ERROR: a.conf:12: group 'X' is not defined (line: '/etc X')\n", [
      { line: 12, message: "group 'X' is not defined (line: '/etc X')" },
    ]],
    ["  ERROR: /x:7/a.conf:1:4: error in rule '/a(b': missing closing parenthesis\n", [
      { line: 1, column: 4, message: "error in rule '/a(b': missing closing parenthesis" },
    ]],
    ["WARNING: a.conf:1: deprecated\n  ERROR: missing 'database_out'\n", [
      { message: "missing 'database_out'" },
    ]],
    ["12:Error in expression:TIGERS\n", [{ line: 12, message: "Error in expression:TIGERS" }]],
    ["", []],
  ];
  for (const [stderr, errors] of cases) assertEquals(parseConfigErrors(stderr), errors);
});

Deno.test("parseConfigErrors takes no more than it can use", () => {
  const errors = parseConfigErrors(`ERROR: a:1: ${"x".repeat(5000)}\n`.repeat(500));
  assertEquals(errors.length, 100);
  assertEquals(errors[0]?.message.length, 2000);
});

Deno.test("parseConfigErrors finds the line that AIDE means", async () => {
  for (const aide of await testedAides()) {
    const undefinedGroup = await checkConfig(aide, "# one\n/etc p\n/usr NOGROUP\n");
    assertEquals(parseConfigErrors(undefinedGroup.stderr)[0]?.line, 3);
    const regex = await checkConfig(aide, "/etc p\n/a(b p\n");
    const [error] = parseConfigErrors(regex.stderr);
    assertEquals([error?.line, error?.column], [2, 4]);
    assertStringIncludes(error?.message ?? "", "missing closing parenthesis");
    assertEquals(parseConfigErrors((await checkConfig(aide, "/etc p\n")).stderr), []);
  }
});

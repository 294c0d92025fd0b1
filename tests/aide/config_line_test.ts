import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseConfigLine } from "../../src/aide/config_line.ts";
import { escapeString, stringParts } from "../../src/aide/config_string.ts";

/** The parts of a line as text, in their order. */
function parts(line: string): string {
  const parsed = parseConfigLine(line);
  const texts = Object.entries(parsed).filter(([name]) => name !== "kind" && name !== "message")
    .map(([name, span]) => `${name}=${(span as { text: string }).text}`);
  return [parsed.kind, ...texts].join("|");
}

Deno.test("parseConfigLine takes lines of all dialects apart", () => {
  const cases: [string, string][] = [
    ["", "blank"],
    [" \t ", "blank"],
    ["  # text", "comment"],
    ["/etc p+u", "rule|sign=|regex=/etc|expression=p+u"],
    ["/etc\tp+u", "rule|sign=|regex=/etc|expression=p+u"],
    ["  !/etc/mtab$  ", "rule|sign=!|regex=/etc/mtab$"],
    ["=/var$ d N", "rule|sign==|regex=/var$|fileTypes=d|expression=N"],
    ["-/var d", "rule|sign=-|regex=/var|expression=d"],
    ["/a f , d  p + u ", "rule|sign=|regex=/a|fileTypes=f , d|expression=p + u"],
    ["/a f=tmpfs p", "rule|sign=|regex=/a|fileTypes=f|fsType==tmpfs|expression=p"],
    ["!/a =0x01021994", "rule|sign=!|regex=/a|fsType==0x01021994"],
    ["!/a f,d", "rule|sign=!|regex=/a|fileTypes=f,d"],
    ["/a 0 p", "rule|sign=|regex=/a|fileTypes=0|expression=p"],
    ["/a p # why", "rule|sign=|regex=/a|comment=# why|expression=p"],
    ["/a#b p", "rule|sign=|regex=/a#b|expression=p"],
    ["/a\\ b\\@c\\\\ p", "rule|sign=|regex=/a\\ b\\@c\\\\|expression=p"],
    ["/a\\\\ p", "rule|sign=|regex=/a\\\\|expression=p"],
    ["/a", "rule|sign=|regex=/a"],
    ["/a p+", "rule|sign=|regex=/a|expression=p+"],
    ["!@@{X}/a", "rule|sign=!|regex=@@{X}/a"],
    ["@@{X}/a p", "leading-macro"],
    ["A = p+u", "assignment|name=A|value=p+u"],
    ["A=p#c", "assignment|name=A|value=p#c"],
    ["A=p #c", "assignment|name=A|value=p|comment=#c"],
    [
      "\tdatabase_in\t=  file:/a\\ b  # c",
      "assignment|name=database_in|value=file:/a\\ b|comment=# c",
    ],
    ["x=", "assignment|name=x|value="],
    ["@@define A b#c # d", "macro|name=define|rest=A b#c|comment=# d"],
    ["  @@endif", "macro|name=endif|rest="],
    ["@@ define A b", "macro|name=|rest=define A b"],
    ["nothing here", "broken"],
    ["! /a", "broken"],
    ["etc/x p", "broken"],
    ["é = p", "broken"],
  ];
  for (const [line, expected] of cases) assertEquals(parts(line), expected, line);
});

Deno.test("parseConfigLine gives parts that stand where they say", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (line) => {
    for (const value of Object.values(parseConfigLine(`/${line}`))) {
      if (typeof value === "string") continue;
      assertEquals(`/${line}`.slice(value.start, value.end), value.text);
    }
  }));
});

Deno.test("escapeString and stringParts are opposites", () => {
  fc.assert(fc.property(fc.stringMatching(/^[ -~é]*$/), (text) => {
    const parts = stringParts(escapeString(text));
    assertEquals(parts.map((part) => "text" in part ? part.text : "macro").join(""), text);
  }));
});

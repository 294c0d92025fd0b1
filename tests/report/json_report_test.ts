import { assert, assertEquals, assertMatch } from "@std/assert";
import { type ModelReport, writeJson } from "./aide_writer.ts";
import { bytes, readReport } from "./read_report.ts";

const value = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];
const model: ModelReport = {
  version: "0.19.1",
  names: "hex",
  total: 3,
  rootPrefix: "/host",
  different: [{ path: bytes("/etc/d"), attributes: "-a" }],
  entries: [
    { kind: "added", letter: "f", path: bytes("/etc/a"), attributes: [] },
    {
      kind: "changed",
      letter: "f",
      path: bytes("/etc/c"),
      attributes: [
        { name: "size", old: value("1"), new: value("2") },
        { name: "acl", old: [...value("A: u"), ...value("A: g")], new: value("A: u") },
      ],
    },
  ],
};
const good = new TextDecoder().decode(writeJson(model));

Deno.test("The report that these are made of is complete", () => {
  const report = readReport("json", good);
  assertEquals(report.faults, []);
  assertEquals(report.changes[0]!.attributes, [
    { name: "size", old: "1", new: "2" },
    { name: "acl", old: "A: u\nA: g", new: "A: u" },
  ]);
});

const swap = (from: string | RegExp, to: string): string => {
  const made = good.replace(from, to);
  assert(made !== good, `nothing to replace: ${from}`);
  return made;
};

for (
  const [name, text] of [
    ["no newline at its end", good.trimEnd()],
    ["words after its end", good + "x"],
    ["another object after its end", good + "{}\n"],
    ["a comma too many", swap('"run_time_seconds": 0', '"run_time_seconds": 0,')],
    ["no comma", swap('"0.19.1",', '"0.19.1"')],
    ["no colon", swap('"aide_version":', '"aide_version"')],
    ["a brace of the wrong kind", swap("\n  },", "\n  ],")],
    ["single quotes", swap('"0.19.1"', "'0.19.1'")],
    ["a word that is no string", swap('"0.19.1"', "null")],
    ["an array as its whole", `[${good}]\n`],
    ["a string as its whole", '"x"\n'],
    ["nothing in it", "{}\n"],
    ["a key twice", swap('"end_time"', '"start_time": "2026-11-23 13:10:55 +0000",\n  "end_time"')],
    ["keys out of order", swap(/("start_time".*\n)(.*"aide_version".*\n)/, "$2$1")],
    ["an unknown key", swap('"aide_version"', '"mood": "good", "aide_version"')],
    ["no start", swap(/.*"start_time".*\n/, "")],
    ["no version", swap(/.*"aide_version".*\n/, "")],
    ["no outline", swap(/.*"outline".*\n/, "")],
    ["no end", swap(/.*"end_time".*\n/, "")],
    ["no run time", swap(/,\n.*"run_time_seconds".*\n/, "\n")],
    ["no counts", swap(/.*"number_of_entries"[^}]*\},\n/, "")],
    ["another count", swap('"added": 1', '"added": 2')],
    ["a count below zero", swap('"added": 1', '"added": -1')],
    ["a count twice", swap('"added": 1', '"added": 1, "added": 1')],
    ["an entry that is no path", swap('"/etc/a"', '"etc/a"')],
    ["an added entry among the changed", swap("f =.... ....H..    ", "f++++++++++++++++++")],
    ["a value where a list belongs", swap(/"added": \{[^}]*\}/, '"added": 1')],
    [
      "a list where the details belong",
      swap(/"details": \{[^]*?\n {2}\},/, '"details": ["/etc/c"],'),
    ],
    ["details of another entry", swap(/("details": \{\s*)"\/etc\/c"/, '$1"/etc/d"')],
    ["an unknown attribute", swap('"size": {', '"mood": {')],
    ["an attribute twice", swap('"acl": {', '"size": {')],
    ["a third side", swap('"new": 2', '"newer": 2')],
    ["a side twice", swap('"new": 2', '"old": 2')],
    ["a value beside its sides", swap('"old": 1', '"old": {"x": 1}')],
    ["an escape that AIDE does not write", swap('"/etc/a"', '"/etc/\\u0041"')],
    ["half an escape", swap('"/etc/a"', '"/etc/\\u00"')],
    ["an unknown escape", swap('"/etc/a"', '"/etc/\\x41"')],
    ["a number with a fraction", swap('"new": 2', '"new": 2.5')],
  ] as const
) {
  Deno.test(`A JSON report with ${name} is not complete`, () => {
    for (const piece of [1, 1e9]) {
      const report = readReport("json", text, { piece });
      assertEquals(report.complete, false);
      assert(report.faults.length > 0);
    }
  });
}

Deno.test("JSON that is too deep, or has a number too long, ends the reading", () => {
  const deep = readReport("json", swap('"old": 1', `"old": ${"[".repeat(1000)}`));
  assertMatch(deep.faults.join(), /too deep/);
  const long = readReport("json", swap('"old": 1', `"old": ${"1".repeat(100)}`), { piece: 10 });
  assertMatch(long.faults.join(), /too long/);
});

Deno.test("Names with the same spelling by another writer are never one", () => {
  // Decimal 11 is a vertical tab to 0.18.3, hexadecimal 11 is DC1 to 0.19.
  const named = (version: ModelReport["version"], name: string): string => {
    const report = readReport(
      "json",
      swap(/"\/etc\/a"/, `"/etc/${name}"`).replace("0.19.1", version),
    );
    return report.complete
      ? report.changes.find(({ kind }) => kind === "added")!.path
      : "incomplete";
  };
  assertEquals(named("0.18.3", "\\u0011"), "/etc/\\013");
  assertEquals(named("0.19.1", "\\u0011"), "/etc/\\021");
  assertEquals(named("0.18.3", "\\u0127"), "/etc/\\177");
  assertEquals(named("0.19.1", "\\u007f"), "/etc/\\177");
  assertEquals(named("0.18.3", "\\u001b"), "incomplete");
  assertEquals(named("0.18.3", "\\u0065"), "incomplete");
  assertEquals(named("0.19.1", "\\u0127"), "incomplete");
});

Deno.test("Raw control characters and bytes that are not UTF-8 stand for themselves", () => {
  const text = swap(/"\/etc\/a"/, '"/etc/\x1f\t@@"');
  const data = new TextEncoder().encode(text).map((byte) => byte === 0x40 ? 0xff : byte);
  const report = readReport("json", data);
  assertEquals(report.faults, []);
  assertEquals(report.changes.at(-1)!.path, "/etc/\\037\\011\\377\\377");
});

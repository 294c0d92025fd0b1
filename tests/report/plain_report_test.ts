import { assert, assertEquals, assertMatch } from "@std/assert";
import { readReport } from "./read_report.ts";

const rule = "-".repeat(51);
const start = "Start timestamp: 2026-11-23 13:10:55 +0000 (AIDE 0.19.1)\n";
const end = "\n\nEnd timestamp: 2026-11-23 13:10:55 +0000 (run time: 0m 0s)\n";
const found = "AIDE found differences between database and filesystem!!\n";
const counts = (added: number, removed: number, changed: number): string =>
  `\nSummary:\n  Total number of entries:\t9\n  Added entries:\t\t${added}\n` +
  `  Removed entries:\t\t${removed}\n  Changed entries:\t\t${changed}`;
const section = (title: string): string => `\n\n${rule}\n${title}:\n${rule}\n`;
const changed = (path: string): string => `\nf >.... ....H..    : ${path}`;

const details = (rows: string): string =>
  start + found + counts(0, 0, 1) + section("Changed entries") + changed("/etc/x") +
  section("Detailed information about changes") + `\nFile: /etc/x\n${rows}` + end;

function attributes(rows: string): unknown {
  const report = readReport("plain", details(rows));
  assertEquals(report.faults, []);
  return report.changes[0]!.attributes;
}

// As AIDE 0.19.1 printed them for attributes with odd values.
Deno.test("Extended attributes with newlines and base64 are put together again", () => {
  const rows = ` XAttrs    : num=3                            | num=4
             [1] user.a <=> dmFsCnVl          | [1] user.b = plain
             [2] user.b = plain               | [2] user.we\\012ird [2] x = q
             [3] user.we\\012ird [2] x = q     | [3] user.a <=> dmFsCnVlMnZhbAp1Z
                                              | TJ2YWwKdWUydmFsCnVlMnZhbAp1ZTJ2Y
                                              | WwKdWUy
                                              | [4] user.c = plainplain
`;
  assertEquals(attributes(rows), [{
    name: "xattrs",
    old: "num=3\n[1] user.a <=> dmFsCnVl\n[2] user.b = plain\n[3] user.we\\012ird [2] x = q",
    new: "num=4\n[1] user.b = plain\n[2] user.we\\012ird [2] x = q\n" +
      "[3] user.a <=> dmFsCnVlMnZhbAp1ZTJ2YWwKdWUydmFsCnVlMnZhbAp1ZTJ2YWwKdWUy\n[4] user.c = plainplain",
  }]);
});

Deno.test("Values that hold the column mark or spaces keep them", () => {
  const rows = ` Lname     : a | b                            |  x | y  
 Perm      : -rw-r--r--                       | -rwxr-xr-x
`;
  assertEquals(attributes(rows), [
    { name: "link_name", old: "a | b", new: " x | y  " },
    { name: "perm", old: "-rw-r--r--", new: "-rwxr-xr-x" },
  ]);
});

Deno.test("A value that AIDE wraps inside an escape is whole again", () => {
  const rows =
    ` Lname     : ctl\\001\\013\\021\\036\\011\\015\\010\\ | xctl\\001\\013\\021\\036\\011\\015\\010
             014                              | \\014
`;
  assertEquals(attributes(rows), [{
    name: "link_name",
    old: "ctl\\001\\013\\021\\036\\011\\015\\010\\014",
    new: "xctl\\001\\013\\021\\036\\011\\015\\010\\014",
  }]);
});

Deno.test("Hex hashes, growing sizes and names of ten letters are attributes", () => {
  const hex = "0123456789abcdef".repeat(2);
  const rows = ` Size (>)  : 4                                | 6
 SHA512/256: ${hex} | ${hex}
             ${hex} | ${hex}
 STRIBOG256: ${hex} | ${hex}
 FS type   : EXT4                             | XFS
 Caps      : cap_net_raw=ep                   | =
`;
  const both = (name: string, value: string): unknown => ({ name, old: value, new: value });
  assertEquals(attributes(rows), [
    { name: "growing_size", old: "4", new: "6" },
    both("sha512-256", hex + hex),
    both("stribog256", hex),
    { name: "fs_type", old: "EXT4", new: "XFS" },
    { name: "capabilities", old: "cap_net_raw=ep", new: "=" },
  ]);
});

Deno.test("An ACL that came or went has one value at any level", () => {
  const rows = ` ACL       :                                    A: user::rw-
                                                A: other::r--
`;
  assertEquals(attributes(rows), [{ name: "acl", new: "A: user::rw-\nA: other::r--" }]);
});

for (
  const [name, rows] of [
    ["an unknown attribute", " Mood      : good                             | bad\n"],
    ["an attribute twice", " Uid       : 0                                | 1\n".repeat(2)],
    ["a column out of place", " Uid       : 0                               | 1\n"],
    ["a continuation of nothing", "             0                                | 1\n"],
    ["a line at the margin", "Uid        : 0                                | 1\n"],
    [
      "an empty line",
      " Uid       : 0                                | 1\n\n Gid       : 0                                | 1\n",
    ],
  ] as const
) {
  Deno.test(`Details with ${name} make a report incomplete`, () => {
    assertEquals(readReport("plain", details(rows)).complete, false);
  });
}

Deno.test("Where names are raw, a row with one value among rows with two is not believed", () => {
  const both = " Uid       : 0                                | 1\n";
  const forged = " Uid       : 0\n Size      : 1      | b.conf\n";
  const raw = (rows: string): string => details(rows).replace("0.19.1", "0.16.2");
  assertEquals(readReport("plain", raw(both)).faults, []);
  assertEquals(readReport("plain", raw(forged)).complete, false);
  assertEquals(readReport("plain", details(" Uid       : 0\n")).faults, []);
});

const good = " Uid       : 0                                | 1\n";

for (
  const [name, text] of [
    ["a heading of another entry", details(good + `\nFile: /etc/shadow\n${good}`)],
    ["details of another entry", details(good).replace("File: /etc/x", "File: /etc/shadow")],
    ["no details", details(good).replace(/\n\n-+\nDetailed[^]*?\| 1\n/, "")],
    ["another count", details(good).replace("Changed entries:\t\t1", "Changed entries:\t\t2")],
    ["a count of zero", details(good).replace("Changed entries:\t\t1", "Changed entries:\t\t0")],
    [
      "an added entry among the changed",
      details(good).replace(changed("/etc/x"), "\nf++++++++++++++++++: /etc/x"),
    ],
    [
      "an entry whose attribute string is longer",
      details(good).replace("H..    :", "H..     :").replace(changed("/"), "")
        .replace("Changed entries:\t\t1", "Changed entries:\t\t2").replace(
          "\nf >",
          `${changed("/a")}\nf >`,
        ),
    ],
    ["an empty line in a list", details(good).replace(changed("/etc/x"), `${changed("/etc/x")}\n`)],
    ["no start", details(good).slice(start.length)],
    ["no outline", details(good).replace(found, "")],
    ["two starts", start + details(good)],
    ["two outlines", details(good).replace(found, found + found)],
    [
      "the wrong outline",
      details(good).replace(
        found,
        "AIDE found NO differences between database and filesystem. Looks okay!!\n",
      ),
    ],
    ["no end", details(good).replace(end, "\n")],
    ["an end without its newline", details(good).trimEnd()],
    ["an empty line after the end", details(good) + "\n"],
    ["words after the end", details(good) + "x\n"],
    [
      "a section twice",
      details(good).replace(end, section("Changed entries") + changed("/etc/x") + end),
    ],
    ["an unknown section", details(good).replace("Changed entries:\n", "Changed feelings:\n")],
    ["a stray line", details(good).replace(found, found + "nonsense\n")],
    ["a control character in a name", details(good).replaceAll("/etc/x", "/etc/\x01")],
    ["an escape that AIDE does not write", details(good).replaceAll("/etc/x", "/etc/\\141")],
    ["a backslash that AIDE would escape", details(good).replaceAll("/etc/x", "/etc/\\999")],
  ] as const
) {
  Deno.test(`A plain report with ${name} is not complete`, () => {
    const report = readReport("plain", text);
    assertEquals(report.complete, false);
    assert(report.faults.length > 0);
  });
}

Deno.test("The report that these are made of is complete", () => {
  assertEquals(readReport("plain", details(good)).faults, []);
});

for (
  const [name, sentence, made] of [
    ["0.16", "AIDE initialized database at /var/lib/aide/aide.db.new.gz\n", ""],
    [
      "0.19",
      "AIDE successfully initialized database.\n",
      "New AIDE database written to /var/lib/aide/aide.db.new\n",
    ],
  ] as const
) {
  Deno.test(`A report of an init by AIDE ${name} is read whole`, () => {
    const report = readReport(
      "plain",
      `${start}${sentence}${made}Root prefix: /host\n\nNumber of entries:\t151${end}`,
    );
    assertEquals(report.faults, []);
    assertEquals(report.outline, "initialized");
    assertEquals(report.entries, 151);
  });
}

Deno.test("A detailed init lists what it added", () => {
  const report = readReport(
    "plain",
    start + "AIDE successfully initialized database.\n\nNumber of entries:\t1" +
      section("Added entries") + "\nf++++++++++++++++++: /etc/x" + end,
  );
  assertEquals(report.faults, []);
  assertEquals(report.listed, { added: 1, changed: 0, removed: 0 });
});

Deno.test("Entries with different attributes are found before and after the start line", () => {
  const line = "Entry /etc/typ in databases has different attributes: -sha256\n";
  for (const text of [line + details(good), details(good).replace(found, line + found)]) {
    const report = readReport("plain", text);
    assertEquals(report.faults, []);
    assertEquals(report.differentAttributes, {
      total: 1,
      items: [{ path: "/etc/typ", attributes: "-sha256" }],
    });
  }
});

Deno.test("A level that lists nothing is not complete", () => {
  const report = readReport(
    "plain",
    start + found + "Report level: summary\n" + counts(1, 0, 0) + end,
  );
  assertEquals(report.claimed, { added: 1, changed: 0, removed: 0 });
  assertMatch(report.faults.join(), /the lists hold 0, 0 and 0/);
});

// As the product documentation shows it.
const documented = `AIDE 0.15.1 found differences between database and filesystem!!
Start timestamp: 2020-09-15 12:58:15

Summary:
  Total number of files:	31553
  Added files:			0
  Removed files:		0
  Changed files:		1


${rule}
Changed files:
${rule}

changed: /hostroot/etc/resolv.conf

${rule}
Detailed information about changes:
${rule}


File: /hostroot/etc/resolv.conf
  SHA512   : sTQYpB/AL7FeoGtu/1g7opv6C+KT1CBJ , qAeM+a8yTgHPnIHMaRlS+so61EN8VOpg
`;

Deno.test("A report of AIDE 0.15 is read, though it says nowhere that it ended", () => {
  const report = readReport("plain", documented);
  assertEquals(report.faults, ["The report breaks off"]);
  assertEquals(report.complete, false);
  assertEquals(report.aideVersion, "0.15.1");
  assertEquals(report.entries, 31553);
  assertEquals(report.claimed, { added: 0, changed: 1, removed: 0 });
  assertEquals(report.changes, [{
    path: "/hostroot/etc/resolv.conf",
    kind: "changed",
    fileType: "file",
    attributes: [{
      name: "sha512",
      old: "sTQYpB/AL7FeoGtu/1g7opv6C+KT1CBJ",
      new: "qAeM+a8yTgHPnIHMaRlS+so61EN8VOpg",
    }],
  }]);
});

Deno.test("An empty report is not complete", () => {
  for (const text of ["", "\n", "\n\n\n"]) {
    assertEquals(readReport("plain", text).complete, false);
  }
});

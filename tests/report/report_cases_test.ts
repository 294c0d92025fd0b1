import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Change } from "../../src/api/node_status.ts";
import type { Report } from "../../src/report/report.ts";
import { type ModelReport, writeJson, writePlain } from "./aide_writer.ts";
import { bytes, modelChanges, readReport, unbounded, withoutType } from "./read_report.ts";

const samples = new URL("../samples/", import.meta.url);
const sample = (name: string): Promise<Uint8Array> => Deno.readFile(new URL(name, samples));
const formats = ["plain", "json"] as const;
const writers = { plain: writePlain, json: writeJson } as const;
const text = (value: string): Uint8Array[] => [new TextEncoder().encode(value)];

const summary = (changes: Change[]): string[] =>
  changes.map(({ kind, path, fileType }) => `${kind} ${fileType} ${path}`);

const sampleChanges = [
  "changed directory /T/etc",
  "changed file /T/etc/a.conf",
  "changed file /T/etc/b.conf",
  "changed file /T/etc/grow",
  "changed file /T/etc/hard",
  "changed link /T/etc/link",
  "changed file /T/etc/perm",
  "changed directory /T/etc/sub",
  "changed file /T/etc/sub/c.conf",
  "changed directory /T/etc/typ",
  "changed file /T/usr/bin/tool",
  "removed directory /T/etc/gone.d",
  "removed file /T/etc/gone.d/f",
  "removed fifo /T/etc/pipe",
  "added file /T/etc/hard2",
  "added directory /T/etc/new.d",
  "added file /T/etc/new.d/n",
  "added fifo /T/etc/pipe2",
];

const aConf: Change = {
  path: "/T/etc/a.conf",
  kind: "changed",
  fileType: "file",
  attributes: [
    { name: "size", old: "4", new: "6" },
    {
      name: "sha256",
      old: "LIsI2lzmA5jh8Zrw5dzMdE3ydLgmq+WF6rpoxSVDSAY=",
      new: "jRrkPJabgqvjk2kFHshGaL0NVb2atvevukEURH/c11A=",
    },
    {
      name: "sha512",
      old:
        "B+QcyxZtIaUyfVoq4btIGSuEcOE1cmbJ0RnClMselZeFaUcsneZPttk8vU3QrtC/HnxH/Rkg3hewOKCKhetPoQ==",
      new:
        "9NMnnLh3kC2xiWv9OTVddEh4dRQd8LyNpHSOkVdyJjon3P34AKlqaz7pk6lNDp4yNe/k/utUy+lmvnXsBkjE7g==",
    },
  ],
};

const rows = "A: user::rw-\nA: group::r--\nA: other::r--";
const shared: Change[] = [
  aConf,
  {
    path: "/T/etc/b.conf",
    kind: "changed",
    fileType: "file",
    attributes: [{
      name: "xattrs",
      old: "num=1\n[1] user.foo = bar",
      new: "num=1\n[1] user.foo = baz",
    }],
  },
  {
    path: "/T/etc/perm",
    kind: "changed",
    fileType: "file",
    attributes: [
      { name: "perm", old: "-rw-r--r--", new: "-rw-rw-r--" },
      {
        name: "acl",
        old: rows,
        new: "A: user::rw-\nA: user:cloudsdk:rw-\nA: group::r--\nA: mask::rw-\nA: other::r--",
      },
    ],
  },
];

for (
  const [name, version, different] of [
    ["aide-0.16.2-check-sample.txt", "0.16.2", "ac0200fbd a00200fbd"],
    ["aide-0.18.3-check-sample.txt", "0.18.3", "-sha256-sha512"],
    ["aide-0.18.3-check-sample.json", "0.18.3", "-sha256-sha512"],
    ["aide-0.19.1-check-sample.txt", "0.19.1", "-sha256-sha512"],
    ["aide-0.19.1-check-sample.json", "0.19.1", "-sha256-sha512"],
  ] as const
) {
  const format = name.endsWith("json") ? "json" : "plain";

  Deno.test(`Sample ${name} is read whole`, async () => {
    const report = readReport(format, await sample(name));
    assertEquals(report.faults, []);
    assert(report.complete);
    assertEquals(report.format, format);
    assertEquals(report.aideVersion, version);
    assertEquals(report.outline, "differences");
    assertEquals(report.entries, 18);
    assertEquals(report.claimed, { added: 4, changed: 11, removed: 3 });
    assertEquals(report.listed, report.claimed);
    assertEquals(summary(report.changes), sampleChanges);
    assertEquals(report.truncated, false);
    assertMatch(report.digest, /^sha256:[0-9a-f]{64}$/);
    assertEquals(report.differentAttributes, {
      total: 1,
      items: [{ path: "/T/etc/typ", attributes: different }],
    });
    const times = new Set(["modify_time", "change_time"]);
    for (const change of shared) {
      const found = report.changes.find(({ path }) => path === change.path)!;
      const attributes = found.attributes.filter(({ name }) => !times.has(name));
      assertEquals({ ...found, attributes }, change);
    }
  });

  Deno.test(`Sample ${name} cut at any byte is not complete`, async () => {
    const whole = await sample(name);
    // Every byte of the short ones, and of the last lines; every seventh elsewhere.
    const step = whole.length < 5000 ? 1 : 7;
    for (let length = 0; length < whole.length; length += length > whole.length - 200 ? 1 : step) {
      const report = readReport(format, whole.subarray(0, length));
      assertEquals(report.complete, false, `complete after ${length} bytes`);
      assert(report.faults.length > 0);
    }
  });

  Deno.test(`Sample ${name} reads alike in pieces of any size`, async () => {
    const whole = await sample(name);
    const once = readReport(format, whole);
    for (const piece of [1, 2, 7, 64, 1000]) {
      assertEquals(readReport(format, whole, { piece }), once);
    }
  });

  Deno.test(`Sample ${name} with bytes changed never throws`, async () => {
    const whole = await sample(name);
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(edits, (list) => {
        const changed = whole.slice();
        for (const [at, byte] of list) changed[at] = byte;
        const report = readReport(format, changed);
        assertEquals(report.complete, report.faults.length === 0);
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("The two formats of one real run have one digest", async () => {
  // The 0.19.1 samples come from two runs, a second apart: without the times they say the same.
  const [plain, json] = await Promise.all(
    ["txt", "json"].map((type) => sample(`aide-0.19.1-check-sample.${type}`)),
  );
  const still = ({ changes }: Report): Change[] =>
    changes.map((change) => ({
      ...change,
      attributes: change.attributes.filter(({ name }) => !/_time$|^inode$/.test(name)),
    }));
  assertEquals(still(readReport("plain", plain!)), still(readReport("json", json!)));
});

const entry = (path: string, kind: "added" | "changed" | "removed" = "changed") => ({
  kind,
  path: bytes(path),
  letter: "f" as const,
  attributes: [
    { name: "size" as const, old: text("1"), new: text("2") },
  ].map((attribute) =>
    kind === "changed"
      ? attribute
      : kind === "added"
      ? { name: attribute.name, new: attribute.new }
      : { name: attribute.name, old: attribute.old }
  ),
});

const model: ModelReport = {
  version: "0.19.1",
  names: "hex",
  total: 40,
  entries: [
    entry("/etc/ad\\012", "added"),
    entry("/etc/ch\\033[31m"),
    entry("/etc/rm\\377", "removed"),
  ],
};

// One table of cases, run against both parsers: what to change in the model, and what the report must then be.
const cases: Record<string, [Partial<ModelReport>, Partial<Report>?]> = {
  "nothing differs": [{ entries: [] }, {
    outline: "none",
    claimed: { added: 0, changed: 0, removed: 0 },
  }],
  "names alone": [{ level: "list_entries" }],
  "attributes that came and went": [{ level: "added_removed_attributes" }],
  "all values of all entries": [{ level: "added_removed_entries" }],
  "one list": [{ grouped: false }],
  "one list of two kinds": [{ grouped: false, entries: model.entries.slice(0, 2) }],
  "one list of one kind": [{ grouped: false, entries: model.entries.slice(2) }],
  "no attribute strings": [{ summarize: false }],
  "one list without attribute strings": [{ summarize: false, grouped: false }],
  "a root prefix and a version of the configuration": [{
    rootPrefix: "/host",
    configVersion: "cv-42",
  }],
  "decimal escapes": [{ version: "0.18.3", names: "decimal" }, { aideVersion: "0.18.3" }],
  "a version of the configuration that says more": [
    { configVersion: "x | Report level: minimal | Root prefix: /y" },
  ],
  "entries with different attributes": [
    {
      different: [{
        path: bytes("/etc/x\\012 in databases has different attributes: -a"),
        attributes: "+m",
      }],
    },
    {
      differentAttributes: {
        total: 1,
        items: [{
          path: "/etc/x\\012 in databases has different attributes: -a",
          attributes: "+m",
        }],
      },
    },
  ],
};

for (const [name, [change, expected]] of Object.entries(cases)) {
  for (const format of formats) {
    Deno.test(`A ${format} report with ${name} is read whole`, () => {
      const made = { ...model, ...change };
      const report = readReport(format, writers[format](made), unbounded);
      assertEquals(report.faults, []);
      assertEquals(withoutType(report.changes), withoutType(modelChanges(made)));
      for (const [key, value] of Object.entries(expected ?? {})) {
        assertEquals(report[key as keyof Report], value);
      }
    });
  }

  Deno.test(`Both formats give one digest with ${name}`, () => {
    const made = { ...model, ...change };
    assertEquals(
      readReport("plain", writePlain(made)).digest,
      readReport("json", writeJson(made)).digest,
    );
  });
}

for (const format of formats) {
  Deno.test(`Any bytes as a ${format} report give no complete report and no exception`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (data) => {
      assertEquals(readReport(format, data).complete, false);
    }));
  });

  Deno.test(`The digest of a ${format} report follows what changed, not when or how it is read`, () => {
    const made = writers[format](model);
    const { digest } = readReport(format, made);
    const later = new TextDecoder("latin1").decode(made).replaceAll("13:10:55", "14:11:56");
    assertEquals(
      readReport(format, Uint8Array.from(later, (char) => char.charCodeAt(0))).digest,
      digest,
    );
    assertEquals(
      readReport(format, made, { piece: 3, changes: 1, text: 10, value: 1 }).digest,
      digest,
    );
    const other = {
      ...model,
      entries: model.entries.map((one) => ({ ...one, kind: "changed" as const })),
    };
    assert(readReport(format, writers[format](other)).digest !== digest);
  });

  Deno.test(`A ${format} report that follows another one is not complete`, () => {
    const made = writers[format](model);
    const report = readReport(format, Uint8Array.of(...made, ...made));
    assertEquals(report.complete, false);
  });

  Deno.test(`What a ${format} report keeps is bounded, what it counts is not`, () => {
    const many: ModelReport = {
      ...model,
      entries: Array.from({ length: 300 }, (_, at) => [
        entry(`/etc/a${at}`, "added"),
        entry(`/etc/c${at}`),
        entry(`/etc/r${at}`, "removed"),
      ]).flat(),
    };
    const report = readReport(format, writers[format](many));
    assert(report.complete && report.truncated);
    assertEquals(report.listed, { added: 300, changed: 300, removed: 300 });
    assertEquals(report.changes.length, 100);
    assert(
      report.changes.every(({ kind, attributes }) => kind === "changed" && attributes.length === 1),
    );
    const wide = readReport(format, writers[format](many), { changes: 350 });
    assertEquals(wide.changes.length, 350);
    assertEquals(wide.changes.filter(({ kind }) => kind === "removed").length, 50);
    const small = readReport(format, writers[format](many), { text: 100 });
    const size = JSON.stringify(small.changes).match(/"[^"]*"/g)!.join("").length;
    assert(small.truncated && small.changes.length > 0 && size < 1500);
  });

  Deno.test(`A long value of a ${format} report is cut and says so`, () => {
    const long: ModelReport = {
      ...model,
      entries: [{
        kind: "changed",
        letter: "l",
        path: bytes("/etc/l"),
        attributes: [{ name: "link_name", old: text("\n".repeat(960)), new: text("b") }],
      }],
    };
    const report = readReport(format, writers[format](long), { value: 50 });
    assert(report.complete && report.truncated);
    const { old, new: now } = report.changes[0]!.attributes[0]!;
    assertMatch(old!, /^(?:\\012){12}… \(cut, \d+ bytes in all\)$/);
    assertEquals(now, "b");
  });

  Deno.test(`A line or string of a ${format} report beyond the limit makes it incomplete`, () => {
    const made = writers[format]({ ...model, entries: [entry(`/${"x".repeat(5000)}`)] });
    assert(readReport(format, made).complete);
    const report = readReport(format, made, { line: 1000 });
    assertEquals(report.complete, false);
    assertMatch(report.faults.join(), /too long/);
  });
}

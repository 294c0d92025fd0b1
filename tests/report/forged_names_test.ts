import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { encodePath } from "../../src/base/path_text.ts";
import { type ModelReport, writeJson, writePlain } from "./aide_writer.ts";
import { anyLink, reports } from "./arbitrary_reports.ts";
import { modelChanges, readReport, unbounded, withoutType } from "./read_report.ts";

const writers = { plain: writePlain, json: writeJson } as const;
const formats = ["plain", "json"] as const;

function assertTrue(model: ModelReport, format: "plain" | "json"): void {
  const report = readReport(format, writers[format](model), unbounded);
  assertEquals(report.faults, []);
  assert(report.complete);
  assertEquals(withoutType(report.changes), withoutType(modelChanges(model)));
  assertEquals(report.listed, report.claimed);
  assertEquals(report.entries, model.total);
  assertEquals(report.outline, model.entries.length > 0 ? "differences" : "none");
  assertEquals(report.aideVersion, model.version);
  assertEquals(
    report.differentAttributes.items,
    (model.different ?? []).map(({ path, attributes }) => ({ path: encodePath(path), attributes })),
  );
}

for (const [version, names] of [["0.18.3", "decimal"], ["0.19.1", "hex"]] as const) {
  for (const format of formats) {
    Deno.test(`No name changes what a ${format} report of AIDE ${version} says`, () => {
      fc.assert(fc.property(reports({ version, names }), (model) => assertTrue(model, format)), {
        numRuns: 300,
      });
    });
  }

  Deno.test(`Both formats of AIDE ${version} give the same digest`, () => {
    fc.assert(
      fc.property(reports({ version, names }), (model) => {
        assertEquals(
          readReport("plain", writePlain(model)).digest,
          readReport("json", writeJson(model)).digest,
        );
      }),
      { numRuns: 200 },
    );
  });
}

for (
  const [version, format] of [["0.16.2", "plain"], ["0.18.8", "plain"], ["0.18.8", "json"]] as const
) {
  Deno.test(`A ${format} report of AIDE ${version}, which writes names raw, is right or not complete`, () => {
    let right = 0;
    fc.assert(
      fc.property(reports({ version, names: "raw" }), (model) => {
        const report = readReport(format, writers[format](model), unbounded);
        if (!report.complete) return;
        right++;
        assertEquals(withoutType(report.changes), withoutType(modelChanges(model)));
        assertEquals(report.entries, model.total);
        assertEquals(report.listed, report.claimed);
        // A name can add to this list, never take from it.
        assert(report.differentAttributes.total >= (model.different ?? []).length);
      }),
      { numRuns: 1000 },
    );
    assert(right > 50, `only ${right} reports were complete: the property says nothing`);
  });

  Deno.test(`No link target changes what a ${format} report of AIDE ${version} lists`, () => {
    fc.assert(
      fc.property(reports({ version, names: "raw" }, anyLink), (model) => {
        const report = readReport(format, writers[format](model), unbounded);
        if (!report.complete) return;
        const listed = ({ path, kind }: { path: string; kind: string }): string => kind + path;
        assertEquals(report.changes.map(listed), modelChanges(model).map(listed));
      }),
      { numRuns: 500 },
    );
  });
}

Deno.test("A link target of any bytes keeps its value in JSON", () => {
  fc.assert(
    fc.property(
      reports({ version: "0.19.1", names: "hex" }, anyLink),
      (model) => assertTrue(model, "json"),
    ),
    { numRuns: 200 },
  );
});

Deno.test("A link target of any bytes never hides an entry in plain text", () => {
  fc.assert(
    fc.property(reports({ version: "0.19.1", names: "hex" }, anyLink), (model) => {
      const report = readReport("plain", writePlain(model), unbounded);
      assertEquals(report.faults, []);
      assertEquals(
        report.changes.map(({ path }) => path),
        modelChanges(model).map(({ path }) => path),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("Reports that differ in kinds, paths or attributes have different digests", () => {
  // What an added entry is stands only in some forms of the lists, so the digest, equal for all forms, leaves it out.
  const content = (model: Parameters<typeof modelChanges>[0]): string =>
    JSON.stringify(modelChanges(model).map(({ fileType: _, ...change }) => change));
  const any = reports({ version: "0.19.1", names: "hex" }, anyLink);
  fc.assert(
    fc.property(any, any, (one, other) => {
      const same = content(one) === content(other);
      const digests = [one, other].map((model) => readReport("json", writeJson(model)).digest);
      // Grouping changes the order of the list, which the digest follows.
      if (!same) assertNotEquals(digests[0], digests[1]);
    }),
    { numRuns: 300 },
  );
});

Deno.test("A forged line makes listed and claimed disagree", () => {
  const report = readReport(
    "plain",
    writePlain({
      version: "0.16.2",
      names: "raw",
      total: 9,
      entries: [{
        kind: "added",
        letter: "f",
        path: new TextEncoder().encode("/etc/x\nf++++++++++++++++: /etc/shadow"),
        attributes: [],
      }],
    }),
  );
  assertEquals(report.claimed, { added: 1, changed: 0, removed: 0 });
  assertEquals(report.listed, { added: 2, changed: 0, removed: 0 });
  assertEquals(report.complete, false);
});

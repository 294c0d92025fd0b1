import { assert, assertEquals } from "@std/assert";
import { convertConfig } from "../../src/aide/convert.ts";
import { localizeConfig } from "../../src/aide/localize.ts";
import { checkConfig, testedAides } from "./run_aide.ts";

const folder = new URL("configs/", import.meta.url);

async function configs(): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { name } of Deno.readDir(folder)) {
    found.push([name, await Deno.readTextFile(new URL(name, folder))]);
  }
  return found.sort();
}

Deno.test("configurations from real life convert to what AIDE 0.18 and 0.19 take", async () => {
  const all = await configs();
  assert(all.length >= 25);
  const aides = await testedAides();
  for (const [name, text] of all) {
    const { text: converted, faults, notes } = convertConfig(text);
    assertEquals(faults, [], name);
    assert(notes.length > 0, name);
    const again = convertConfig(converted);
    assertEquals([again.text, again.notes, again.faults], [converted, [], []], name);
    for (const aide of aides) {
      const place = {
        root: "/tmp",
        databaseIn: "/nowhere/in",
        databaseOut: "/nowhere/out",
        textReport: "/dev/null",
        aide: aide.parsed,
        workers: 1,
      };
      for (
        const form of [
          converted.replace(/^report_url=.*$/m, "report_url=stdout"),
          localizeConfig(converted, place),
        ]
      ) {
        const run = await checkConfig(aide, form);
        assertEquals(run.code, 0, `${name} with ${aide.version}: ${run.stderr}`);
        // A warning would be about a spelling that the conversion should have replaced; deliberate ones are not.
        assertEquals(
          run.stderr.match(/WARNING: .*(DEPRECATED|unsupported|special characters).*/g),
          null,
          name,
        );
      }
    }
  }
});

Deno.test("every line that a real configuration loses or gains is in a note", async () => {
  for (const [name, text] of await configs()) {
    const { text: converted, notes } = convertConfig(text);
    const before = text.replace(/^\ufeff/, "").replace(/\r?\n$/, "").split(/\r?\n/);
    const after = converted.trimEnd().split("\n");
    const noted = new Set(
      notes.filter(({ reason }) => reason !== "line-endings").map(({ line }) => line),
    );
    before.forEach((line, index) => {
      assertEquals(noted.has(index + 1), line !== after[index], `${name}:${index + 1}`);
    });
    const added = notes.find(({ reason }) => reason === "added")?.after ?? "";
    assertEquals(added, after.slice(before.length).join("\n"), name);
  }
});

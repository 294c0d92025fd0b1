/** Every block for users is run by a test, or named with the reason why none can run it. */

import { assert, assertEquals } from "@std/assert";
import { tour } from "../integration/cluster/documented_tour.ts";
import { placeOf, userBlocks } from "./document.ts";
import { elsewhere, runElsewhere } from "./run_elsewhere.ts";

const blocks = await userBlocks();
const run = new Set(["console", "sh", "yaml"]);
/** What nobody types or applies. */
const shown = new Set(["ini", "promql"]);

Deno.test("documents: every block says what language it is in", () => {
  const others = blocks.filter(({ language }) => !run.has(language) && !shown.has(language));
  assertEquals(others.map((block) => `${placeOf(block)}: "${block.language}"`), []);
});

Deno.test("documents: a test runs every block, or says why none does", () => {
  const known = (document: string, section: string): number =>
    tour.filter((stop) => stop.document === document && stop.section === section).length;
  const unknown = blocks.filter((block) => run.has(block.language))
    .filter((block) => runElsewhere(block) === undefined)
    .filter(({ document, section }) => known(document, section) !== 1);
  assertEquals(
    unknown.map(placeOf),
    [],
    "add their sections to documented_tour.ts, or these blocks to run_elsewhere.ts",
  );
  assert(blocks.length > 40, `${blocks.length}`);
});

Deno.test("documents: what tests know of blocks is true of one", () => {
  const empty = tour.filter(({ document, section }) =>
    !blocks.some((block) =>
      block.document === document && block.section === section && runElsewhere(block) === undefined
    )
  );
  assertEquals(empty.map(({ document, section }) => `${document}: ${section}`), []);
  const unused = elsewhere.filter((one) => !blocks.some((block) => runElsewhere(block) === one));
  assertEquals(unused.map(({ document, begins }) => `${document}: ${begins}`), []);
});

Deno.test("documents: the tests that run blocks elsewhere are there", async () => {
  for (const { test } of elsewhere) {
    if (test === undefined) continue;
    const { isFile } = await Deno.stat(new URL(`../../${test}`, import.meta.url));
    assert(isFile, test);
  }
});

import { assert, assertEquals } from "@std/assert";
import { parseDocument, readDocument, userDocuments } from "./document.ts";

const root = new URL("../../", import.meta.url);
const documents = [...userDocuments, "tests/README.md"];

Deno.test("documents: every file and every heading that is linked to is there", async () => {
  const missing: string[] = [];
  let seen = 0;
  for (const document of documents) {
    const { links } = await readDocument(document);
    for (const { line, target } of links) {
      if (/^[a-z]+:/.test(target)) continue; // of others
      seen++;
      const [path = "", anchor] = target.split("#");
      const url = new URL(path, new URL(document, root));
      const there = path === "" || await Deno.stat(url).then(() => true, () => false);
      const linked = path === "" ? document : url.pathname.slice(root.pathname.length);
      const known = anchor === undefined ||
        there && linked.endsWith(".md") && (await readDocument(linked)).anchors.has(anchor);
      if (!there || !known) missing.push(`${document}:${line}: ${target}`);
    }
  }
  assertEquals(missing, []);
  assert(seen > 100, `${seen} links`);
});

Deno.test("documents: headings are linked to as GitHub names them", () => {
  const { anchors, links } = parseDocument(
    "a.md",
    "# A `b` C\n## [What's new](x.md), (1.4)?\n### baseline-lost\n## A b C\n[y](#z) `[q](r)`\n",
  );
  assertEquals([...anchors], ["a-b-c", "whats-new-14", "baseline-lost", "a-b-c-1"]);
  assertEquals(links.map(({ target }) => target), ["x.md", "#z"]);
});

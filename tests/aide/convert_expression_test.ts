import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { replacedHashes, sharedAttributes, sharedHashes } from "../../src/aide/attributes.ts";
import { convertExpression } from "../../src/aide/convert_expression.ts";
import { formatExpression, parseExpression } from "../../src/aide/expression.ts";
import { groupNames, initialGroups } from "../../src/aide/groups.ts";
import { checkConfig, testedAides } from "./run_aide.ts";

const hashes = [...sharedHashes, ...replacedHashes.keys()];

Deno.test("an expression of hashes keeps one", () => {
  fc.assert(fc.property(fc.subarray(hashes, { minLength: 1 }), (names) => {
    const { text, hash } = convertExpression(names.join("+"), initialGroups([]), "on");
    const terms = parseExpression(text) ?? [];
    assert(hash);
    assert(terms.some(({ name }) => sharedHashes.has(name)), text);
    assert(terms.every(({ name }) => sharedHashes.has(name)), text);
  }));
});

Deno.test("parseExpression and formatExpression are opposites", () => {
  const term = fc.record({
    operator: fc.constantFrom("+" as const, "-" as const),
    name: fc.stringMatching(/^[A-Za-z0-9_%>]+$/),
  });
  fc.assert(fc.property(fc.array(term, { minLength: 1 }), (terms) => {
    const [first, ...rest] = terms;
    const written = [{ ...first, operator: "+" as const, name: first?.name ?? "p" }, ...rest];
    assertEquals(parseExpression(formatExpression(written)), written);
  }));
  for (const text of ["", "+", "p+", "-p", "p u", "p++u", "p#c", "p+ü"]) {
    assertEquals(parseExpression(text), undefined, text);
  }
});

Deno.test("groupNames gives names that AIDE takes, no two the same", () => {
  const name = fc.stringMatching(/^[AbR1_%]{1,4}$/);
  fc.assert(fc.property(fc.array(name), (defined) => {
    const names = groupNames(defined);
    assertEquals(new Set(names.values()).size, new Set(defined).size);
    for (const [before, after] of names) {
      assert(/^[A-Za-z0-9]+$/.test(after) && /[A-Z0-9]/.test(after), after);
      if (/^[A-Z][A-Za-z0-9]*$/.test(before)) assertEquals(after, before);
    }
  }));
});

Deno.test("the shared attributes and hashes are known to AIDE 0.18 and 0.19, and silently taken", async () => {
  const all = [...sharedAttributes, "sha256", "sha512", "R", "L", ">", "H", "X", "E"];
  for (const aide of await testedAides()) {
    const { code, stderr } = await checkConfig(
      aide,
      all.map((name) => `/x ${name}+sha256\n`).join(""),
    );
    assertEquals([code, stderr], [0, ""], aide.version);
    const old = await checkConfig(aide, "/x md5\n/x sha1\n/x rmd160\n");
    assertEquals(old.code, 0, aide.version);
  }
});

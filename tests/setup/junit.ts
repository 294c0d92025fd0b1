/** What a JUnit report of `deno test` says, counted. */

/** Numbers of tests; steps of a test are part of it. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds two sets of totals. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

// Deno escapes `<` and `&` everywhere in text and attributes, so a tag can't be forged by a test's name.
const suites = /<testsuite\s[^>]*>([\s\S]*?)<\/testsuite>/g;
const cases = /<testcase name="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g;
const stepMark = " &gt; ";

function isStep(name: string, names: ReadonlySet<string>): boolean {
  for (let at = name.indexOf(stepMark); at >= 0; at = name.indexOf(stepMark, at + 1)) {
    if (names.has(name.slice(0, at))) return true;
  }
  return false;
}

/** Counts the tests of a report; throws a `SyntaxError` for a text that is not one. */
export function countTests(xml: string): Totals {
  if (!xml.includes("<testsuites")) throw new SyntaxError("Cannot read the JUnit report");
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const [, suite = ""] of xml.matchAll(suites)) {
    const found = [...suite.matchAll(cases)].map(([, name = "", body = ""]) => ({ name, body }));
    const names = new Set(found.map(({ name }) => name));
    for (const { name, body } of found) {
      if (isStep(name, names)) continue;
      if (body.includes("<failure") || body.includes("<error")) totals.failed++;
      else if (body.includes("<skipped")) totals.skipped++;
      else totals.passed++;
    }
  }
  return totals;
}

/** The closing line of a test run: `N passed, N failed`, with `, N skipped` when any was. */
export function totalsLine({ passed, failed, skipped }: Totals): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/** What a JUnit report of `deno test` says: how many tests passed, and what failed. */

import { unescape } from "@std/html";

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
const cases = /<testcase name="([^"]*)"([^>]*)>([\s\S]*?)<\/testcase>/g;
const stepMark = " &gt; ";

function isStep(name: string, names: ReadonlySet<string>): boolean {
  for (let at = name.indexOf(stepMark); at >= 0; at = name.indexOf(stepMark, at + 1)) {
    if (names.has(name.slice(0, at))) return true;
  }
  return false;
}

/** A test that failed, or a step of one. */
export interface FailedTest {
  /** As `deno test` prints it: `./tests/a_test.ts => name > step`. */
  title: string;
  /** What it threw, with its stack. */
  reason: string;
}

/** The failed tests and steps of a report, in its order; a test that failed by its steps alone is not among them. */
export function failedTests(xml: string): FailedTest[] {
  const failed: FailedTest[] = [];
  for (const [suite] of xml.matchAll(suites)) {
    const file = unescape(/ name="([^"]*)"/.exec(suite)?.[1] ?? "");
    for (const [, name = "", , body = ""] of suite.matchAll(cases)) {
      const reason = unescape(/<failure [^>]*>([\s\S]*?)<\/failure>/.exec(body)?.[1] ?? "");
      if (reason === "" || /^\d+ test steps? failed\.$/.test(reason)) continue;
      failed.push({ title: `${file} => ${unescape(name)}`, reason });
    }
  }
  return failed;
}

/**
 * Counts the tests of a report; throws a `SyntaxError` for a text that is not one. What a filter left out is reported
 * as skipped too, but has no time: where the run was `filtered`, it does not count.
 */
export function countTests(xml: string, filtered = false): Totals {
  if (!xml.includes("<testsuites")) throw new SyntaxError("Cannot read the JUnit report");
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const [, suite = ""] of xml.matchAll(suites)) {
    const found = [...suite.matchAll(cases)]
      .map(([, name = "", attributes = "", body = ""]) => ({ name, attributes, body }));
    const names = new Set(found.map(({ name }) => name));
    for (const { name, attributes, body } of found) {
      if (isStep(name, names)) continue;
      if (body.includes("<failure") || body.includes("<error")) totals.failed++;
      else if (!body.includes("<skipped")) totals.passed++;
      else if (!filtered || / time="/.test(attributes)) totals.skipped++;
    }
  }
  return totals;
}

/** The closing line of a test run: `N passed, N failed`, with `, N skipped` when any was. */
export function totalsLine({ passed, failed, skipped }: Totals): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

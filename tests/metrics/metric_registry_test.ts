import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MetricRegistry } from "../../src/metrics/metric_registry.ts";
import type { MetricTable } from "../../src/metrics/metric.ts";
import { Exposition } from "../prometheus/exposition.ts";
import { checkMetrics } from "../prometheus/promtool.ts";

const table = {
  begun_total: { type: "counter", help: "Begins", labels: ["kind"], begins: ["one", "two"] },
  bare_total: { type: "counter", help: "Has no labels", labels: [] },
  counted_total: { type: "counter", help: "Of nodes", labels: ["of", "node"] },
  level: { type: "gauge", help: "Of nodes", labels: ["of", "node"] },
  lone: { type: "gauge", help: "Has no labels", labels: [] },
  took_seconds: { type: "histogram", help: "Takes", labels: ["result"], buckets: [0.1, 1] },
} as const satisfies MetricTable;

type Registry = MetricRegistry<typeof table>;

const registry = (): Registry => new MetricRegistry<typeof table>(table);

/** The lines of samples that begin with a word. */
async function lines(of: Registry, start: string): Promise<string[]> {
  return (await of.text()).split("\n").filter((line) => line.startsWith(start));
}

Deno.test("metric registry: what is said to begin is there with 0, what has no labels as well, nothing else is", async () => {
  const samples = (await registry().text()).split("\n").filter((line) => /^[^#]/.test(line));
  assertEquals(samples, [
    'begun_total{kind="one"} 0',
    'begun_total{kind="two"} 0',
    "bare_total 0",
  ]);
});

Deno.test("metric registry: counters add up by their labels, in whatever order these come", async () => {
  const of = registry();
  of.add("begun_total", { kind: "two" });
  of.add("bare_total", {}, 2.5);
  of.add("counted_total", { of: "a", node: "x" }, 3);
  of.add("counted_total", { node: "x", of: "a" });
  of.add("counted_total", { of: "a", node: "y" });
  assertEquals(await lines(of, "begun_total{"), [
    'begun_total{kind="one"} 0',
    'begun_total{kind="two"} 1',
  ]);
  assertEquals(await lines(of, "bare_total "), ["bare_total 2.5"]);
  assertEquals(await lines(of, "counted_total{"), [
    'counted_total{of="a",node="x"} 4',
    'counted_total{of="a",node="y"} 1',
  ]);
  assertThrows(() => of.add("counted_total", { color: "red" }), Error, "color");
});

Deno.test("metric registry: replaced metrics have the samples that are given, others keep theirs", async () => {
  const of = registry();
  const shared = { of: "a" };
  of.add("counted_total", { of: "a", node: "x" }, 7);
  of.add("begun_total", { kind: "one" });
  of.replace(["level", "lone", "counted_total"], [
    { name: "level", labels: { node: "x" }, shared, value: 1 },
    { name: "level", labels: { node: "y" }, shared, value: -0.5 },
    { name: "lone", labels: {}, value: 4 },
    { name: "counted_total", labels: { node: "y" }, shared, value: 2 },
  ]);
  assertEquals(await lines(of, "level{"), [
    'level{node="x",of="a"} 1',
    'level{node="y",of="a"} -0.5',
  ]);
  assertEquals(await lines(of, "lone "), ["lone 4"]);
  assertEquals(await lines(of, "counted_total{"), ['counted_total{of="a",node="y"} 2']);
  of.replace(["level"], [{ name: "level", labels: { of: "b", node: "x" }, value: 0 }]);
  assertEquals(await lines(of, "level{"), ['level{of="b",node="x"} 0']);
  assertEquals(await lines(of, "lone "), ["lone 4"]);
  assertEquals((await lines(of, "begun_total{"))[0], 'begun_total{kind="one"} 1');
  of.replace(["level", "lone"], []);
  assertEquals([...await lines(of, "level{"), ...await lines(of, "lone")], []);
});

Deno.test("metric registry: a text is what there is when it is asked for, whatever is replaced before it is there", async () => {
  const of = registry();
  const texts: Promise<string>[] = [];
  for (const value of [1, 2, 3]) {
    of.replace(["level"], [{ name: "level", labels: { node: "x" }, value }]);
    texts.push(of.text());
    of.replace(["level"], []);
  }
  const levels = (await Promise.all(texts)).map((text) => /^level\{.*$/m.exec(text)?.[0]);
  assertEquals(levels, ['level{node="x"} 1', 'level{node="x"} 2', 'level{node="x"} 3']);
});

Deno.test("metric registry: series of counters go whose labels don't fit, and begin anew when they come back", async () => {
  const of = registry();
  for (const node of ["x", "y", ""]) of.add("counted_total", { of: "a", node }, 5);
  of.add("bare_total", {}, 5);
  const seen: unknown[] = [];
  await of.keepCounters(["counted_total", "bare_total"], (labels) => {
    seen.push(labels);
    return labels.node !== "y";
  });
  assertEquals(seen, [...["x", "y", ""].map((node) => ({ of: "a", node })), {}]);
  assertEquals(await lines(of, "counted_total{"), [
    'counted_total{of="a",node="x"} 5',
    'counted_total{of="a",node=""} 5',
  ]);
  of.add("counted_total", { of: "a", node: "y" });
  assertEquals((await lines(of, 'counted_total{of="a",node="y"')).length, 1);
  assertEquals(await lines(of, 'counted_total{of="a",node="y"'), [
    'counted_total{of="a",node="y"} 1',
  ]);
});

Deno.test("metric registry: a histogram has the buckets of its table, all of what is less in each", async () => {
  const of = registry();
  for (const value of [0.05, 0.1, 0.5, 7]) of.observe("took_seconds", { result: "x" }, value);
  assertEquals(await lines(of, "took_seconds"), [
    'took_seconds_bucket{le="0.1",result="x"} 2',
    'took_seconds_bucket{le="1",result="x"} 3',
    'took_seconds_bucket{le="+Inf",result="x"} 4',
    'took_seconds_sum{result="x"} 7.65',
    'took_seconds_count{result="x"} 4',
  ]);
});

const hostile = {
  [`"} 1\nlevel{of="b",node="x`]: String.raw`\"} 1\nlevel{of=\"b\",node=\"x`,
  [`\\`]: String.raw`\\`,
  [`\\"`]: String.raw`\\\"`,
  "\\n": String.raw`\\n`,
  "a\nb": String.raw`a\nb`,
  "\u0000\u0001\t\u007f\u202e": "\u0000\u0001\t\u007f\u202e",
  "ä – 日本 🙂": "ä – 日本 🙂",
  "{}=,#": "{}=,#",
};

Deno.test("metric registry: no label can be taken for more than a label", async () => {
  for (const shared of [true, false]) {
    for (const [node, written] of Object.entries(hostile)) {
      const of = registry();
      const labels = { of: "a", node };
      of.replace(["level"], [
        shared
          ? { name: "level", labels: {}, shared: labels, value: 1 }
          : { name: "level", labels, value: 1 },
      ]);
      of.add("counted_total", labels);
      const text = await of.text();
      const samples = text.split("\n").filter((line) => /^(level|counted)/.test(line));
      assertEquals(samples, [
        `counted_total{of="a",node="${written}"} 1`,
        `level{of="a",node="${written}"} 1`,
      ]);
      assertEquals((await checkMetrics(text)).said, "");
    }
  }
});

Deno.test("metric registry: what a label holds can be read back, and samples with other labels are other ones", async () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab\\"\n{}=,: '.split("")), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ of: word, node: word }), {
        selector: (one) => JSON.stringify(one),
        maxLength: 8,
      }),
      async (series) => {
        const of = registry();
        of.replace(
          ["level"],
          series.map((labels, value) => ({ name: "level" as const, labels, value })),
        );
        const read = new Exposition(await of.text()).of("level");
        assertEquals(
          read.map(({ labels, value }) => [labels, value]),
          series.map(({ of, node }, value) => [{ of, node }, value]),
        );
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("metric registry: promtool has nothing against the format, histograms and odd values included", async () => {
  const of = registry();
  of.observe("took_seconds", { result: "x" }, 3);
  of.replace(["level", "lone"], [
    { name: "level", labels: { of: "a", node: "x" }, value: 1e21 },
    { name: "level", labels: { of: "a", node: "y" }, value: Infinity },
    { name: "lone", labels: {}, value: 1e-7 },
  ]);
  assertEquals(await checkMetrics(await of.text()), { code: 0, said: "" });
  // That it would say something.
  const { said } = await checkMetrics(`${await of.text()}lone{ 1\n`);
  assertEquals(said === "", false);
});

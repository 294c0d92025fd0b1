import { assert, assertEquals } from "@std/assert";
import { annotations } from "../../src/api/labels.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import type { Count } from "../../src/metrics/action_counts.ts";
import { machineryMetrics } from "../../src/metrics/machinery_metrics.ts";
import type { MetricTable } from "../../src/metrics/metric.ts";
import { productCounters, productMetrics } from "../../src/metrics/product_metrics.ts";
import { programVersion } from "../../src/system/program.ts";
import { collectGarbage } from "../integration/kube/collect_garbage.ts";
import { settle } from "../kube/simulated_clock.ts";
import type { Exposition } from "../prometheus/exposition.ts";
import { checkMetrics } from "../prometheus/promtool.ts";
import { followed, MeasuredOperator } from "./measured_operator.ts";

const fio = "file_integrity_operator_" as const;

/** The gauges that a text has samples of, without the product's prefix. */
function gaugesOf({ samples }: Exposition): string[] {
  const counters = Object.keys(productCounters);
  const names = new Set(samples.map(({ name }) => name).filter((one) => !counters.includes(one)));
  return [...names].map((name) => name.replace(fio, "")).sort();
}

const processGauges = ["build_info", "caches_synced", "leader"];

/** Two nodes, two FileIntegrities, one failed node. */
async function settled(): Promise<MeasuredOperator> {
  const operator = new MeasuredOperator();
  for (const name of ["a", "b"]) operator.addNode(name);
  for (const name of ["worker", "other"]) {
    const of = operator.add(name);
    operator.report(of, "a");
    operator.report(of, "b", name === "worker" ? { condition: "Failed" } : {});
  }
  await operator.lead();
  return operator;
}

Deno.test("operator metrics: a process that waits for the Lease has its own gauges alone, and counters at 0", async () => {
  await using operator = new MeasuredOperator();
  operator.add("worker");
  operator.addNode("a");
  const text = await operator.product();
  assertEquals(gaugesOf(text), processGauges);
  assertEquals(text.value(`${fio}leader`), 0);
  assertEquals(text.value(`${fio}caches_synced`), 0);
  assertEquals(text.value(`${fio}build_info`, { version: programVersion }), 1);
  const begun = text.samples.filter(({ name }) => name in productCounters);
  assertEquals(begun.every(({ value }) => value === 0), true);
  assertEquals(begun.length, 4 + 3 + 3 + 2);
});

for (const missing of followed) {
  Deno.test(`operator metrics: without the list of ${missing} there are no gauges of objects yet`, async () => {
    await using operator = new MeasuredOperator();
    const of = operator.add("worker");
    operator.addNode("a");
    operator.report(of, "a");
    operator.objects.missing = missing;
    await operator.lead();
    operator.metrics.count([
      { name: `${fio}pause_total`, labels: { fileintegrity: "worker", node: "a" }, value: 1 },
    ]);
    const text = await operator.product();
    assertEquals(gaugesOf(text), processGauges);
    assertEquals([text.value(`${fio}leader`), text.value(`${fio}caches_synced`)], [1, 0]);
    // What is not known is not gone.
    assertEquals(text.value(`${fio}pause_total`), 1);
    operator.objects.missing = undefined;
    operator.objects.wake();
    const then = await operator.product();
    assertEquals(then.value(`${fio}caches_synced`), 1);
    assertEquals(then.value(`${fio}node_failed`, { node: "a" }), 0);
    assertEquals(then.value(`${fio}pause_total`), 1);
  });
}

Deno.test("operator metrics: the first text of a leader tells of every node, and follows what happens", async () => {
  await using operator = await settled();
  const text = await operator.product();
  const failed = (of: Exposition, fileintegrity: string, node: string): number | undefined =>
    of.value(`${fio}node_failed`, { fileintegrity, node });
  assertEquals(failed(text, "worker", "a"), 0);
  assertEquals(failed(text, "worker", "b"), 1);
  assertEquals(failed(text, "other", "b"), 0);
  assertEquals(text.value(`${fio}nodes`, { fileintegrity: "worker", state: "failed" }), 1);
  assertEquals(text.value(`${fio}phase`, { fileintegrity: "other", phase: "Active" }), 1);
  const of = operator.add("worker");
  operator.report(of, "b");
  operator.report(of, "a", { condition: "Errored", errorReason: "killed" });
  const next = await operator.product();
  assertEquals([failed(next, "worker", "a"), failed(next, "worker", "b")], [0, 0]);
  const errored = next.of(`${fio}node_errored`, { fileintegrity: "worker" });
  assertEquals(errored.map(({ labels, value }) => [labels.node, labels.reason, value]), [
    ["a", "killed", 1],
    ["b", "", 0],
  ]);
});

Deno.test("operator metrics: a node is stale by the time of day, without a word from anybody", async () => {
  await using operator = await settled();
  assertEquals(
    (await operator.product()).value(`${fio}node_stale`, { fileintegrity: "other", node: "a" }),
    0,
  );
  operator.clock.skip(4 * 3_600_000);
  assertEquals(
    (await operator.product()).value(`${fio}node_stale`, { fileintegrity: "other", node: "a" }),
    1,
  );
});

Deno.test("operator metrics: who has lost the Lease tells of no node any more", async () => {
  await using operator = await settled();
  await operator.product();
  operator.leading = false;
  const text = await operator.product();
  assertEquals(gaugesOf(text), processGauges);
  assertEquals([text.value(`${fio}leader`), text.value(`${fio}caches_synced`)], [0, 0]);
});

const counts = (fileintegrity: string, node: string): Count[] => [
  { name: `${fio}pause_total`, labels: { fileintegrity, node }, value: 1 },
  { name: `${fio}unpause_total`, labels: { fileintegrity, node }, value: 1 },
  { name: `${fio}reinit_total`, labels: { fileintegrity, by: "node", node }, value: 1 },
  {
    name: `${fio}node_status_total`,
    labels: { fileintegrity, condition: "Failed", node },
    value: 1,
  },
  {
    name: `${fio}node_status_error_total`,
    labels: { fileintegrity, error: "killed", node },
    value: 1,
  },
];

/** All series of a node, or of a FileIntegrity. */
const seriesOf = ({ samples }: Exposition, labels: Record<string, string>): string[] =>
  samples.filter((sample) =>
    Object.entries(labels).every(([key, one]) => sample.labels[key] === one)
  )
    .map(({ name }) => name);

Deno.test("operator metrics: what is deleted takes its series along, counters too, and no others", async () => {
  await using operator = await settled();
  for (const name of ["worker", "other"]) {
    for (const node of ["a", "b"]) operator.metrics.count(counts(name, node));
    operator.metrics.count([
      {
        name: `${fio}reinit_total`,
        labels: { fileintegrity: name, by: "demand", node: "" },
        value: 1,
      },
    ]);
  }
  operator.metrics.count([{ name: `${fio}phase_total`, labels: { phase: "Error" }, value: 1 }]);
  const all = await operator.product();
  assertEquals(seriesOf(all, { node: "b", fileintegrity: "worker" }).length, 5 + 16);

  operator.objects.remove("nodes", "b");
  const without = await operator.product();
  assertEquals(seriesOf(without, { node: "b" }), []);
  assertEquals(seriesOf(without, { node: "a" }), seriesOf(all, { node: "a" }));
  assertEquals(without.value(`${fio}reinit_total`, { by: "demand", fileintegrity: "worker" }), 1);

  operator.objects.remove("fileintegrities", "ns/other");
  const left = await operator.product();
  assertEquals(seriesOf(left, { fileintegrity: "other" }), []);
  assertEquals(
    seriesOf(left, { fileintegrity: "worker" }),
    seriesOf(without, { fileintegrity: "worker" }),
  );
  assertEquals(left.value(`${fio}phase_total`, { phase: "Error" }), 1);

  // One that comes back counts from the beginning.
  operator.addNode("b");
  operator.metrics.count(counts("worker", "b").slice(0, 1));
  assertEquals(
    (await operator.product()).value(`${fio}pause_total`, { fileintegrity: "worker", node: "b" }),
    1,
  );
});

Deno.test("operator metrics: whoever asks at the same time gets the whole text as well", async () => {
  await using operator = await settled();
  await operator.clock.advance(0);
  const texts = await Promise.all(Array.from({ length: 5 }, () => operator.metrics.product()));
  assertEquals(new Set(texts).size, 1);
  assert(texts[0]?.includes(`${fio}node_failed{`));
});

Deno.test("operator metrics: nothing of a text stays in memory, nor of those before it", async () => {
  await using other = await settled();
  await other.product(); // whatever the first one loads
  await using operator = await settled();
  const of = operator.add("worker");
  for (let at = 0; at < 2_000; at++) {
    operator.addNode(`node-${at}`);
    operator.report(of, `node-${at}`);
  }
  const heap = async (texts: number): Promise<number> => {
    await operator.clock.advance(0);
    for (let at = 0; at < texts; at++) await operator.metrics.product();
    for (let at = 0; at < 4; at++) { // weak references take more than one
      collectGarbage();
      await settle();
    }
    return Deno.memoryUsage().heapUsed;
  };
  const before = await heap(0);
  // A text is 3.4 MB, and its samples are more.
  const grown = [await heap(1) - before, await heap(10) - before];
  assert(Math.max(...grown) < 2_000_000, `${grown} bytes`);
});

Deno.test("operator metrics: looks end in success, are tried again, or fail", async () => {
  await using operator = await settled();
  const looked = (error?: unknown): void =>
    operator.metrics.looked({
      key: "worker",
      milliseconds: 250,
      ...(error !== undefined && { error }),
    });
  const name = `${fio}reconcile_duration_seconds`;
  looked();
  for (const kind of ["conflict", "already-exists", "not-found", "not-leader"] as const) {
    looked(new KubeError(kind, "it has changed"));
  }
  looked(new KubeError("unavailable", "away"));
  looked(new TypeError("a fault"));
  const text = await operator.machinery();
  assertEquals(text.value(`${name}_count`, { result: "success" }), 1);
  assertEquals(text.value(`${name}_count`, { result: "retry" }), 4);
  assertEquals(text.value(`${name}_count`, { result: "error" }), 2);
  assertEquals(text.value(`${name}_sum`, { result: "success" }), 0.25);
  assertEquals(text.value(`${name}_bucket`, { result: "success", le: "0.1" }), 0);
  assertEquals(text.value(`${name}_bucket`, { result: "success", le: "0.25" }), 1);
});

Deno.test("operator metrics: calls count by their status, and by what went wrong where there was none", async () => {
  await using operator = await settled();
  const call = { verb: "get", resource: "nodes", milliseconds: 1, attempts: 1 } as const;
  operator.metrics.called({ ...call, outcome: "ok", code: 200 });
  operator.metrics.called({ ...call, outcome: "unavailable", code: 503 });
  operator.metrics.called({ ...call, outcome: "deadline", code: undefined });
  operator.metrics.called({ ...call, outcome: "aborted", code: undefined });
  const calls = (await operator.machinery()).of(`${fio}api_requests_total`);
  assertEquals(calls.map(({ labels, value }) => [labels.code, value]), [
    ...[["200", 1], ["503", 1], ["deadline", 1], ["aborted", 1]],
  ]);
});

Deno.test("operator metrics: the machinery says who leads, what waits, what was followed, and what it takes", async () => {
  await using operator = new MeasuredOperator();
  const waiting = await operator.machinery();
  assertEquals(waiting.value("leader_election_master_status", { name: "lease" }), 0);
  assertEquals(waiting.of("workqueue_depth"), []);
  operator.add("worker");
  operator.addNode("a");
  await operator.lead();
  operator.addNode("b");
  const text = await operator.machinery();
  assertEquals(text.value("leader_election_master_status", { name: "lease" }), 1);
  assertEquals(text.value("workqueue_depth", { name: "fileintegrity" }), 1);
  assertEquals(text.value("workqueue_retries_total", { name: "fileintegrity" }), 0);
  assertEquals(
    text.value("workqueue_longest_running_processor_seconds", { name: "fileintegrity" }),
    0,
  );
  const figure = (what: string, resource: string): number | undefined =>
    text.value(`${fio}informer_${what}_total`, { resource });
  for (const resource of followed) {
    assertEquals([figure("lists", resource), figure("missed", resource)], [1, 0], resource);
    assertEquals(figure("events", resource), resource === "nodes" ? 1 : 0, resource);
    assertEquals(figure("watches", resource), 1, resource);
  }
  const taken = (name: string): number => text.value(`process_${name}`) ?? NaN;
  assert(taken("cpu_seconds_total") > 0);
  assert(taken("resident_memory_bytes") > 10e6);
  const age = Date.now() / 1000 - taken("start_time_seconds");
  assert(age > 0 && age < 3_600, `started ${age} s ago`);
  // Texts do not add up.
  assertEquals(
    (await operator.machinery()).value(`${fio}informer_lists_total`, { resource: "nodes" }),
    1,
  );
});

/** An operator whose texts have samples of every metric. */
async function everything(): Promise<{ product: Exposition; machinery: Exposition }> {
  await using operator = await settled();
  const conditions = [{
    ...{ type: "Ready", status: "True", reason: "Scanning", message: "" } as const,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  }];
  const status = { phase: "Active", configDigest: "sha256:config", conditions } as const;
  const of = operator.add("worker", { status: { ...status, conditions } });
  const since = { [annotations.heldSince]: "2026-01-01T00:00:00Z" };
  operator.report(of, "a", {}, { [annotations.holdoff]: "node-update", ...since });
  operator.metrics.count(counts("worker", "a"));
  for (const name of ["error_total", "daemonset_update_total", "reinit_daemonset_update_total"]) {
    const labels = { [name === "error_total" ? "error" : "operation"]: "update" };
    operator.metrics.count([{ name: `${fio}${name}` as Count["name"], labels, value: 1 }]);
  }
  operator.metrics.looked({ key: "worker", milliseconds: 3 });
  operator.metrics.called({
    ...{ verb: "get", resource: "nodes", milliseconds: 1, attempts: 1, outcome: "ok", code: 200 },
  });
  return { product: await operator.product(), machinery: await operator.machinery() };
}

/** Each metric of a text: its type, and the labels that its samples have; those of buckets are left out. */
function shapes({ text, samples }: Exposition): Record<string, { type: string; labels: string[] }> {
  return Object.fromEntries(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => {
      const ours = samples.filter((one) =>
        one.name === name || type === "histogram" && one.name.startsWith(`${name}_`)
      );
      const labels = new Set(ours.flatMap((one) => Object.keys(one.labels)));
      labels.delete("le");
      assert(ours.length > 0, `${name} has no sample`);
      for (const one of ours) {
        const has = Object.keys(one.labels).filter((key) => key !== "le");
        assertEquals(has.length, labels.size, `the labels of each sample of ${name}`);
      }
      return [name, { type, labels: [...labels].sort() }];
    }),
  );
}

Deno.test("operator metrics: texts have what the tables say, and promtool has nothing against either", async () => {
  const { product, machinery } = await everything();
  const tables: [Exposition, MetricTable][] = [
    [product, productMetrics],
    [machinery, machineryMetrics],
  ];
  for (const [exposition, table] of tables) {
    assertEquals(
      shapes(exposition),
      Object.fromEntries(
        Object.entries(table).map(([name, { type, labels }]) => [
          ...[name, { type, labels: [...labels].sort() }],
        ]),
      ),
    );
    assertEquals(await checkMetrics(exposition.text), { code: 0, said: "" });
  }
});

/** Of the existing operator 1.4, without the prefix: names, types, labels, texts. */
const existing: [string, string, string[], string][] = [
  [
    "phase_total",
    "counter",
    ["phase"],
    "The total number of transitions to the FileIntegrity phase",
  ],
  [
    "error_total",
    "counter",
    ["error"],
    "The total number of FileIntegrity phase errors, per error",
  ],
  [
    ...["pause_total", "counter"] as const,
    ["node"],
    "The total number of FileIntegrity scan pause actions (during node updates)",
  ],
  [
    ...["unpause_total", "counter"] as const,
    ["node"],
    "The total number of FileIntegrity scan unpause actions (during node updates)",
  ],
  [
    ...["reinit_total", "counter"] as const,
    ["by", "node"],
    "The total number of FileIntegrity database re-initialization triggers (annotation), per method and node",
  ],
  [
    ...["node_status_total", "counter"] as const,
    ["condition", "node"],
    "The total number of FileIntegrityNodeStatus transitions, per condition and node",
  ],
  [
    ...["node_status_error_total", "counter"] as const,
    ["error", "node"],
    "The total number of FileIntegrityNodeStatus errors, per error and node",
  ],
  [
    ...["daemonset_update_total", "counter"] as const,
    ["operation"],
    "The total number of updates to the FileIntegrity AIDE daemonSet",
  ],
  [
    ...["reinit_daemonset_update_total", "counter"] as const,
    ["operation"],
    "The total number of updates to the FileIntegrity re-init signaling daemonSet",
  ],
  [
    ...["node_failed", "gauge"] as const,
    ["node"],
    "A gauge that is set to 1 when a node has unresolved integrity failures, and 0 when it is healthy",
  ],
];

Deno.test("operator metrics: what the existing operator has is there with its name, type, labels and text", async () => {
  const { product } = await everything();
  const ours = shapes(product);
  for (const [short, type, labels, help] of existing) {
    const name = `${fio}${short}`;
    const more = labels.includes("node") ? ["fileintegrity"] : [];
    assertEquals(ours[name], { type, labels: [...labels, ...more].sort() }, name);
    const said = new RegExp(`^# HELP ${name} (.*)$`, "m").exec(product.text)?.[1] ?? "";
    assert(said === help || said.startsWith(`${help}:`) || said.startsWith(`${help};`), said);
  }
  const values = (name: string, label: string): string[] =>
    product.of(`${fio}${name}`).map(({ labels }) => labels[label] ?? "").sort();
  assertEquals(values("phase_total", "phase"), ["Active", "Error", "Initializing", "Pending"]);
  assertEquals(values("daemonset_update_total", "operation"), ["delete", "podkill", "update"]);
  assertEquals(values("reinit_daemonset_update_total", "operation"), ["delete", "update"]);
});

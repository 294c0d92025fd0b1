import { assertEquals, assertStringIncludes } from "@std/assert";
import { prometheusRuleSpec } from "../../src/plan/prometheus_rule.ts";
import {
  checkRules,
  type Labels,
  type RuleTest,
  seriesName,
  testRules,
} from "../prometheus/promtool.ts";

const namespace = "fio";
const spec = prometheusRuleSpec(namespace);

/** How Prometheus knows an operator's pod: the labels that it puts on every series of it. */
const target = (pod: string, of = namespace): Labels => ({
  ...{ namespace: of, pod, service: "metrics", job: "metrics", endpoint: "metrics-fio" },
  ...{ container: "file-integrity-operator", instance: `10.0.0.${pod.length}:8585` },
});

const metric = (name: string, labels: Labels): string =>
  seriesName(`file_integrity_operator_${name}`, labels);

/**
 * What an operator's pod says of itself. In promtool's notation, "1x20" is 21 values, from minute 0 to 20, and "_x20" are
 * 20 minutes without one.
 */
function pod(name: string, leader: string, synced = leader, of = namespace): RuleTest["series"] {
  return {
    [metric("leader", target(name, of))]: leader,
    [metric("caches_synced", target(name, of))]: synced,
  };
}

const leading = pod("a", "1x3000");
const node: Labels = { fileintegrity: "worker", node: "worker-1" };

/** What makes an alert fire. */
interface Case {
  alert: string;
  severity: string;
  metric: string;
  /** Labels of the series. */
  labels: Labels;
  /** Labels of the alert; those of the series where absent. */
  told?: Labels;
  bad: number;
  good: number;
  /** Minutes that it must last. */
  minutes: number;
}

const hour = 3600;
const cases: Case[] = [
  {
    ...{ alert: "NodeHasIntegrityFailure", severity: "warning" },
    ...{ metric: "node_failed", labels: node, bad: 1, good: 0, minutes: 0 },
  },
  {
    ...{ alert: "NodeIntegrityBaselineLost", severity: "critical" },
    ...{ metric: "node_errored", labels: { ...node, reason: "baseline-lost" } },
    ...{ bad: 1, good: 0, minutes: 0 },
  },
  {
    ...{ alert: "NodeIntegrityBaselineLost", severity: "critical" },
    ...{ metric: "node_errored", labels: { ...node, reason: "baseline-altered" } },
    ...{ bad: 1, good: 0, minutes: 0 },
  },
  {
    ...{ alert: "NodeIntegrityCoverageShrunk", severity: "warning" },
    ...{ metric: "node_coverage_ratio", labels: node, bad: 0.89, good: 0.9, minutes: 0 },
  },
  {
    ...{ alert: "NodeIntegrityCheckErrored", severity: "warning" },
    ...{ metric: "node_errored", labels: { ...node, reason: "disk-full" }, told: node },
    ...{ bad: 1, good: 0, minutes: 10 },
  },
  {
    ...{ alert: "NodeIntegrityCheckStale", severity: "warning" },
    ...{ metric: "node_stale", labels: node, bad: 1, good: 0, minutes: 5 },
  },
  {
    // Time begins at 0 here.
    ...{ alert: "NodeIntegrityCheckHeldTooLong", severity: "warning" },
    ...{ metric: "node_held_since_timestamp_seconds", labels: node },
    ...{ bad: -25 * hour, good: -22 * hour, minutes: 0 },
  },
  {
    ...{ alert: "FileIntegrityInError", severity: "warning" },
    ...{ metric: "phase", labels: { fileintegrity: "worker", phase: "Error" } },
    ...{ told: { fileintegrity: "worker" }, bad: 1, good: 0, minutes: 5 },
  },
];

/** The alert of a case as it fires. */
const firing = (
  { alert, severity, labels, told = labels }: Case,
  more: Labels = {},
): Labels => ({ alertname: alert, severity, namespace, ...told, ...more });

const series = (
  one: Case,
  values: string,
  { pod: of = "a", namespace: at = namespace, ...labels }: Labels = {},
): RuleTest["series"] => ({
  [metric(one.metric, { ...target(of, at), ...one.labels, ...labels })]: values,
});

async function assertAlerts(tests: RuleTest[], specs: unknown[] = [spec]): Promise<void> {
  const { code, said } = await testRules(specs, tests);
  assertEquals(code, 0, said);
}

Deno.test("alerts: promtool finds nothing wrong with the rules", async () => {
  const { code, said } = await checkRules(spec);
  assertEquals(code, 0, said);
  assertStringIncludes(said, "8 rules found");
});

Deno.test("alerts: the expected ones, in the existing operator's group where it has one", () => {
  const names = spec.groups.flatMap(({ name, rules }) =>
    rules.map(({ alert }) => `${name}/${alert}`)
  );
  assertEquals(names, [
    "node-failed/NodeHasIntegrityFailure",
    "node-baseline/NodeIntegrityBaselineLost",
    "node-baseline/NodeIntegrityCoverageShrunk",
    "node-checks/NodeIntegrityCheckErrored",
    "node-checks/NodeIntegrityCheckStale",
    "node-checks/NodeIntegrityCheckHeldTooLong",
    "file-integrity/FileIntegrityInError",
    "operator/FileIntegrityOperatorDown",
  ]);
});

Deno.test("alerts: each fires after its time, and ends at once when all is well or the series is gone", async () => {
  await assertAlerts(cases.flatMap((one): RuleTest[] => {
    const { minutes, bad, good } = one;
    const begun = minutes === 0 ? {} : { [`${minutes - 1}m30s`]: [] };
    const on = { ...begun, [`${minutes}m`]: [firing(one)], "20m": [firing(one)] };
    return [
      {
        name: `${one.alert}: mended`,
        series: { ...leading, ...series(one, `${bad}x20 ${good}x40`) },
        firing: { ...on, "21m": [], "60m": [] },
      },
      {
        name: `${one.alert}: gone`,
        series: { ...leading, ...series(one, `${bad}x20 stale`) },
        firing: { ...on, "21m": [], "60m": [] },
      },
      {
        name: `${one.alert}: never`,
        series: { ...leading, ...series(one, `${good}x60`) },
        firing: { "0m": [], "5m": [], "10m": [], "60m": [] },
      },
    ];
  }));
});

Deno.test("alerts: each tells once, of the right node and FileIntegrity, of this installation alone", async () => {
  await assertAlerts(cases.flatMap((one): RuleTest[] => {
    const bad = `${one.bad}x60`;
    return [
      {
        name: `${one.alert}: two replicas`,
        series: { ...leading, ...pod("bb", "0x60"), ...series(one, bad) },
        firing: { "20m": [firing(one)] },
      },
      {
        name: `${one.alert}: two that lead for a moment`,
        series: {
          ...leading,
          ...pod("bb", "1x60"),
          ...series(one, bad),
          ...series(one, bad, { pod: "bb" }),
        },
        firing: { "20m": [firing(one)] },
      },
      {
        name: `${one.alert}: both ports scraped for all`,
        series: { ...leading, ...series(one, bad), ...series(one, bad, { endpoint: "metrics" }) },
        firing: { "20m": [firing(one)] },
      },
      {
        name: `${one.alert}: another installation`,
        series: { ...leading, ...series(one, bad, { namespace: "other" }) },
        firing: { "20m": [] },
      },
      {
        name: `${one.alert}: several FileIntegrities`,
        series: {
          ...leading,
          ...series(one, bad),
          ...series(one, bad, { fileintegrity: "b" }),
          ...series(one, `${one.good}x60`, { fileintegrity: "c" }),
        },
        firing: { "20m": [firing(one), firing(one, { fileintegrity: "b" })] },
      },
    ];
  }));
});

Deno.test("alerts: the rules of two installations in one Prometheus tell each of its own", async () => {
  const specs = [spec, prometheusRuleSpec("other")];
  await assertAlerts(
    cases.map((one) => ({
      name: `${one.alert}: two installations`,
      series: {
        ...leading,
        ...pod("a", "1x60", "1x60", "other"),
        ...series(one, `${one.bad}x60`),
        ...series(one, `${one.bad}x60`, { namespace: "other", fileintegrity: "b" }),
      },
      firing: {
        "20m": [firing(one), firing(one, { fileintegrity: "b", namespace: "other" })],
      },
    })),
    specs,
  );
});

Deno.test("alerts: while the leader changes none ends, none begins, and none waits anew", async () => {
  // Pod a leads until minute 20; from minute 25 on bb leads, and knows all from minute 27 on.
  const change = {
    ...pod("a", "1x20 stale", "1x20 stale"),
    ...pod("bb", "_x25 1x40", "_x25 0 0 1x40"),
  };
  await assertAlerts(cases.flatMap((one): RuleTest[] => {
    const { bad, good } = one;
    const on = [firing(one)];
    return [
      {
        name: `${one.alert}: as bad as before`,
        series: {
          ...change,
          ...series(one, `${bad}x20 stale`),
          ...series(one, `_x27 ${bad}x30`, { pod: "bb" }),
        },
        firing: { "20m": on, "21m": on, "24m": on, "26m": on, "27m": on, "40m": on },
      },
      {
        name: `${one.alert}: mended meanwhile`,
        series: {
          ...change,
          ...series(one, `${bad}x20 stale`),
          ...series(one, `_x27 ${good}x30`, { pod: "bb" }),
        },
        firing: { "20m": on, "26m": on, "27m": [], "40m": [] },
      },
      {
        name: `${one.alert}: gone meanwhile`,
        series: { ...change, ...series(one, `${bad}x20 stale`) },
        firing: { "20m": on, "26m": on, "27m": [], "40m": [] },
      },
      {
        name: `${one.alert}: begun before`,
        series: {
          ...change,
          ...series(one, `${good}x17 ${bad} ${bad} ${bad} stale`),
          ...series(one, `_x27 ${bad}x30`, { pod: "bb" }),
        },
        firing: {
          "17m30s": [],
          ...(one.minutes > 0 && { [`${17 + one.minutes}m30s`]: [] }),
          [`${18 + one.minutes}m`]: on,
          "40m": on,
        },
      },
      {
        name: `${one.alert}: gone before`,
        series: { ...change, ...series(one, `${bad}x18 stale`) },
        firing: { "18m": on, "19m": [], "22m": [], "30m": [] },
      },
    ];
  }));
});

Deno.test("alerts: no leader for ten minutes is told, whoever else is there", async () => {
  const down = { alertname: "FileIntegrityOperatorDown", severity: "critical", namespace };
  const late = { "9m30s": [], "10m": [down], "60m": [down] };
  const never = { "10m": [], "60m": [] };
  await assertAlerts([
    { name: "nobody", series: {}, firing: late },
    { name: "a standby", series: pod("a", "0x60"), firing: late },
    { name: "another's leader", series: pod("a", "1x60", "1x60", "other"), firing: late },
    { name: "a leader", series: pod("a", "1x60"), firing: never },
    { name: "one of two", series: { ...pod("a", "1x60"), ...pod("bb", "0x60") }, firing: never },
    {
      name: "a change of leaders",
      series: {
        ...pod("a", "1x20 stale", "1x20 stale"),
        ...pod("bb", "0x25 1x40"),
      },
      firing: { "20m": [], "25m": [], "30m": [], "40m": [] },
    },
    {
      name: "the last one ends",
      series: pod("a", "1x20 stale", "1x20 stale"),
      firing: { "30m": [], "31m": [down], "60m": [down] },
    },
  ]);
});

Deno.test("alerts: a baseline is lost at once, and not told a second time as an error", async () => {
  const [lost] = cases.filter(({ alert }) => alert === "NodeIntegrityBaselineLost");
  const [errored] = cases.filter(({ alert }) => alert === "NodeIntegrityCheckErrored");
  if (lost === undefined || errored === undefined) throw new Error("The cases are not there");
  await assertAlerts([
    {
      name: "lost",
      series: {
        ...leading,
        ...series(lost, "1x60"),
        ...series(errored, "0x60", { reason: "" }),
      },
      firing: { "0m": [firing(lost)], "30m": [firing(lost)] },
    },
    {
      name: "another reason with each scan",
      series: {
        ...leading,
        ...series(errored, "1x4 stale", { reason: "killed" }),
        ...series(errored, "_x5 1x4 stale", { reason: "aide-timeout" }),
        ...series(errored, "_x10 1x20", { reason: "lock-error" }),
      },
      firing: { "9m30s": [], "10m": [firing(errored)], "20m": [firing(errored)] },
    },
  ]);
});

Deno.test("alerts: a baseline of fewer files is told for a day, one of more never", async () => {
  const shrunk: Case = {
    ...{ alert: "NodeIntegrityCoverageShrunk", severity: "warning" },
    ...{ metric: "node_baseline_entries", labels: node, bad: 0, good: 0, minutes: 0 },
  };
  const on = [firing(shrunk)];
  const day = 24 * 60;
  await assertAlerts([
    {
      name: "fewer",
      series: { ...leading, ...series(shrunk, `1000x20 899x${2 * day}`) },
      firing: { "20m": [], "21m": on, [`${day}m`]: on, [`${day + 19}m`]: on, [`${day + 22}m`]: [] },
    },
    {
      name: "about as many",
      series: { ...leading, ...series(shrunk, "1000x20 900x40") },
      firing: { "20m": [], "21m": [], "60m": [] },
    },
    {
      name: "more",
      series: { ...leading, ...series(shrunk, "100x20 1000x40") },
      firing: { "20m": [], "21m": [], "60m": [] },
    },
    {
      name: "fewer, from another leader",
      series: {
        ...pod("a", "1x20 stale", "1x20 stale"),
        ...pod("bb", "_x21 1x60", "_x21 1x60"),
        ...series(shrunk, "1000x20 stale"),
        ...series(shrunk, "_x21 899x60", { pod: "bb" }),
      },
      firing: { "20m": [], "21m": on, "60m": on },
    },
    {
      name: "fewer, and then gone",
      series: { ...leading, ...series(shrunk, "1000x20 899x20 stale") },
      firing: { "41m": on, "42m": [] },
    },
  ]);
});

/** An annotation as Prometheus is to print it. */
const filled = (text: string, labels: Labels): string =>
  text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name) => labels[name] ?? "");

Deno.test("alerts: each says in words what it is about, and which command is next", async () => {
  const rules = new Map(
    spec.groups.flatMap(({ rules }) => rules).map((rule) => [rule.alert, rule]),
  );
  await assertAlerts(cases.map((one) => {
    const { alertname = "", ...labels } = firing(one);
    const rule = rules.get(alertname);
    if (rule === undefined) throw new Error(`There is no alert ${alertname}`);
    const summary = filled(rule.annotations.summary, labels);
    const description = filled(rule.annotations.description, labels);
    for (const name of Object.values(one.told ?? one.labels)) {
      assertStringIncludes(description, name);
    }
    assertStringIncludes(description, "kubectl -n fio ");
    assertStringIncludes(summary, "node" in labels ? "worker-1" : "worker");
    return {
      name: alertname,
      series: { ...leading, ...series(one, `${one.bad}x60`) },
      firing: {},
      told: [{ at: "30m", alert: alertname, labels, annotations: { summary, description } }],
    };
  }));
});

import { assert, assertEquals } from "@std/assert";
import { machineryMetrics } from "../../src/metrics/machinery_metrics.ts";
import type { MetricTable } from "../../src/metrics/metric.ts";
import { MetricRegistry } from "../../src/metrics/metric_registry.ts";
import { productMetrics } from "../../src/metrics/product_metrics.ts";
import { prometheusRuleSpec } from "../../src/plan/prometheus_rule.ts";
import { serviceMonitorSpec } from "../../src/plan/service_monitor.ts";
import { Prometheus } from "./prometheus.ts";
import type { Labels } from "./promtool.ts";
import { scrapeJobs } from "./scrape_jobs.ts";

const namespace = "fio";

interface Query {
  refId: string;
  datasource: { uid: string };
  expr: string;
  legendFormat?: string;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Query[];
}

interface Dashboard {
  panels: Panel[];
  templating: {
    list: { name: string; type: string; datasource?: { uid: string }; definition?: string }[];
  };
}

const dashboard: Dashboard = JSON.parse(
  await Deno.readTextFile(new URL("../../manifests/monitoring/dashboard.json", import.meta.url)),
);
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((query) => ({ title, ...query }))
);

const keywords = new Set(["and", "or", "unless", "bool", "offset"]);

/** The names of the metrics that an expression reads. */
function metricNames(expression: string): string[] {
  const bare = expression.replace(/"[^"]*"/g, '""')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, "")
    .replace(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, "");
  return [...bare.matchAll(/\b[a-zA-Z_:][\w:]*\b(?!\s*\()/g)].map(([name]) => name)
    .filter((name) => !keywords.has(name));
}

/** The name of the metric that a series belongs to: those of a histogram have endings. */
function metricOf(series: string): string {
  const base = series.replace(/_(bucket|sum|count)$/, "");
  const { [base]: metric } = { ...machineryMetrics, ...productMetrics } as MetricTable;
  return metric?.type === "histogram" ? base : series;
}

Deno.test("dashboard and alerts: every metric is one of the product's", () => {
  assertEquals(
    metricNames('sum by (a) (rate(b_total{c="d"}[5m])) * on (e) group_left (f) g > 0.9'),
    [
      ...["b_total", "g"],
    ],
  );
  const alerts = prometheusRuleSpec(namespace).groups.flatMap(({ rules }) => rules);
  const variables = dashboard.templating.list.flatMap(({ definition = "" }) =>
    /^label_values\(([^{,]+)/.exec(definition)?.[1] ?? []
  );
  assertEquals(variables.length, 2);
  const used = [
    ...variables,
    ...[...alerts, ...queries].flatMap(({ expr }) => metricNames(expr)),
  ];
  const known = new Set(["ALERTS", ...Object.keys({ ...machineryMetrics, ...productMetrics })]);
  assertEquals(used.filter((name) => !known.has(metricOf(name))), []);
  assert(used.length > 60);
});

Deno.test("dashboard: every panel asks the chosen source, of the chosen namespace, at a place of its own", () => {
  const variables = dashboard.templating.list.map(({ name }) => name);
  assertEquals(variables, ["datasource", "namespace", "fileintegrity"]);
  const ids = dashboard.panels.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  const taken = new Set<string>();
  for (
    const { title, gridPos: { x, y, w, h }, type, datasource, targets = [] } of dashboard.panels
  ) {
    assert(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        const place = `${column}/${row}`;
        assert(!taken.has(place), `${title} lies over another panel`);
        taken.add(place);
      }
    }
    if (type === "row") continue;
    assert(targets.length > 0, title);
    assertEquals(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    for (const uid of [datasource, ...targets.map((target) => target.datasource)]) {
      assertEquals(uid?.uid, "${datasource}", title);
    }
    for (const { expr } of targets) {
      const selectors = [...expr.matchAll(/\{[^}]*\}/g)];
      assert(selectors.every(([text]) => text.startsWith('{namespace="$namespace"')), title);
      assertEquals(selectors.length, metricNames(expr).length, title);
    }
  }
});

/** A value for each label: what the dashboard looks for where it looks for a certain one. */
const labelValues: Labels = {
  ...{ fileintegrity: "worker", node: "worker-1", name: "fileintegrity", version: "1.0.0" },
  ...{ reason: "killed", kind: "added", state: "failed", phase: "Error", by: "node" },
  ...{ type: "Ready", status: "False", condition: "Failed", error: "killed", operation: "update" },
  ...{ verb: "get", resource: "nodes", code: "500", result: "error" },
};

/** An answer with a series of every metric, each with all of its labels. */
async function answer(table: MetricTable): Promise<string> {
  const registry = new MetricRegistry(table);
  for (const [name, { type, labels }] of Object.entries(table)) {
    const series = Object.fromEntries(labels.map((label) => {
      const value = labelValues[label];
      if (value === undefined) throw new Error(`${name} has a label ${label} without a value`);
      return [label, value];
    }));
    if (type === "histogram") registry.observe(name, series, 0.02);
    else registry.replace([name], [{ name, labels: series, value: 1 }]);
  }
  return await registry.text();
}

Deno.test("dashboard: a real Prometheus has an answer to every query, with the labels that its legend names", async () => {
  const [machinery, product] = await Promise.all([
    answer(machineryMetrics),
    answer(productMetrics),
  ]);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const text = new URL(request.url).pathname === "/metrics" ? machinery : product;
      return new Response(text, { headers: { "content-type": MetricRegistry.contentType } });
    },
  );
  try {
    const spec = serviceMonitorSpec({
      namespace,
      hasCertificateAuthority: true,
      plainMetrics: true,
    });
    const address = `127.0.0.1:${server.addr.port}`;
    const scrape = scrapeJobs(
      {
        ...spec,
        endpoints: spec.endpoints.map(({ port, path }) => ({ port, path, scheme: "http" })),
      },
      {
        namespace,
        pods: [{ name: "a", addresses: { "metrics": address, "metrics-fio": address } }],
        secretFile: ({ name }) => name,
      },
    );
    await using prometheus = await Prometheus.start({
      scrape,
      rules: [prometheusRuleSpec(namespace)],
    });
    await prometheus.untilScraped(2);
    await prometheus.untilFiring("NodeHasIntegrityFailure");
    await prometheus.until("there are enough values for a rate", async () => {
      const scrapes = await prometheus.query("count_over_time(up[1m]) >= 3");
      return scrapes.length === 2;
    });

    const faults: string[] = [];
    for (const { title, expr, legendFormat = "" } of queries) {
      const asked = expr.replaceAll("$namespace", namespace)
        .replaceAll("$fileintegrity", ".*").replaceAll("$__rate_interval", "1m");
      // A scrape that takes longer than its second leaves no values until the next one.
      const first = await prometheus.until(
        `${title} has an answer to ${asked}`,
        async () => (await prometheus.query(asked))[0],
      );
      for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        if (first.labels[label] === undefined) faults.push(`${title}: no label ${label}`);
      }
    }
    assertEquals(faults, []);
  } finally {
    await server.shutdown();
  }
});

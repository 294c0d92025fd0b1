/** What Prometheus' own tool says of rules and metrics. */
import { prometheusPrograms } from "./prometheus_programs.ts";

/** What a run of promtool left. */
export interface PromtoolOutput {
  code: number;
  /** Both streams. */
  said: string;
}

/** Labels of a series, without the metric's name. */
export type Labels = Record<string, string>;

/** Series that come in, and the alerts that must come of them. */
export interface RuleTest {
  name: string;
  /** Seconds between two values; 60 by default. */
  interval?: number;
  /** By series, in promtool's notation of values: "0+1x10", "1 1 _ stale". */
  series: Record<string, string>;
  /** By moment ("10m"): the labels of every alert that is firing then, `alertname` among them, and of no others. */
  firing: Record<string, readonly Labels[]>;
  /** By moment and name of an alert: the annotations of its only instance that is firing, whose labels stand beside it. */
  told?: { at: string; alert: string; labels: Labels; annotations: Labels }[];
}

/** A series in Prometheus' notation: `name{label="value"}`. */
export function seriesName(metric: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${metric}{${pairs.join(",")}}`;
}

async function promtool(args: string[], stdin = ""): Promise<PromtoolOutput> {
  const { promtool: program } = await prometheusPrograms();
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {}); // it may end without reading it
  const { code, stdout, stderr } = await child.output();
  await fed;
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, said: text(stdout) + text(stderr) };
}

/** Runs `promtool check rules` on rules as a PrometheusRule's `spec` has them. */
export async function checkRules(spec: unknown): Promise<PromtoolOutput> {
  return await promtool(["check", "rules", "--lint=all", "--lint-fatal"], JSON.stringify(spec));
}

/** Runs `promtool check config` on a configuration, without a look at the files that it names. */
export async function checkConfig(text: string): Promise<PromtoolOutput> {
  const file = await Deno.makeTempFile({ prefix: "prometheus-", suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    return await promtool(["check", "config", "--syntax-only", file]);
  } finally {
    await Deno.remove(file);
  }
}

/** Runs `promtool check metrics` on what a program answers to Prometheus in the text format. */
export async function checkMetrics(text: string): Promise<PromtoolOutput> {
  return await promtool(["check", "metrics"], text);
}

/** A rule test as promtool reads it. */
function unitTest({ name, interval = 60, series, firing, told = [] }: RuleTest): unknown {
  return {
    name,
    interval: `${interval}s`,
    input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
    alert_rule_test: told.map(({ at, alert, labels, annotations }) => ({
      eval_time: at,
      alertname: alert,
      exp_alerts: [{ exp_labels: labels, exp_annotations: annotations }],
    })),
    promql_expr_test: Object.entries(firing).map(([eval_time, alerts]) => ({
      expr: 'ALERTS{alertstate="firing"}',
      eval_time,
      exp_samples: alerts.map((labels) => ({
        labels: seriesName("ALERTS", { ...labels, alertstate: "firing" }),
        value: 1,
      })),
    })),
  };
}

/** Runs `promtool test rules`: the alerts that the rules of PrometheusRules (their `spec`s) make of series. */
export async function testRules(
  specs: readonly unknown[],
  tests: readonly RuleTest[],
): Promise<PromtoolOutput> {
  const directory = await Deno.makeTempDir({ prefix: "promtool-" });
  try {
    const names = specs.map((_, at) => `rules-${at}.json`);
    for (const [at, name] of names.entries()) {
      await Deno.writeTextFile(`${directory}/${name}`, JSON.stringify(specs[at]));
    }
    const file = {
      rule_files: names,
      evaluation_interval: "30s",
      tests: tests.map(unitTest),
    };
    await Deno.writeTextFile(`${directory}/tests.json`, JSON.stringify(file));
    return await promtool(["test", "rules", `${directory}/tests.json`]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

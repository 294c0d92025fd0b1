/** Every metric, every alert, and what the dashboard shows. */

import type { MetricTable } from "../../metrics/metric.ts";
import { prometheusRuleSpec } from "../../plan/prometheus_rule.ts";
import { markdownTable } from "./markdown_table.ts";

/** The namespace of an installation that nobody changed. */
const namespace = "openshift-file-integrity";

/** A table of metrics. */
export function metricTable(metrics: MetricTable): string {
  return markdownTable(
    ["metric", "type", "labels", "meaning"],
    Object.entries(metrics).map(([name, { type, labels, help, buckets }]) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(", "),
      `${help}.${buckets === undefined ? "" : ` Buckets, in seconds: ${buckets.join(", ")}.`}`,
    ]),
  );
}

/** Labels of a series, as words to put in. */
const named = (text: string): string =>
  text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => label.toUpperCase());

/** A section for each alert. */
export function alertSections(): string {
  return prometheusRuleSpec(namespace).groups.flatMap(({ rules }) => rules)
    .map(({ alert, expr, for: lasting, labels: { severity }, annotations }) =>
      [
        `### ${alert}`,
        `${named(annotations.summary)}. Severity: ${severity}; told ${
          lasting === undefined ? "at once" : `after ${lasting}`
        }.`,
        `\`\`\`promql\n${expr}\n\`\`\``,
        `${named(annotations.description)}.`,
      ].join("\n\n")
    ).join("\n\n");
}

/** As much of a dashboard as is told. */
export interface Dashboard {
  panels: { type: string; title: string; description?: string }[];
}

/** What each row of the dashboard shows. */
export function dashboardList({ panels }: Dashboard): string {
  const rows: { title: string; panels: string[] }[] = [];
  for (const { type, title } of panels) {
    if (type === "row") rows.push({ title, panels: [] });
    else rows.at(-1)?.panels.push(title);
  }
  return rows.map((row) => `- **${row.title}**: ${row.panels.join("; ")}`).join("\n");
}

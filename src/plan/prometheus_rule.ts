/** The rules of the PrometheusRule of prometheus-operator: what Prometheus warns of. */

import { type Alert, alerts } from "./alerts.ts";
import { metricsLabels, metricsName } from "./service_monitor.ts";

/** Name of the PrometheusRule, as the existing operator has it. */
export const prometheusRuleName = "file-integrity";

/** An alert as Prometheus reads it. */
export interface AlertRule {
  alert: string;
  /** PromQL. */
  expr: string;
  for?: string;
  labels: { severity: string; namespace: string };
  /** Templates of Go's text/template. */
  annotations: { summary: string; description: string };
}

/** `spec` of a PrometheusRule, as far as this program fills it in. */
export interface PrometheusRuleSpec {
  groups: { name: string; rules: AlertRule[] }[];
}

/** In quotes, so that it is seen where the command ends. */
const kubectlIn = (namespace: string) => (args: string): string =>
  `\`kubectl -n ${namespace} ${args}\``;

type Series = Parameters<Alert["condition"]>[0];

/** Series of one installation only: each has a PrometheusRule of its own, and one Prometheus may have them all. */
function seriesIn(namespace: string): Series {
  return (metric, ...matchers) =>
    `file_integrity_operator_${metric}{${[`namespace="${namespace}"`, ...matchers].join(",")}}`;
}

/**
 * While nobody leads, as when the operator is updated, its series are gone, and an alert would end although nothing is
 * well again. So one that is on stays on until a leader that knows all objects says otherwise.
 */
function expression({ name, by, condition }: Alert, namespace: string): string {
  const of = seriesIn(namespace);
  return [
    condition(of),
    `or max by (${by.join(", ")}) (ALERTS{alertname="${name}",namespace="${namespace}"})`,
    `  unless on () (${of("caches_synced")} == 1)`,
  ].join("\n");
}

function rule(alert: Alert, namespace: string): AlertRule {
  const { name, severity, summary, description } = alert;
  return {
    alert: name,
    expr: expression(alert, namespace),
    ...(alert.for !== undefined && { for: alert.for }),
    labels: { severity, namespace },
    annotations: { summary, description: description(kubectlIn(namespace)) },
  };
}

function operatorDown(namespace: string): AlertRule {
  const kubectl = kubectlIn(namespace);
  const { name = "" } = metricsLabels;
  return {
    alert: "FileIntegrityOperatorDown",
    expr: `absent(${seriesIn(namespace)("leader")} == 1)`,
    for: "10m",
    labels: { severity: "critical", namespace },
    annotations: {
      summary: `No File Integrity Operator is at work in namespace ${namespace}`,
      description:
        `For 10 minutes Prometheus has scraped no File Integrity Operator that leads in namespace ` +
        `${namespace}. The nodes may go on with their checks, but nobody tells of the results, and ` +
        `the other alerts stand still. See whether it runs: ` +
        `${kubectl(`get deployments,pods -l name=${name}`)}; and what it says: ` +
        `${
          kubectl(`logs deployment/${name}`)
        }. Where it runs and leads, see in Prometheus under "Targets" why ServiceMonitor ${metricsName} can't be scraped`,
    },
  };
}

/** `spec` of the PrometheusRule of the installation in a namespace. */
export function prometheusRuleSpec(namespace: string): PrometheusRuleSpec {
  const groups = [...new Set(alerts.map(({ group }) => group))].map((name) => ({
    name,
    rules: alerts.filter(({ group }) => group === name).map((alert) => rule(alert, namespace)),
  }));
  return { groups: [...groups, { name: "operator", rules: [operatorDown(namespace)] }] };
}

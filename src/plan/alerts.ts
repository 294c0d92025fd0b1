/** What Prometheus warns of: when, and what it tells whoever is woken by it. */

import { annotations, labels } from "../api/labels.ts";

/** An alert about nodes or FileIntegrities. */
export interface Alert {
  name: string;
  /** The rules of a group are evaluated one after the other. */
  group: string;
  severity: "warning" | "critical";
  /** The labels that tell what it is about. */
  by: readonly string[];
  /** PromQL with a series for each that is to be told of; `of` selects the series of a metric of this installation. */
  condition(of: (metric: string, ...matchers: string[]) => string): string;
  /** How long that must last; absent where it is told at once. */
  for?: string;
  summary: string;
  /** What it means, and the next command; `kubectl` quotes one for the operator's namespace. */
  description(kubectl: (args: string) => string): string;
}

const byNode = ["fileintegrity", "node"];
const node = "{{ $labels.node }}";
const fileIntegrity = "{{ $labels.fileintegrity }}";
const status = `fileintegritynodestatus ${fileIntegrity}-${node}`;

const lostBaseline = "baseline-lost|baseline-altered";

/** Of several replicas, and of the one before a restart, one tells. */
const most = (by: readonly string[], series: string): string =>
  `max by (${by.join(", ")}) (${series})`;

const reInit = `annotate fileintegrity ${fileIntegrity} ${annotations.reInit}=${node}`;

/** All but the one that the operator itself is gone. */
export const alerts: readonly Alert[] = [
  {
    name: "NodeHasIntegrityFailure", // as the existing operator has it, and its group
    group: "node-failed",
    severity: "warning",
    by: byNode,
    condition: (of) => `${most(byNode, of("node_failed"))} > 0`,
    summary: `Node ${node} has a file integrity failure`,
    description: (kubectl) =>
      `Files of node ${node} differ from the baseline of FileIntegrity ${fileIntegrity}. See ` +
      `which, and the ConfigMap with the log: ${kubectl(`get ${status} -o yaml`)}. Where the ` +
      `changes are meant to be, take a new baseline: ${kubectl(reInit)}`,
  },
  {
    name: "NodeIntegrityBaselineLost",
    group: "node-baseline",
    severity: "critical",
    by: [...byNode, "reason"],
    condition: (of) =>
      `${most([...byNode, "reason"], of("node_errored", `reason=~"${lostBaseline}"`))} > 0`,
    summary: `The baseline of node ${node} is gone or was altered`,
    description: (kubectl) =>
      `The database that FileIntegrity ${fileIntegrity} holds the files of node ${node} against ` +
      "is not the one that was recorded ({{ $labels.reason }}), so changes can't be told any " +
      "more. A new disk does that, or somebody who is root on the node and hides something. See " +
      `what is known: ${kubectl(`get ${status} -o yaml`)}. Once you trust the node, take a new ` +
      `baseline: ${kubectl(reInit)}`,
  },
  {
    name: "NodeIntegrityCoverageShrunk",
    group: "node-baseline",
    severity: "warning",
    by: byNode,
    condition: (of) => {
      const baseline = of("node_baseline_entries");
      return [
        `${most(byNode, of("node_coverage_ratio"))} < 0.9`,
        `or ${most(byNode, baseline)}`,
        `  < 0.9 * ${most(byNode, `max_over_time(${baseline}[1d])`)}`,
      ].join("\n");
    },
    summary: `Less than 90 % of the files of node ${node} are still checked`,
    description: (kubectl) =>
      `FileIntegrity ${fileIntegrity} finds more than a tenth fewer files on node ${node} than its ` +
      "baseline has, or than an earlier baseline of the last day had. See both numbers, and why " +
      `the baseline was taken: ${
        kubectl(`get ${status} -o yaml`)
      }. Where a new configuration was ` +
      "meant to select less, this ends by itself within a day; else look for what is no longer " +
      "mounted or selected on the node, and which configuration is active: " +
      kubectl(`get configmap ${fileIntegrity} -o yaml`),
  },
  {
    name: "NodeIntegrityCheckErrored",
    group: "node-checks",
    severity: "warning",
    by: byNode,
    // Without the reason, which may be another one with each scan. Those left out are told by an alert of their own.
    condition: (of) => `${most(byNode, of("node_errored", `reason!~"${lostBaseline}"`))} > 0`,
    for: "10m",
    summary: `The file integrity checks of node ${node} fail`,
    description: (kubectl) =>
      `The checks of node ${node} by FileIntegrity ${fileIntegrity} have come to no verdict for ` +
      "10 minutes, so changes may go unseen. See why, and what to do: " +
      kubectl(`get ${status} -o jsonpath='{.lastResult.errorMessage}'`),
  },
  {
    name: "NodeIntegrityCheckStale",
    group: "node-checks",
    severity: "warning",
    by: byNode,
    condition: (of) => `${most(byNode, of("node_stale"))} > 0`,
    for: "5m",
    summary: `Node ${node} does not report its file integrity checks`,
    description: (kubectl) =>
      `Node ${node} has not reported a check for FileIntegrity ${fileIntegrity} in the time that ` +
      "one takes. See whether its pod runs: " +
      kubectl(`get pods -l ${labels.pod} --field-selector spec.nodeName=${node} -o wide`) +
      `; and what it says: ${kubectl("logs POD")}`,
  },
  {
    name: "NodeIntegrityCheckHeldTooLong",
    group: "node-checks",
    severity: "warning",
    by: byNode,
    condition: (of) =>
      `time() - ${most(byNode, of("node_held_since_timestamp_seconds"))} > 24 * 60 * 60`,
    summary: `Node ${node} has not been checked for more than a day: its checks are held`,
    description: (kubectl) =>
      `The checks of node ${node} by FileIntegrity ${fileIntegrity} are held, by an update of the ` +
      "node that does not end, or by an annotation that somebody forgot. See which: " +
      `${kubectl(`describe fileintegrity ${fileIntegrity}`)}. Where it is the annotation, remove ` +
      `it: ${kubectl(`annotate fileintegrity ${fileIntegrity} ${annotations.holdoff}-`)}`,
  },
  {
    name: "FileIntegrityInError",
    group: "file-integrity",
    severity: "warning",
    by: ["fileintegrity"],
    condition: (of) => `${most(["fileintegrity"], of("phase", 'phase="Error"'))} > 0`,
    for: "5m",
    summary: `FileIntegrity ${fileIntegrity} can't be carried out as it is`,
    description: (kubectl) =>
      `FileIntegrity ${fileIntegrity} has been in phase Error for 5 minutes: what it asks for is ` +
      "not in force. See why, and what to do, in its conditions and events: " +
      kubectl(`describe fileintegrity ${fileIntegrity}`),
  },
];

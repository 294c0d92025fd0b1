import type { Toleration } from "../api/file_integrity.ts";
import type { ObservedNode, Taint } from "./observed.ts";

// What the DaemonSet controller adds to every pod, so that a node with one of these taints is scanned as well.
const always: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

const integer = /^-?(0|[1-9][0-9]*)$/;

function comparesTo(taint: string | undefined, than: string | undefined, less: boolean): boolean {
  if (!integer.test(taint ?? "") || !integer.test(than ?? "")) return false;
  const [a, b] = [BigInt(taint ?? ""), BigInt(than ?? "")];
  return less ? a < b : a > b;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = "", operator = "Equal", value = "", effect = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  switch (operator) {
    case "Exists":
      return true;
    case "Lt":
    case "Gt":
      return comparesTo(taint.value, value, operator === "Lt");
    default:
      return key !== "" && value === (taint.value ?? "");
  }
}

/** Whether the DaemonSet controller runs a pod with this selector and these tolerations on a node. */
export function selectsNode(
  { nodeSelector, tolerations }: {
    nodeSelector: Readonly<Record<string, string>>;
    tolerations: readonly Toleration[];
  },
  { labels, taints }: Pick<ObservedNode, "labels" | "taints">,
): boolean {
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (labels[key] !== value) return false;
  }
  const all = [...always, ...tolerations];
  return taints
    .filter(({ effect }) => effect === "NoSchedule" || effect === "NoExecute")
    .every((taint) => all.some((toleration) => tolerates(toleration, taint)));
}

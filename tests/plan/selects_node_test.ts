import { assertEquals } from "@std/assert";
import type { Toleration } from "../../src/api/file_integrity.ts";
import { selectsNode } from "../../src/plan/selects_node.ts";
import type { Taint } from "../../src/plan/observed.ts";
import { node } from "./model_cluster.ts";

interface Case {
  selector?: Record<string, string>;
  labels?: Record<string, string>;
  taints?: Taint[];
  tolerations?: Toleration[];
  runs: boolean;
}

const master: Taint = { key: "node-role.kubernetes.io/master", effect: "NoSchedule" };

const cases: Record<string, Case> = {
  "no selector takes every node": { labels: { a: "b" }, runs: true },
  "a label with its value": { selector: { a: "" }, labels: { a: "", b: "c" }, runs: true },
  "a label with another value": { selector: { a: "1" }, labels: { a: "2" }, runs: false },
  "a label that is missing": { selector: { a: "" }, runs: false },
  "a taint that nobody tolerates": { taints: [master], runs: false },
  "a taint that is tolerated by key": {
    taints: [master],
    tolerations: [{ key: master.key, operator: "Exists" }],
    runs: true,
  },
  "a toleration of another effect": {
    taints: [master],
    tolerations: [{ key: master.key, operator: "Exists", effect: "NoExecute" }],
    runs: false,
  },
  "a toleration of everything": {
    taints: [master, { key: "x", value: "y", effect: "NoExecute" }],
    tolerations: [{ operator: "Exists" }],
    runs: true,
  },
  "Equal is the default, and compares": {
    taints: [{ key: "x", value: "y", effect: "NoSchedule" }],
    tolerations: [{ key: "x", value: "z" }],
    runs: false,
  },
  "Equal with the value": {
    taints: [{ key: "x", value: "y", effect: "NoSchedule" }],
    tolerations: [{ key: "x", value: "y" }],
    runs: true,
  },
  "Equal without a value is an empty one": {
    taints: [{ key: "x", effect: "NoSchedule" }],
    tolerations: [{ key: "x" }],
    runs: true,
  },
  "a preference keeps no pod away": {
    taints: [{ key: "x", effect: "PreferNoSchedule" }],
    runs: true,
  },
  "a node that is down, or cordoned, is scanned": {
    taints: [
      { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
      { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
      { key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" },
    ],
    runs: true,
  },
  "a node that is not ready yet is not scanned where that says NoSchedule": {
    taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }],
    runs: false,
  },
  "a number below": {
    taints: [{ key: "sla", value: "5", effect: "NoSchedule" }],
    tolerations: [{ key: "sla", operator: "Lt", value: "10" }],
    runs: true,
  },
  "a number not above": {
    taints: [{ key: "sla", value: "5", effect: "NoSchedule" }],
    tolerations: [{ key: "sla", operator: "Gt", value: "10" }],
    runs: false,
  },
};

for (
  const [name, { selector = {}, labels = {}, taints = [], tolerations = [], runs }] of Object
    .entries(cases)
) {
  Deno.test(`selects node: ${name}`, () => {
    assertEquals(
      selectsNode({ nodeSelector: selector, tolerations }, node("n", { labels, taints })),
      runs,
    );
  });
}

/** What the guides say of conditions and events is what the plan decides: no more, and no less. */

import { assertEquals } from "@std/assert";
import { type ConditionGuide, conditionGuide } from "../../src/api/guide/condition_guide.ts";
import { eventGuide, type EventMessage } from "../../src/api/guide/event_guide.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import type { ConditionReason } from "../../src/api/reasons.ts";
import { digestText } from "../../src/base/digest.ts";
import type { Observed } from "../../src/plan/observed.ts";
import { tookInEvent } from "../../src/plan/plan_leftovers.ts";
import { reconcilePlan } from "../../src/plan/reconcile_plan.ts";
import type { EventDraft } from "../../src/plan/told.ts";
import { timestamp } from "../../src/base/timestamp.ts";
import { baseline, defaultConfig, ModelCluster, node, worker } from "./model_cluster.ts";

/** Conditions and events that plans lead to. */
class Seen {
  readonly conditions = new Set<string>();
  readonly events = new Map<string, { type: string; message: string }>();

  /** Carries out plans until there is nothing left to do. */
  settle(cluster: ModelCluster): void {
    for (let more = true; more;) {
      more = cluster.step().length > 0;
      this.#conditions(cluster.fileIntegrity.status?.conditions);
    }
    for (const event of cluster.events.values()) this.tell(event);
  }

  tell({ type, reason, message }: EventDraft): void {
    this.events.set(`${reason} ${type} ${message}`, { type, message });
  }

  /** Decides once, with something that is observed otherwise. */
  decide(cluster: ModelCluster, other: Partial<Observed>): void {
    const options = { now: cluster.now, timestamp: timestamp(cluster.now), defaultConfig };
    this.#conditions(reconcilePlan({ ...cluster.observed(), ...other }, options).status.conditions);
  }

  #conditions(
    all: readonly { type: string; status: string; reason: string }[] | undefined,
  ): void {
    for (const { type, status, reason } of all ?? []) {
      this.conditions.add(`${reason}: ${type} ${status}`);
    }
  }
}

const day = 24 * 60 * 60_000;

function annotate(cluster: ModelCluster, notes: Record<string, string>): void {
  const { metadata } = cluster.fileIntegrity;
  cluster.fileIntegrity = {
    ...cluster.fileIntegrity,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...notes } },
  };
}

function started(
  seen: Seen,
  spec: Partial<NonNullable<typeof worker.spec>> = {},
): ModelCluster {
  const cluster = new ModelCluster(["a", "b"].map((name) => node(name)), {
    ...worker,
    spec: { config: {}, ...spec },
  });
  seen.settle(cluster);
  cluster.allReport();
  seen.settle(cluster);
  return cluster;
}

function results(seen: Seen): void {
  const cluster = started(seen);
  const log = { resultConfigMapName: "log", resultConfigMapNamespace: "ns" };
  cluster.report("a", { condition: "Failed", filesChanged: 1, ...log });
  seen.settle(cluster);
  cluster.report("a", { condition: "Errored", errorMessage: "Why", errorReason: "killed" });
  seen.settle(cluster);
  const took = { added: 0, changed: 1, removed: 0, note: "Not all is known", ...log };
  const { configDigest = "" } = cluster.fileIntegrity.status ?? {};
  cluster.report("a", {}, baseline(configDigest, { digest: "sha256:b2", absorbed: took }));
  seen.settle(cluster);
}

function holds(seen: Seen): void {
  const cluster = started(seen);
  annotate(cluster, { [annotations.holdoff]: "a,nobody", [annotations.reInit]: "a,nobody" });
  seen.settle(cluster);
  cluster.now += day;
  cluster.report("b", {});
  seen.settle(cluster);
  const silent = started(seen);
  silent.now += day;
  seen.settle(silent);
}

function configurations(seen: Seen): void {
  const cluster = started(seen);
  const config = { name: "mine", namespace: "ns" };
  cluster.fileIntegrity = { ...cluster.fileIntegrity, spec: { config } };
  for (const state of ["not-found", "key-not-found", "forbidden", "refused"] as const) {
    cluster.config = { state, message: `It is ${state}` };
    seen.settle(cluster);
  }
  seen.decide(cluster, { config: { state: "pending", message: "It can't be checked for now" } });
  const text = "mine";
  const accepted = (origin: "user" | "default"): Observed["config"] => ({
    ...{ state: "accepted", origin, digest: digestText(text), text, remarks: [] },
  });
  cluster.config = accepted("user");
  seen.settle(cluster);
  cluster.config = { ...accepted("default"), ...defaultConfig };
  seen.settle(cluster);
  // Another version of the operator, with another default policy.
  cluster.config = accepted("default");
  seen.settle(cluster);
}

function specs(seen: Seen): void {
  started(seen, { config: { gracePeriod: 1 } });
  started(seen, { nodeSelector: { nobody: "" } });
  const delayed = new ModelCluster([node("a")], {
    ...worker,
    spec: { config: { initialDelay: 60 } },
  });
  seen.settle(delayed);
  const classed = started(seen, { priorityClassName: "none" });
  classed.priorityClass = "missing";
  seen.settle(classed);
  const refused = started(seen);
  refused.refuses = "It can't be";
  refused.daemonSet = undefined;
  seen.settle(refused);
}

function clusters(seen: Seen): void {
  const cluster = started(seen);
  const other = new ModelCluster(cluster.nodes, {
    ...worker,
    metadata: { ...worker.metadata, uid: "other" },
  });
  Object.assign(other, { statuses: cluster.statuses, living: new Set(["fi-uid", "other"]) });
  seen.settle(other);
  for (const state of ["missing", "unsupported", "unknown"] as const) {
    seen.decide(cluster, { admission: { state, message: "Why" } });
  }
}

function movingOver(seen: Seen): void {
  const cluster = new ModelCluster([node("a")], { ...worker, status: { phase: "Active" } });
  cluster.left.results = [{
    metadata: {
      ...{ name: "aide-worker-a", namespace: "ns", uid: "result" },
      labels: { [labels.node]: "a", [labels.owner]: "worker" },
      creationTimestamp: "2025-12-31T01:00:00Z",
    },
    condition: "Failed",
  }];
  const script = "#!/bin/sh\nsleep infinity";
  cluster.left.scripts = [{
    metadata: { name: "aide-pause", namespace: "ns", uid: "script" },
    content: { data: { "pause.sh": script } },
  }];
  seen.settle(cluster);
  // Told by whoever carries the plan out, with what is known by then.
  const result = { condition: "Failed", lastProbeTime: "2025-12-31T01:00:00Z" } as const;
  const event = tookInEvent(cluster.fileIntegrity, "a", result);
  if (event !== undefined) seen.tell(event);
}

/** Everything that can be seen. */
function everything(): Seen {
  const seen = new Seen();
  for (const play of [results, holds, configurations, specs, clusters, movingOver]) play(seen);
  return seen;
}

Deno.test("guide: every condition that is ever given is in it, and no other but planned ones", () => {
  const entries = Object.entries<readonly ConditionGuide[]>(conditionGuide) as [
    ConditionReason,
    readonly ConditionGuide[],
  ][];
  const told = entries.flatMap(([reason, ways]) =>
    ways.filter(({ planned }) => planned !== true)
      .map(({ type, status }) => `${reason}: ${type} ${status}`)
  );
  assertEquals([...everything().conditions].sort(), told.sort());
});

// What stands for what differs: a word in capitals. The message of another object may be any text.
const variable =
  /\b(NODES?|WHY|N|NAMESPACE|CONFIGMAP|NOTE|MESSAGE|NAME|OBJECTS|TIME|CONDITION|DETAILS)\b/g;

/** A pattern for the messages that a template stands for. */
function pattern(template: string): RegExp {
  const source = template.replace(/[.*+?^${}()|\\]/g, "\\$&")
    .replaceAll("[", "(?:").replaceAll("]", ")?")
    .replace(variable, (word) => word === "N" ? "\\d+" : ".+");
  return new RegExp(`^${source}$`);
}

Deno.test("guide: every event that is ever told is in it, and no other", () => {
  const unknown: string[] = [];
  const unseen = new Set(
    Object.entries(eventGuide).flatMap(([reason, messages]) =>
      messages.map(({ type, message }) => `${reason} ${type} ${message}`)
    ),
  );
  for (const [key, { type, message }] of everything().events) {
    const [reason = ""] = key.split(" ");
    const all: readonly EventMessage[] = eventGuide[reason as keyof typeof eventGuide];
    const fitting = all.filter((one) => one.type === type && pattern(one.message).test(message));
    if (fitting.length === 0) unknown.push(key);
    for (const one of fitting) unseen.delete(`${reason} ${one.type} ${one.message}`);
  }
  assertEquals(unknown, []);
  assertEquals([...unseen], []);
});

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { annotations } from "../../src/api/labels.ts";
import { EventRecorder } from "../../src/kube/event_recorder.ts";
import type { KubeApi } from "../../src/kube/kube_api.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import { actionCounts } from "../../src/metrics/action_counts.ts";
import {
  type CarryOut,
  carryOut,
  DaemonSetRefused,
  type FreshObjects,
} from "../../src/operator/carry_out.ts";
import { Freshest } from "../../src/operator/freshest.ts";
import { changeKey, isDaemonSetChange } from "../../src/plan/refused_change.ts";
import { SimulatedClock } from "../kube/simulated_clock.ts";
import { ModelCluster, node } from "../plan/model_cluster.ts";

function nothingWritten(): FreshObjects {
  const cache = { version: "1", syncedAt: 0 };
  const clock = { monotonic: () => 0 };
  return {
    fileIntegrities: new Freshest(cache, clock),
    nodeStatuses: new Freshest(cache, clock),
    daemonSets: new Freshest(cache, clock),
    configMaps: new Freshest(cache, clock),
  };
}

/** Carries out the plan of a cluster on an API server that fails as it is told to; gives what that counts. */
function world(cluster: ModelCluster): {
  fails: { patches: boolean; events: boolean };
  carryOut(): Promise<void>;
  counted(): string[];
} {
  const fails = { patches: false, events: false };
  const names = new Set<string>();
  const api = {
    create: (_resource: unknown, event: { metadata: { name: string } }) => {
      if (fails.events) return Promise.reject(new KubeError("unavailable", "away"));
      if (names.has(event.metadata.name)) {
        return Promise.reject(new KubeError("already-exists", "it is there"));
      }
      names.add(event.metadata.name);
      return Promise.resolve(event);
    },
    mergePatch: () =>
      fails.patches
        ? Promise.reject(new KubeError("unavailable", "away"))
        : Promise.resolve({ metadata: { name: "x" }, nodeName: "x" }),
  } as unknown as KubeApi;
  const counts: string[] = [];
  return {
    fails,
    counted: () => counts.splice(0).sort(),
    carryOut: async () => {
      const { fileIntegrity, nodeStatuses } = cluster.observed();
      const { actions, status } = cluster.plan();
      const work: CarryOut = {
        ...{ api, fileIntegrity, notesMayWait: false },
        // Of a process that has just begun: what was told, only the API server knows.
        events: new EventRecorder({
          ...{ api, component: "x", instance: "x", clock: new SimulatedClock() },
        }),
        fresh: nothingWritten(),
        signal: new AbortController().signal,
        onDone: (action, told) => {
          const done = { action, told, fileIntegrity, status };
          const byName = new Map(nodeStatuses.map((one) => [one.metadata.name, one]));
          for (const { name, labels } of actionCounts({ ...done, nodeStatuses: byName })) {
            counts.push(`${name.replace("file_integrity_operator_", "")} ${labels.node ?? ""}`);
          }
        },
      };
      const ofNodes = actions.filter(({ kind }) => kind === "update-node-status");
      await carryOut(work, ofNodes);
    },
  };
}

/** A node that has failed and is being updated: to be told, and to be held. */
function failedAndUpdated(): ModelCluster {
  const cluster = new ModelCluster([node("a")]);
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  cluster.now += 60_000;
  cluster.report("a", { condition: "Failed" });
  cluster.nodes = [node("a", { update: { state: "updating" } })];
  const [action] = cluster.plan().actions;
  assertEquals(action?.kind, "update-node-status");
  const patch = action?.kind === "update-node-status" ? action.patch : undefined;
  const notes = patch?.annotations as Record<string, string> | undefined;
  assertEquals(notes?.[annotations.holdoff], "node-update");
  return cluster;
}

Deno.test("carry out: what is told and what is asked of a node count when they are done", async () => {
  const { carryOut, counted } = world(failedAndUpdated());
  await carryOut();
  assertEquals(counted(), ["node_status_total a", "pause_total a"]);
});

Deno.test("carry out: what was told counts once, whatever becomes of the write that follows it", async () => {
  const { carryOut, counted, fails } = world(failedAndUpdated());
  fails.patches = true;
  await assertRejects(carryOut, KubeError, "away");
  assertEquals(counted(), ["node_status_total a"]);
  await assertRejects(carryOut, KubeError, "away");
  assertEquals(counted(), []);
  fails.patches = false;
  await carryOut();
  assertEquals(counted(), ["pause_total a"]);
});

Deno.test("carry out: what could not be told does not count", async () => {
  const { carryOut, counted, fails } = world(failedAndUpdated());
  fails.events = true;
  await assertRejects(carryOut, KubeError, "away");
  assertEquals(counted(), []);
  fails.events = false;
  await carryOut();
  assertEquals(counted(), ["node_status_total a", "pause_total a"]);
});

Deno.test("carry out: a DaemonSet that can't be is told apart from one that can't be made now", async () => {
  const cluster = new ModelCluster([node("a")]);
  cluster.step(); // the first look makes nothing
  const { fileIntegrity } = cluster.observed();
  const actions = cluster.plan().actions.filter(isDaemonSetChange);
  assertEquals(actions.length, 1);
  const tried = async (error: KubeError): Promise<unknown> => {
    const api = { create: () => Promise.reject(error) } as unknown as KubeApi;
    const clock = new SimulatedClock();
    const work: CarryOut = {
      ...{ api, fileIntegrity, notesMayWait: false, onDone: () => {} },
      events: new EventRecorder({ api, component: "x", instance: "x", clock }),
      fresh: nothingWritten(),
      signal: new AbortController().signal,
    };
    return await carryOut(work, actions).catch((caught) => caught);
  };
  const status = { message: "spec.x: Invalid value" };
  const invalid = await tried(new KubeError("invalid", "Cannot create it", { status }));
  assertInstanceOf(invalid, DaemonSetRefused);
  assertEquals(invalid.refused, {
    change: actions.map(changeKey)[0] ?? "",
    message: "spec.x: Invalid value",
  });
  const webhook = new KubeError("forbidden", 'admission webhook "x" denied the request: no');
  assertInstanceOf(await tried(webhook), DaemonSetRefused);
  // A permission that is missing is the installation's matter, and an outage is over some time.
  for (
    const error of [
      new KubeError("forbidden", 'cannot create resource "daemonsets"'),
      new KubeError("unavailable", "away"),
    ]
  ) assertEquals(await tried(error), error);
});

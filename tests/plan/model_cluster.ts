import { effectiveSpec } from "../../src/api/effective.ts";
import type { FileIntegrity } from "../../src/api/file_integrity.ts";
import { isMovingOver } from "../../src/api/existing_operator.ts";
import type { Baseline, LastResult } from "../../src/api/node_status.ts";
import { annotations } from "../../src/api/labels.ts";
import { digestText } from "../../src/base/digest.ts";
import type { Action, Plan } from "../../src/plan/action.ts";
import type {
  Observed,
  ObservedChild,
  ObservedNode,
  ObservedNodeStatus,
  OldResult,
} from "../../src/plan/observed.ts";
import { resultPatch } from "../../src/plan/moved_over.ts";
import { reconcilePlan } from "../../src/plan/reconcile_plan.ts";
import { changeKey, isDaemonSetChange, type RefusedChange } from "../../src/plan/refused_change.ts";
import type { EventDraft } from "../../src/plan/told.ts";
import { timestamp } from "../../src/base/timestamp.ts";

type Group = Record<string, unknown>;

/** A merge patch (RFC 7386), applied. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Group = typeof target === "object" && target !== null && !Array.isArray(target)
    ? { ...target as Group }
    : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatched(result[key], value);
  }
  return result;
}

const without = <T extends { metadata: { uid?: string } }>(all: T[], { uid }: { uid: string }) =>
  all.filter(({ metadata }) => metadata.uid !== uid);

/** A node that is ready, with what is not given filled in. */
export function node(name: string, more: Partial<ObservedNode> = {}): ObservedNode {
  return {
    name,
    uid: `uid-${name}`,
    labels: {},
    taints: [],
    ready: true,
    update: { state: "idle" },
    ...more,
  };
}

/** A baseline for the configuration with this digest. */
export function baseline(configDigest: string, more: Partial<Baseline> = {}): Baseline {
  return {
    digest: "sha256:b1",
    configDigest,
    entries: 100,
    aideVersion: "0.19.1",
    created: "2026-01-01T00:00:00Z",
    reason: "first",
    ...more,
  };
}

/** The FileIntegrity that most tests begin with. */
export const worker: FileIntegrity = {
  apiVersion: "fileintegrity.openshift.io/v1alpha1",
  kind: "FileIntegrity",
  metadata: {
    name: "worker",
    namespace: "ns",
    uid: "fi-uid",
    generation: 1,
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: { config: {} },
};

/** The configuration of the default policy, in short. */
export const defaultConfig = { text: "default", digest: digestText("default") };

/**
 * One FileIntegrity and what belongs to it, in memory: plans are carried out on it as the API server would, so that a
 * test sees where one plan after the other leads.
 */
export class ModelCluster {
  fileIntegrity: FileIntegrity;
  nodes: ObservedNode[];
  statuses = new Map<string, ObservedNodeStatus>();
  daemonSet: ObservedChild | undefined;
  configMap: ObservedChild | undefined;
  config: Observed["config"] = {
    ...{ state: "accepted", origin: "default", remarks: [] },
    ...defaultConfig,
  };
  priorityClass: Observed["priorityClass"];
  lastWritten: Observed["lastWritten"];
  leftConfig: Observed["leftConfig"];
  /** What the API server says to every DaemonSet; undefined where it takes them. */
  refuses: string | undefined;
  /** What it refused last. */
  refusedChange: RefusedChange | undefined;
  /** What the existing operator left; ConfigMaps of results have `data`. */
  left = {
    results: [] as OldResult[],
    scripts: [] as ObservedChild[],
    daemonSets: [] as ObservedChild[],
  };
  /** Logs and configurations that were kept. */
  kept: string[] = [];
  expectedBefore: ReadonlySet<string> | undefined;
  living = new Set(["fi-uid"]);
  image = "image:1";
  now = Date.parse("2026-01-01T00:00:00Z");
  /** Every event, by what makes it one. */
  events = new Map<string, EventDraft>();
  #ids = 0;

  constructor(nodes: ObservedNode[], fileIntegrity: FileIntegrity = worker) {
    this.nodes = nodes;
    this.fileIntegrity = structuredClone(fileIntegrity);
  }

  /** What the operator would see. */
  observed(): Observed {
    const { spec, adjustments } = effectiveSpec(this.fileIntegrity);
    return {
      ...{ fileIntegrity: this.fileIntegrity, spec, adjustments, config: this.config },
      nodes: this.nodes,
      nodeStatuses: [...this.statuses.values()],
      failedNodes: [...this.statuses.values()]
        .filter(({ lastResult }) => lastResult?.condition === "Failed")
        .map(({ nodeName }) => nodeName),
      image: this.image,
      admission: { state: "in-force" },
      living: this.living,
      freshID: `id-${this.#ids}`,
      ...(this.daemonSet !== undefined && { daemonSet: this.daemonSet }),
      ...(this.configMap !== undefined && { configMap: this.configMap }),
      ...(this.leftConfig !== undefined && { leftConfig: this.leftConfig }),
      ...(isMovingOver(this.fileIntegrity) && { leftovers: structuredClone(this.left) }),
      ...(this.refusedChange !== undefined && { refusedChange: this.refusedChange }),
      ...(this.priorityClass !== undefined && { priorityClass: this.priorityClass }),
      ...(this.lastWritten !== undefined && { lastWritten: this.lastWritten }),
      ...(this.expectedBefore !== undefined && { expectedBefore: this.expectedBefore }),
    };
  }

  /** The plan for what is there now, without what is refused: it is decided anew once that is known. */
  plan(): Plan {
    const decide = (): Plan =>
      reconcilePlan(this.observed(), {
        now: this.now,
        timestamp: timestamp(this.now),
        defaultConfig,
      });
    let plan = decide();
    const refused = this.refuses === undefined ? undefined : plan.actions.find(isDaemonSetChange);
    if (refused !== undefined) {
      this.refusedChange = { change: changeKey(refused), message: this.refuses ?? "" };
      plan = decide();
      plan.actions = plan.actions.filter((action) => !isDaemonSetChange(action));
    }
    return plan;
  }

  /** Decides and carries out once; gives what was done. */
  step(): Action[] {
    const { actions, expected } = this.plan();
    for (const action of actions) this.#apply(action);
    this.expectedBefore = expected;
    this.#ids++;
    return actions;
  }

  /** Decides, and is killed after the first `count` of what is to be done. */
  carryOutOnly(count: number): void {
    for (const action of this.plan().actions.slice(0, count)) this.#apply(action);
  }

  /** Steps until there is nothing left to do; throws where that never comes. */
  settle(): void {
    for (let steps = 0; this.step().length > 0; steps++) {
      if (steps > 20) throw new Error(`Does not settle: ${JSON.stringify(this.plan().actions)}`);
    }
  }

  /** A node reports, as the daemon does. */
  report(name: string, result: Partial<LastResult>, taken?: Baseline): void {
    const status = [...this.statuses.values()].find(({ nodeName }) => nodeName === name);
    if (status === undefined) throw new Error(`${name} has no status`);
    const at = timestamp(this.now);
    this.statuses.set(status.metadata.name, {
      ...status,
      lastResult: { condition: "Succeeded", lastProbeTime: at, lastTransitionTime: at, ...result },
      ...(taken !== undefined && { baseline: taken }),
      reportedAt: this.now,
    });
  }

  /** Every node takes the baseline that it is asked for, and reports that nothing changed. */
  allReport(): void {
    const { configDigest = "" } = this.fileIntegrity.status ?? {};
    for (const { nodeName, metadata } of this.statuses.values()) {
      const id = metadata.annotations?.[annotations.reInit];
      this.report(nodeName, {}, baseline(configDigest, id === undefined ? {} : { requestID: id }));
    }
  }

  /** The status of a node. */
  status(name: string): ObservedNodeStatus | undefined {
    return [...this.statuses.values()].find(({ nodeName }) => nodeName === name);
  }

  /** A condition of the FileIntegrity. */
  condition(type: string): { status: string; reason: string; message: string } | undefined {
    return this.fileIntegrity.status?.conditions?.find((one) => one.type === type);
  }

  /** The messages of the events with a reason, in order. */
  messages(reason: string): string[] {
    return [...this.events.values()].filter((event) => event.reason === reason)
      .map(({ message }) => message);
  }

  #event(event: EventDraft): void {
    const key = JSON.stringify([event.reason, event.transition]);
    if (!this.events.has(key)) this.events.set(key, event);
  }

  #write(patch: Group): void {
    const { resourceVersion } = this.fileIntegrity.metadata;
    this.fileIntegrity = mergePatched(
      mergePatched(this.fileIntegrity, patch),
      { metadata: { resourceVersion: String(Number(resourceVersion) + 1) } },
    ) as FileIntegrity;
  }

  #apply(action: Action): void {
    switch (action.kind) {
      case "create-config-map":
        this.configMap = { metadata: action.metadata, content: { data: action.data } };
        break;
      case "patch-config-map": {
        const { metadata, ...content } = mergePatched(
          { metadata: this.configMap?.metadata, ...this.configMap?.content },
          action.patch,
        ) as Group;
        this.configMap = { metadata: metadata as ObservedChild["metadata"], content };
        break;
      }
      case "create-daemon-set":
        this.daemonSet = {
          metadata: { ...action.metadata, uid: "ds-uid" },
          content: { spec: action.spec },
          current: true,
        };
        break;
      case "patch-daemon-set": {
        const { metadata, spec } = mergePatched(
          { metadata: this.daemonSet?.metadata, ...this.daemonSet?.content },
          action.patch,
        ) as Group;
        this.daemonSet = {
          metadata: metadata as ObservedChild["metadata"],
          content: { spec },
          current: true,
        };
        break;
      }
      case "delete-daemon-set":
        if (this.daemonSet?.metadata.name === action.name) this.daemonSet = undefined;
        this.left.daemonSets = without(this.left.daemonSets, action);
        break;
      case "take-in-result": {
        this.left.results = without(this.left.results, action.configMap);
        if (action.logNames !== undefined) this.kept.push(action.logNames[0]);
        const status = this.statuses.get(action.nodeStatus ?? "");
        if (status === undefined) break;
        const patch = resultPatch(status, action.result);
        const { lastResult } = mergePatched(status, patch ?? {}) as ObservedNodeStatus;
        if (lastResult !== undefined) {
          this.statuses.set(action.nodeStatus ?? "", { ...status, lastResult });
        }
        break;
      }
      case "delete-config-map":
        this.left.scripts = without(this.left.scripts, action);
        break;
      case "keep-config":
        this.kept.push(action.metadata.name);
        break;
      case "create-node-status": {
        const metadata = {
          ...action.metadata,
          uid: `status-${action.nodeName}`,
          creationTimestamp: timestamp(this.now),
        };
        this.statuses.set(metadata.name, { metadata, nodeName: action.nodeName });
        break;
      }
      case "update-node-status": {
        action.events.forEach((event) => this.#event(event));
        const status = this.statuses.get(action.name);
        if (status === undefined) break;
        const metadata = mergePatched(status.metadata, action.patch ?? {});
        this.statuses.set(action.name, {
          ...status,
          metadata: metadata as ObservedNodeStatus["metadata"],
        });
        break;
      }
      case "delete-node-status":
        this.statuses.delete(action.name);
        break;
      case "patch-annotations":
        this.#write({ metadata: { annotations: action.annotations } });
        break;
      case "record-event":
        this.#event(action.event);
        break;
      case "patch-status":
        this.#write(action.patch);
    }
  }
}

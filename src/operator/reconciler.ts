import { effectiveSpec } from "../api/effective.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { daemonSetName, nodeStatusName } from "../api/names.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import { timestamp } from "../base/timestamp.ts";
import { actionCounts } from "../metrics/action_counts.ts";
import { EventRecorder } from "../kube/event_recorder.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import type { RunResult } from "../kube/work_queue.ts";
import type { Action, Plan } from "../plan/action.ts";
import type {
  Observed,
  ObservedAdmission,
  ObservedChild,
  ObservedNodeStatus,
} from "../plan/observed.ts";
import { type ActiveConfig, leftConfigText } from "../plan/plan_config.ts";
import { reconcilePlan } from "../plan/reconcile_plan.ts";
import {
  changeKey,
  isDaemonSetChange,
  type RefusedChange,
  refusedPause,
} from "../plan/refused_change.ts";
import { type Caches, ownerName } from "./caches.ts";
import { carryOut, DaemonSetRefused, type FreshObjects } from "./carry_out.ts";
import { type ConfigJudge, defaultConfig } from "./config_judge.ts";
import { failedNodes } from "./failed_nodes.ts";
import { Freshest } from "./freshest.ts";
import { keepConfigMap, keepDaemonSet } from "./keep.ts";
import { observeLeftovers } from "./leftovers.ts";
import type { OperatorParts } from "./parts.ts";
import type { PriorityClasses } from "./priority_classes.ts";

/** What this process remembers of a FileIntegrity between two looks. */
interface Memory {
  expected?: ReadonlySet<string>;
  lastWritten?: ActiveConfig;
  /** Patches of the DaemonSet that changed nothing: what they are about, the API server puts in itself. */
  futile?: string;
  /** The change of the DaemonSet that was refused last, and when; milliseconds of the monotonic clock. */
  refused?: RefusedChange & { at: number };
  /** Since when notes of what was told are left to a later look; milliseconds of the monotonic clock. */
  notesLeftSince?: number | undefined;
}

/** Milliseconds until a look at what was left, and for how long it may be left. */
const notesPause = 1_000;
const longestNotesPause = 10_000;

/** What a reconciler works with. */
export interface ReconcilerOptions {
  parts: OperatorParts;
  caches: Caches;
  judge: ConfigJudge;
  priorityClasses: PriorityClasses;
  /** What was found out last of the API server's policy. */
  admission(): ObservedAdmission;
}

/** Makes the cluster what each FileIntegrity asks for: observes everything, has it decided, and carries it out. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #events: EventRecorder;
  readonly #default = defaultConfig();
  readonly #memories = new Map<string, Memory>();
  readonly #fresh: FreshObjects;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { caches, parts: { api, clock, instance } } = options;
    this.#fresh = {
      fileIntegrities: new Freshest(caches.fileIntegrities, clock),
      nodeStatuses: new Freshest(caches.nodeStatuses, clock),
      daemonSets: new Freshest(caches.daemonSets, clock),
      configMaps: new Freshest(caches.configMaps, clock),
    };
    this.#events = new EventRecorder({
      api,
      clock,
      component: "file-integrity-operator",
      instance,
    });
  }

  /** One look at the FileIntegrity called `name`. Rejects with `KubeError`s; it is to be called again then. */
  async reconcile(name: string, signal: AbortSignal): Promise<RunResult> {
    const { parts, caches } = this.#options;
    const key = `${parts.namespace}/${name}`;
    const fileIntegrity = this.#fresh.fileIntegrities.of(key, caches.fileIntegrities.get(key));
    if (fileIntegrity === undefined || fileIntegrity.metadata.deletionTimestamp !== undefined) {
      return {}; // what belongs to it goes with it
    }
    const memory = this.#memory(fileIntegrity);
    let plan: Plan;
    try {
      plan = await this.#look(fileIntegrity, memory, signal);
    } catch (error) {
      if (!(error instanceof DaemonSetRefused)) throw error;
      // To be told, and all else to be done.
      if (memory.refused?.change !== error.refused.change) {
        parts.log.warn("The DaemonSet of FileIntegrity {fileIntegrity} is refused: {problem}", {
          ...{ fileIntegrity: name, problem: error.refused.message },
        });
      }
      memory.refused = { ...error.refused, at: parts.clock.monotonic() };
      plan = await this.#look(fileIntegrity, memory, signal);
    }
    memory.expected = plan.expected;
    const notesAfter = memory.notesLeftSince === undefined ? Infinity : notesPause;
    const requeueAfter = Math.min(plan.requeueAfter ?? Infinity, notesAfter);
    return requeueAfter === Infinity ? {} : { requeueAfter };
  }

  async #look(fileIntegrity: FileIntegrity, memory: Memory, signal: AbortSignal): Promise<Plan> {
    const observed = await this.#observe(fileIntegrity, memory, signal);
    const now = this.#options.parts.clock.now();
    const plan = reconcilePlan(observed, {
      now,
      timestamp: timestamp(now),
      defaultConfig: this.#default,
    });
    await this.#carryOut(observed, plan, memory, signal);
    return plan;
  }

  #memory({ metadata: { uid = "" } }: FileIntegrity): Memory {
    const living = new Set(
      [...this.#options.caches.fileIntegrities.values()].map((one) => one.metadata.uid),
    );
    for (const known of this.#memories.keys()) if (!living.has(known)) this.#memories.delete(known);
    const memory = this.#memories.get(uid) ?? {};
    this.#memories.set(uid, memory);
    return memory;
  }

  /** What tells the node statuses of a FileIntegrity, and those in the places of its own, from others. */
  #belongsTo({ metadata: { name } }: FileIntegrity): (status: ObjectMeta) => boolean {
    const nodes = new Set(
      [...this.#options.caches.nodes.values()].map((node) => nodeStatusName(name, node.name)),
    );
    return (status) => ownerName(status) === name || nodes.has(status.name);
  }

  #statuses(belongs: (status: ObjectMeta) => boolean): ObservedNodeStatus[] {
    const { caches, parts: { namespace } } = this.#options;
    const found: ObservedNodeStatus[] = [];
    for (const cached of caches.reportedStatuses()) {
      const { metadata } = cached;
      if (!belongs(metadata)) continue;
      const fresh = this.#fresh.nodeStatuses.of(`${namespace}/${metadata.name}`, cached);
      if (fresh === undefined) continue;
      const { reportedAt } = cached;
      found.push(fresh === cached || reportedAt === undefined ? fresh : { ...fresh, reportedAt });
    }
    const isCached = (key: string): boolean => caches.nodeStatuses.get(key) !== undefined;
    for (const made of this.#fresh.nodeStatuses.made(isCached)) {
      if (belongs(made.metadata)) found.push(made);
    }
    return found;
  }

  /** A child that the cache does not have may be there without the label by which it is followed. */
  async #child(
    cached: ObservedChild | undefined,
    fetch: () => Promise<ObservedChild>,
    signal: AbortSignal,
  ): Promise<ObservedChild | undefined> {
    if (cached !== undefined) return cached;
    try {
      return await fetch();
    } catch (error) {
      signal.throwIfAborted();
      if (isKubeError(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #observe(
    fileIntegrity: FileIntegrity,
    memory: Memory,
    signal: AbortSignal,
  ): Promise<Observed> {
    const { parts: { api, image }, caches, judge, priorityClasses, admission } = this.#options;
    const { name, namespace = "" } = fileIntegrity.metadata;
    const { spec, adjustments } = effectiveSpec(fileIntegrity);
    const config = await judge.wanted(spec);
    const { priorityClassName } = spec;
    const priorityClass = priorityClassName === undefined
      ? undefined
      : await priorityClasses.find(priorityClassName, signal);
    const dsKey = `${namespace}/${daemonSetName(name)}`;
    const cmKey = `${namespace}/${name}`;
    const daemonSet = await this.#child(
      this.#fresh.daemonSets.of(dsKey, caches.daemonSets.get(dsKey)),
      async () =>
        keepDaemonSet(
          await api.get(resources.daemonSets, { namespace, name: daemonSetName(name) }, { signal }),
        ),
      signal,
    );
    const configMap = await this.#child(
      this.#fresh.configMaps.of(cmKey, caches.configMaps.get(cmKey)),
      async () =>
        keepConfigMap(await api.get(resources.configMaps, { namespace, name }, { signal })),
      signal,
    );
    const left = leftConfigText({ fileIntegrity, config, ...(configMap && { configMap }) });
    const leftConfig = left === undefined
      ? undefined
      : await judge.judge(left, `ConfigMap ${cmKey}`);
    const belongs = this.#belongsTo(fileIntegrity);
    const failed = await failedNodes({ api }, fileIntegrity, belongs, signal);
    const leftovers = await observeLeftovers({ api }, caches, fileIntegrity, signal);
    return {
      ...{ fileIntegrity, spec, adjustments, config, image },
      ...(leftConfig?.state === "accepted" && { leftConfig }),
      ...(leftovers !== undefined && { leftovers }),
      ...(failed !== undefined && { failedNodes: failed }),
      nodes: [...caches.nodes.values()],
      nodeStatuses: this.#statuses(belongs),
      admission: admission(),
      living: new Set(
        [...caches.fileIntegrities.values()].flatMap(({ metadata }) => metadata.uid ?? []),
      ),
      freshID: crypto.randomUUID(),
      ...(daemonSet !== undefined && { daemonSet }),
      ...(configMap !== undefined && { configMap }),
      ...(memory.refused !== undefined && { refusedChange: memory.refused }),
      ...(priorityClass !== undefined && { priorityClass }),
      ...(memory.lastWritten !== undefined && { lastWritten: memory.lastWritten }),
      ...(memory.expected !== undefined && { expectedBefore: memory.expected }),
    };
  }

  async #carryOut(
    observed: Observed,
    plan: Plan,
    memory: Memory,
    signal: AbortSignal,
  ): Promise<void> {
    const { fileIntegrity, nodeStatuses, daemonSet, config } = observed;
    const { api, clock } = this.#options.parts;
    const since = memory.notesLeftSince ?? clock.monotonic();
    const actions = plan.actions.filter((action) =>
      !isFutile(action, daemonSet, memory) && !wasRefused(action, memory, clock.monotonic())
    );
    const { status } = plan;
    const byName = new Map(nodeStatuses.map((one) => [one.metadata.name, one]));
    const notesLeft = await carryOut({
      ...{ api, events: this.#events, fileIntegrity, fresh: this.#fresh, signal },
      notesMayWait: clock.monotonic() - since < longestNotesPause,
      onDone: (action, told) => {
        if (isDaemonSetChange(action)) delete memory.refused;
        this.#options.parts.onCounts?.(
          actionCounts({ action, told, fileIntegrity, status, nodeStatuses: byName }),
        );
      },
    }, actions);
    memory.notesLeftSince = notesLeft ? since : undefined;
    if (config.state === "accepted") memory.lastWritten = config;
    this.#noteFutile(actions, daemonSet, memory);
  }

  #noteFutile(actions: readonly Action[], before: ObservedChild | undefined, memory: Memory): void {
    const patched = actions.find(({ kind }) => kind === "patch-daemon-set");
    if (patched?.kind !== "patch-daemon-set" || before === undefined) return;
    const key = `${before.metadata.namespace}/${before.metadata.name}`;
    const after = this.#fresh.daemonSets.lastWritten(key);
    if (after?.metadata.resourceVersion !== before.metadata.resourceVersion) return;
    memory.futile = futileKey(before, patched.patch);
  }
}

function futileKey({ metadata }: ObservedChild, patch: Record<string, unknown>): string {
  return `${metadata.uid} ${JSON.stringify(patch)}`;
}

/** Whether it was refused a moment ago. */
function wasRefused(action: Action, { refused }: Memory, now: number): boolean {
  return refused !== undefined && isDaemonSetChange(action) &&
    changeKey(action) === refused.change && now - refused.at < refusedPause;
}

/** Whether it would do again what has changed nothing before. */
function isFutile(
  action: Action,
  daemonSet: ObservedChild | undefined,
  { futile }: Memory,
): boolean {
  return action.kind === "patch-daemon-set" && daemonSet !== undefined &&
    futileKey(daemonSet, action.patch) === futile;
}

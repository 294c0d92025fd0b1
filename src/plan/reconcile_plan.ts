import { isMovingOver } from "../api/existing_operator.ts";
import { annotations } from "../api/labels.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import type { FileIntegrityStatus } from "../api/file_integrity_status.ts";
import type { Action, Plan } from "./action.ts";
import { draftConditions, keepTransitions } from "./conditions.ts";
import { mergeDifference } from "./merge_difference.ts";
import {
  askedReinit,
  namedNodes,
  readTakenRequest,
  type TakenRequest,
  unheldNames,
  unknownNodes,
  writeTakenRequest,
} from "./node_requests.ts";
import { holdLimit, nodeCounts, type NodeState, oldestHold } from "./node_states.ts";
import type { Observed } from "./observed.ts";
import { decidePhase, type PhaseDecision } from "./phase.ts";
import { type ActiveConfig, activeConfig, planConfigMap, withWhatRuns } from "./plan_config.ts";
import { planLeftovers } from "./plan_leftovers.ts";
import { planDaemonSet } from "./plan_daemon_set.ts";
import { holderOf, planNodes } from "./plan_nodes.ts";
import { refusalOf, refusedPause } from "./refused_change.ts";
import { selectedStates } from "./selected_states.ts";
import type { EventDraft } from "./told.ts";
import { listed } from "./words.ts";

/** What decides beside the observed state. */
export interface PlanOptions {
  /** Milliseconds since 1970. */
  now: number;
  /** `now` as Kubernetes writes it. */
  timestamp: string;
  /** The configuration of a FileIntegrity that never had an accepted one. */
  defaultConfig: ActiveConfig;
}

/** The version of an object as the order of an event; versions grow, though nobody may say by how much. */
function versionOrder({ metadata: { resourceVersion = "" } }: FileIntegrity): number {
  return /^\d{1,15}$/.test(resourceVersion) ? Number(resourceVersion) : 0;
}

/**
 * Takes on a request by the annotations re-init and re-init-on-failed: one write moves it to the operator's own
 * annotation, so that it is neither lost nor carried out twice, whatever happens from here on, and the next one can be
 * made meanwhile.
 */
function takeRequest(observed: Observed, expected: ReadonlySet<string>): Action[] {
  const { fileIntegrity, freshID } = observed;
  const nodes = askedReinit(fileIntegrity, observed.failedNodes ?? []);
  if (nodes === undefined || readTakenRequest(fileIntegrity) !== undefined) return [];
  const unknown = unknownNodes(nodes, expected);
  const known = nodes === "all" ? nodes : new Set([...nodes].filter((node) => expected.has(node)));
  const nothing = known !== "all" && known.size === 0;
  const events: EventDraft[] = unknown.length === 0 ? [] : [{
    type: "Warning",
    reason: "ReInit",
    message: `re-init: not scanned here, and ignored: ${listed(unknown)}`,
    transition: `unknown ${fileIntegrity.metadata.resourceVersion} ${unknown.sort().join(",")}`,
    order: versionOrder(fileIntegrity),
  }];
  return [
    ...events.map((event): Action => ({ kind: "record-event", event })),
    {
      kind: "patch-annotations",
      annotations: {
        [annotations.reInit]: null,
        [annotations.reInitOnFailed]: null,
        ...(!nothing && {
          [annotations.reInitTaken]: writeTakenRequest({ id: freshID, nodes: known }),
        }),
      },
    },
  ];
}

/** What is told of a configuration that takes the place of another. */
function configNews(before: FileIntegrityStatus, config: Observed["config"]): string {
  const follows = "each node is looked at with the one before, and then takes a new baseline; " +
    "what that absorbs is kept";
  if (config.state !== "accepted" || config.origin === "user") {
    return `The user's AIDE configuration is active: ${follows}`;
  }
  const accepted = before.conditions?.find(({ type }) => type === "ConfigAccepted");
  const what = accepted?.reason === "DefaultPolicy"
    ? "The default policy of this version is another than that of the one before, and is active"
    : "The default policy is active";
  return `${what}: ${follows}`;
}

/**
 * The events of what the status says now and did not say before. They are told before it is written, and named by the
 * version of the object that they lead away from: whoever comes back to that version tells the same ones.
 */
function statusEvents(
  { fileIntegrity, spec, config }: Observed,
  next: FileIntegrityStatus,
  decision: PhaseDecision,
  unheld: string | undefined,
): EventDraft[] {
  const before = fileIntegrity.status;
  const events: EventDraft[] = [];
  const from = fileIntegrity.metadata.resourceVersion;
  const order = versionOrder(fileIntegrity);
  if (before?.phase !== decision.phase) {
    events.push({
      type: decision.phase === "Error" ? "Warning" : "Normal",
      reason: "FileIntegrityStatus",
      message: decision.phase,
      transition: `${from} ${decision.phase}`,
      order,
    });
  }
  if (isMovingOver(fileIntegrity)) {
    events.push({
      type: "Normal",
      reason: "MovedOver",
      message: "Moved over from another operator: each node takes a new baseline, and what was " +
        "found before stays in its results",
      transition: from ?? "",
      order,
    });
  }
  if (before?.configDigest !== undefined && next.configDigest !== before.configDigest) {
    events.push({
      type: "Normal",
      reason: "Configuration",
      message: configNews(before, config),
      transition: `${from} ${next.configDigest}`,
      order,
    });
  }
  for (const { type, status, reason, message } of next.conditions ?? []) {
    const old = before?.conditions?.find((one) => one.type === type);
    if (old?.reason === reason && old.message === message) continue;
    const transition = `${from} ${reason} ${message}`;
    if (type === "ConfigAccepted" && status === "False") {
      events.push({ type: "Warning", reason: "Configuration", message, transition, order });
    } else if (type === "SpecAsWritten" && reason === "DaemonSetRefused") {
      events.push({ type: "Warning", reason: "DaemonSet", message, transition, order });
    } else if (
      type === "NodesReporting" && unheld !== undefined && old?.message.endsWith(unheld) !== true
    ) {
      events.push({ type: "Warning", reason: "Holdoff", message: unheld, transition, order });
    } else if (type === "SpecAsWritten" && reason === "PriorityClassNotFound") {
      const what = `'${spec.priorityClassName}', PriorityClass not found or invalid`;
      events.push({
        type: "Warning",
        reason: "PriorityClass",
        message: `Error while getting priority class ${what}`,
        transition,
        order,
      });
    }
  }
  return events;
}

/** Why the wanted configuration is refused; while it is read anew, as it was found before. */
function refusal({ config, fileIntegrity }: Observed): string | undefined {
  if (config.state === "refused") return config.message;
  if (config.state !== "pending") return undefined;
  const known = fileIntegrity.status?.conditions?.find(({ type }) => type === "Ready");
  return known?.reason === "ConfigRefused" ? known.message : undefined;
}

/** How long something may stay unknown, or missing, before it is looked for again, in milliseconds. */
const lookAgain = 30_000;

/** When it is to be looked at again although nothing happens: a node will be late, or the first scan begins. */
function requeueAfter(
  { priorityClass, config }: Observed,
  { states, firstScan, now, refused }: {
    states: readonly NodeState[];
    firstScan: number;
    now: number;
    /** Whether the pods are. */
    refused: boolean;
  },
): number | undefined {
  const moments = [
    ...states.filter(({ stale }) => !stale).map(({ reportsBy }) => reportsBy ?? Infinity),
    ...(firstScan > now ? [firstScan] : []),
    ...[holdLimit(states)].filter((moment) => moment > now),
    ...(refused ? [now + refusedPause] : []),
    ...(priorityClass === "missing" || priorityClass === "unknown" ? [now + lookAgain] : []),
    // What is only on its way wakes by itself; what has a problem does not.
    ...(config.state === "pending" && config.message !== undefined ? [now + lookAgain] : []),
  ];
  const next = Math.min(...moments, Infinity);
  return next === Infinity ? undefined : Math.max(next - now, 0);
}

/** Milliseconds until what was written has surely been heard of, for when nothing else wakes. */
const soon = 1_000;

function created({ fileIntegrity }: Observed, now: number): number {
  const at = Date.parse(fileIntegrity.metadata.creationTimestamp ?? "");
  return Number.isNaN(at) ? now : at;
}

/**
 * Decides what is done for a FileIntegrity: a pure function of everything that is observed, and the only place where
 * that is decided. What is as it should be is in no plan, so that a settled cluster sees no writes.
 */
export function reconcilePlan(seen: Observed, options: PlanOptions): Plan {
  const active = activeConfig(seen, options.defaultConfig);
  const config = withWhatRuns(seen, active, options.defaultConfig);
  const observed: Observed = { ...seen, config };
  const { fileIntegrity, spec, nodeStatuses, daemonSet, priorityClass } = observed;
  const { now, timestamp } = options;
  const before = fileIntegrity.status;

  const configDigest = active?.digest ?? before?.configDigest;
  const statuses = new Map(nodeStatuses.map((status) => [status.metadata.name, status]));
  const { uid } = fileIntegrity.metadata;
  const states = selectedStates({
    ...{ fileIntegrity, spec, nodes: observed.nodes, statuses, living: observed.living },
    ...{ configDigest, now },
  });
  const nodes = states.map(({ node }) => node);
  const expected = new Set(nodes.map((node) => node.name));
  const taken = [...statuses.values()]
    .filter((status) => holderOf(status, uid, observed.living) === "another")
    .map(({ metadata }) => metadata.name);
  const holdoff = namedNodes(fileIntegrity.metadata.annotations?.[annotations.holdoff]);
  const unheld = unheldNames(holdoff, expected);
  const heldSince = oldestHold(states);
  const firstScan = created(observed, now) + spec.initialDelay * 1000;
  const daemonSetActions = active !== undefined && priorityClass !== "unknown"
    ? planDaemonSet(observed, active.digest)
    : [];
  const refusedPods = refusalOf(daemonSetActions, observed.refusedChange);
  const decision = decidePhase({
    before: before?.phase,
    states,
    // One of that name that somebody else made says nothing of the nodes.
    rolledOut: daemonSet?.current === true &&
      (daemonSet.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid),
    refused: refusal(observed),
    refusedPods,
    firstScan,
    now,
  });
  const status: FileIntegrityStatus = {
    phase: decision.phase,
    lastTransitionTime: before?.phase === decision.phase
      ? before.lastTransitionTime ?? timestamp
      : timestamp,
    ...(fileIntegrity.metadata.generation !== undefined && {
      observedGeneration: fileIntegrity.metadata.generation,
    }),
    conditions: keepTransitions(
      before?.conditions ?? [],
      draftConditions(
        observed,
        { states, taken, unheld, heldSince, now },
        decision,
        refusedPods,
      ),
      fileIntegrity.metadata.generation,
      timestamp,
    ),
    nodes: nodeCounts(states),
    ...(heldSince !== undefined && { heldSince }),
    ...(configDigest !== undefined && { configDigest }),
  };

  const request: TakenRequest | undefined = readTakenRequest(fileIntegrity);
  const planned = planNodes({
    ...{ fileIntegrity, nodes, statuses, holdoff, request },
    namespace: fileIntegrity.metadata.namespace ?? "",
    expectedBefore: observed.expectedBefore,
    living: observed.living,
    timestamp,
    movingOver: isMovingOver(fileIntegrity),
  });
  const left = planLeftovers(observed, expected);
  const statusPatch = mergeDifference({ ...before }, { ...status });
  const requests = request === undefined
    ? takeRequest(observed, expected)
    : planned.handedOn
    ? [{ kind: "patch-annotations", annotations: { [annotations.reInitTaken]: null } } as const]
    : [];
  const looked = before?.phase !== undefined && !left.waits;
  const actions: Action[] = [
    // The first look only says that it was seen, so that its events tell the phases one by one.
    ...left.actions,
    ...(looked && active !== undefined ? planConfigMap(observed, active) : []),
    ...(looked ? daemonSetActions : []),
    ...(looked || left.waits ? planned.actions : []),
    ...requests,
    // One write of the object in a plan: its version is what events are named by.
    ...(requests.length > 0 || left.waits ? [] : [
      ...statusEvents(observed, status, decision, unheld)
        .map((event): Action => ({ kind: "record-event", event })),
      ...(statusPatch === undefined
        ? []
        : [{ kind: "patch-status", patch: { status: statusPatch } } as const]),
    ]),
  ];
  return {
    actions,
    status,
    requeueAfter: left.waits
      ? soon
      : requeueAfter(observed, { states, firstScan, now, refused: refusedPods !== undefined }),
    expected,
  };
}

import type { FileIntegrity } from "../api/file_integrity.ts";
import { annotations, apiVersion } from "../api/labels.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import type { EventRecorder } from "../kube/event_recorder.ts";
import type { KubeApi, WriteOptions } from "../kube/kube_api.ts";
import { isKubeError, type KubeError } from "../kube/kube_error.ts";
import type { KubeObject } from "../kube/kube_object.ts";
import { type Resource, resources } from "../kube/resource.ts";
import type { Action } from "../plan/action.ts";
import { changeKey, type DaemonSetChange, type RefusedChange } from "../plan/refused_change.ts";
import type { ObservedChild, ObservedNodeStatus } from "../plan/observed.ts";
import type { EventDraft } from "../plan/told.ts";
import { carryOutLeftover } from "./carry_out_leftovers.ts";
import type { Freshest } from "./freshest.ts";
import { keepConfigMap, keepDaemonSet, keepFileIntegrity, keepNodeStatus } from "./keep.ts";

/** The name under which the API server keeps which fields the operator set. */
export const fieldManager = "file-integrity-operator";

/** The newest that is known of each kind of object, the own writes included. */
export interface FreshObjects {
  fileIntegrities: Freshest<FileIntegrity>;
  nodeStatuses: Freshest<ObservedNodeStatus>;
  daemonSets: Freshest<ObservedChild>;
  configMaps: Freshest<ObservedChild>;
}

/** What actions are carried out with, for one FileIntegrity. */
export interface CarryOut {
  api: KubeApi;
  events: EventRecorder;
  fileIntegrity: FileIntegrity;
  fresh: FreshObjects;
  /** Whether notes of what was told may be left to a later look. */
  notesMayWait: boolean;
  /**
   * Told of each action once it is carried out, with those of its events that were news to the API server; without its
   * patch, where that failed after they were told.
   */
  onDone(action: Action, told: readonly EventDraft[]): void;
  signal: AbortSignal;
}

const beside = 16;

/** The API server will not have a DaemonSet as it is asked for; the rest of the plan is left. */
export class DaemonSetRefused extends Error {
  override name = "DaemonSetRefused";
  readonly refused: RefusedChange;

  constructor(action: DaemonSetChange, cause: KubeError) {
    super(cause.message, { cause });
    this.refused = { change: changeKey(action), message: cause.status?.message ?? cause.message };
  }
}

type StatusAction = Extract<
  Action,
  { kind: "create-node-status" | "update-node-status" | "delete-node-status" }
>;

const isStatusAction = (action: Action): action is StatusAction =>
  action.kind.endsWith("-node-status");

/** Tells an event; whether it was news. */
async function record(
  { events, fileIntegrity, signal }: CarryOut,
  event: EventDraft,
): Promise<boolean> {
  return await events.record({ about: { ...fileIntegrity, apiVersion }, ...event }, { signal });
}

/** Whether it does nothing else, its events aside, than to note that they were told. */
function isNote(action: StatusAction): boolean {
  if (action.kind !== "update-node-status" || action.patch === undefined) return false;
  const { annotations: notes = {}, ...rest } = action.patch;
  const names = Object.keys(notes as Record<string, unknown>);
  return Object.keys(rest).length === 0 && names.every((name) => name === annotations.told);
}

/** What an operation gives; undefined where the object that it is about is not there any more. */
async function unlessGone<R>(operation: Promise<R>): Promise<R | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isKubeError(error, "not-found", "conflict")) return undefined;
    throw error;
  }
}

async function carryOutStatus(work: CarryOut, action: StatusAction): Promise<void> {
  const { api, fileIntegrity, fresh: { nodeStatuses }, signal } = work;
  const { namespace = "" } = fileIntegrity.metadata;
  const options: WriteOptions = { signal, fieldManager };
  const resource = resources.nodeStatuses;
  if (action.kind === "create-node-status") {
    const { metadata, nodeName } = action;
    const made = await api.create(
      resource,
      { apiVersion, kind: "FileIntegrityNodeStatus", metadata, nodeName },
      options,
    );
    nodeStatuses.wrote(`${namespace}/${metadata.name}`, keepNodeStatus(made));
    return;
  }
  const key = `${namespace}/${action.name}`;
  const address = { namespace, name: action.name };
  if (action.kind === "delete-node-status") {
    await unlessGone(api.delete(resource, address, { signal, uid: action.uid }));
    nodeStatuses.deleted(key, action.uid);
    return;
  }
  if (action.patch === undefined) return;
  const patch = { metadata: action.patch };
  const made = await unlessGone(api.mergePatch(resource, address, patch, options));
  if (made !== undefined) nodeStatuses.wrote(key, keepNodeStatus(made));
}

async function child<T extends KubeObject>(
  { api, fileIntegrity, signal }: CarryOut,
  resource: Resource<T>,
  action:
    | { create: Omit<T, "apiVersion" | "kind"> & { metadata: ObjectMeta } }
    | { name: string; patch: Record<string, unknown> },
): Promise<T> {
  const { namespace = "" } = fileIntegrity.metadata;
  const options: WriteOptions = { signal, fieldManager };
  if ("create" in action) {
    const { apiVersion, kind } = resource;
    return await api.create(
      resource,
      { apiVersion, kind, ...action.create } as unknown as T,
      options,
    );
  }
  return await api.mergePatch(resource, { namespace, name: action.name }, action.patch, options);
}

/** Makes a DaemonSet what an action asks for. Rejects with `DaemonSetRefused` where no other try can help. */
async function changeDaemonSet(work: CarryOut, action: DaemonSetChange): Promise<ObservedChild> {
  try {
    return keepDaemonSet(
      await child(
        work,
        resources.daemonSets,
        action.kind === "create-daemon-set"
          ? { create: { metadata: action.metadata, spec: action.spec } }
          : action,
      ),
    );
  } catch (error) {
    // A permission that is missing is none of the spec's matter, and may only not be known yet.
    const denied = isKubeError(error, "forbidden") && /denied the request/.test(error.message);
    if (denied || isKubeError(error, "invalid")) throw new DaemonSetRefused(action, error);
    throw error;
  }
}

async function carryOutOne(work: CarryOut, action: Exclude<Action, StatusAction>): Promise<void> {
  const { api, fileIntegrity, fresh, signal } = work;
  const { name, namespace = "", resourceVersion } = fileIntegrity.metadata;
  const options: WriteOptions = { signal, fieldManager };
  switch (action.kind) {
    case "record-event":
      return void await record(work, action.event);
    case "create-config-map": {
      const { metadata, data } = action;
      const made = await child(work, resources.configMaps, { create: { metadata, data } });
      return fresh.configMaps.wrote(`${namespace}/${metadata.name}`, keepConfigMap(made));
    }
    case "patch-config-map": {
      const made = await child(work, resources.configMaps, action);
      return fresh.configMaps.wrote(`${namespace}/${action.name}`, keepConfigMap(made));
    }
    case "create-daemon-set":
      return fresh.daemonSets.wrote(
        `${namespace}/${action.metadata.name}`,
        await changeDaemonSet(work, action),
      );
    case "patch-daemon-set":
      return fresh.daemonSets.wrote(
        `${namespace}/${action.name}`,
        await changeDaemonSet(work, action),
      );
    case "delete-daemon-set": {
      const { name, uid } = action;
      await unlessGone(
        api.delete(resources.daemonSets, { namespace, name }, {
          signal,
          uid,
          propagation: "Background",
        }),
      );
      return fresh.daemonSets.deleted(`${namespace}/${name}`, uid);
    }
    case "take-in-result":
    case "delete-config-map":
    case "keep-config": {
      return await carryOutLeftover({
        ...{ api, fileIntegrity, options, record: async (event) => void await record(work, event) },
        wrote: (made) =>
          fresh.nodeStatuses.wrote(`${namespace}/${made.metadata.name}`, keepNodeStatus(made)),
      }, action);
    }
    case "patch-annotations": {
      // Only of the version that was decided about: a request that was made meanwhile must not be removed with it.
      const metadata = { resourceVersion, annotations: action.annotations };
      const made = await api.mergePatch(
        resources.fileIntegrities,
        { namespace, name },
        { metadata },
        options,
      );
      return fresh.fileIntegrities.wrote(`${namespace}/${name}`, keepFileIntegrity(made));
    }
    case "patch-status": {
      const made = await api.mergePatch(
        resources.fileIntegrities,
        { namespace, name },
        action.patch,
        {
          ...options,
          subresource: "status",
        },
      );
      return fresh.fileIntegrities.wrote(`${namespace}/${name}`, keepFileIntegrity(made));
    }
  }
}

/** Does all of `todo` with some at a time beside each other; rejects with the first failure once all have ended. */
async function allBeside<T>(todo: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const rest = todo.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const one of rest) {
      try {
        await act(one);
      } catch (error) {
        failures.push(error);
        return; // the others go on with what they have begun
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(beside, todo.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * Carries out the actions of node statuses, and says whether notes were left to a later look. Where many nodes report
 * at once, the notes would keep the API server from what people wait for: the events of the next nodes, and the counts.
 */
async function carryOutStatuses(
  work: CarryOut,
  actions: readonly StatusAction[],
): Promise<boolean> {
  let news = false;
  await allBeside(actions, async (action) => {
    const told: EventDraft[] = [];
    for (const event of action.kind === "update-node-status" ? action.events : []) {
      if (await record(work, event)) told.push(event);
    }
    news ||= told.length > 0;
    try {
      if (!isNote(action)) await carryOutStatus(work, action);
    } catch (error) {
      // What is told is told once: it is done, whatever becomes of the rest.
      if (action.kind === "update-node-status") work.onDone({ ...action, patch: undefined }, told);
      throw error;
    }
    work.onDone(action, told);
  });
  const notes = actions.filter(isNote);
  if (news && work.notesMayWait && notes.length > beside) return true;
  await allBeside(notes, (note) => carryOutStatus(work, note));
  return false;
}

/**
 * Carries out the actions of a plan, in order; those of node statuses beside each other. What is already as it should
 * be is no failure: what was observed was behind, and the next look sees it. Gives whether notes of what was told were
 * left to a later look.
 */
export async function carryOut(work: CarryOut, actions: readonly Action[]): Promise<boolean> {
  const statuses = actions.filter(isStatusAction);
  let notesLeft = false;
  let done = false;
  for (const action of actions) {
    work.signal.throwIfAborted();
    if (!isStatusAction(action)) {
      await carryOutOne(work, action);
      work.onDone(action, []);
    } else if (!done) {
      done = true;
      notesLeft = await carryOutStatuses(work, statuses);
    }
  }
  return notesLeft;
}

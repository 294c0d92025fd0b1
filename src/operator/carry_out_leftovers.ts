import { existingLabels } from "../api/existing_operator.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { labels, logDataKey } from "../api/labels.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import type { KubeApi, WriteOptions } from "../kube/kube_api.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import type { Action } from "../plan/action.ts";
import { resultPatch } from "../plan/moved_over.ts";
import { tookInEvent } from "../plan/plan_leftovers.ts";
import type { EventDraft } from "../plan/told.ts";

/** An action about what the existing operator left. */
export type LeftoverAction = Extract<
  Action,
  { kind: "take-in-result" | "delete-config-map" | "keep-config" }
>;

/** What such actions are carried out with. */
export interface LeftoverWork {
  api: KubeApi;
  fileIntegrity: FileIntegrity;
  record(event: EventDraft): Promise<void>;
  /** Told of a node status that was written. */
  wrote(status: StoredNodeStatus): void;
  options: WriteOptions;
}

type TakeIn = Extract<Action, { kind: "take-in-result" }>;

async function unless<R>(
  kind: "not-found" | "already-exists" | "conflict",
  operation: Promise<R>,
): Promise<R | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isKubeError(error, kind)) return undefined;
    throw error;
  }
}

async function deleteConfigMap(
  { api, fileIntegrity, options }: LeftoverWork,
  { name, uid }: { name: string; uid: string },
): Promise<void> {
  const { namespace = "" } = fileIntegrity.metadata;
  const address = { namespace, name };
  const deleted = api.delete(resources.configMaps, address, { ...options, uid });
  // Another one of that name is none of those that were decided about.
  await unless("conflict", unless("not-found", deleted));
}

/** Keeps the log of a result; gives the name under which it is kept. Undefined where the result is gone. */
async function keepLog(
  { api, fileIntegrity, options }: LeftoverWork,
  configMap: { name: string; uid: string },
  names: readonly string[],
): Promise<string | undefined> {
  const { namespace = "" } = fileIntegrity.metadata;
  const at = (name: string): { namespace: string; name: string } => ({ namespace, name });
  const found = await unless(
    "not-found",
    api.get(resources.configMaps, at(configMap.name), options),
  );
  if (found === undefined || found.metadata.uid !== configMap.uid) return undefined;
  const { [existingLabels.log]: _, ...kept } = found.metadata.labels ?? {};
  const { annotations } = found.metadata;
  for (const name of names) {
    const made = await unless(
      "already-exists",
      api.create(resources.configMaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        // Without an owner, as that operator keeps them: it stays when the FileIntegrity goes.
        metadata: {
          ...{ name, namespace, labels: { ...kept, [labels.resultLog]: "" } },
          ...(annotations !== undefined && { annotations }),
        },
        data: found.data ?? {},
      }, options),
    );
    if (made !== undefined) return name;
    const there = await unless("not-found", api.get(resources.configMaps, at(name), options));
    if (there?.data?.[logDataKey] === found.data?.[logDataKey]) return name;
  }
  throw new Error(`Cannot keep the log of ConfigMap ${configMap.name}: ${names} have other logs`);
}

async function takeIn(work: LeftoverWork, action: TakeIn): Promise<void> {
  const { api, fileIntegrity, options } = work;
  const { namespace = "" } = fileIntegrity.metadata;
  const { configMap, logNames, nodeStatus, node } = action;
  let { result } = action;
  if (logNames !== undefined) {
    const resultConfigMapName = await keepLog(work, configMap, logNames);
    if (resultConfigMapName === undefined) return;
    result = { ...result, resultConfigMapName };
  }
  const address = { namespace, name: nodeStatus ?? "" };
  const stored = nodeStatus === undefined
    ? undefined
    : await unless("not-found", api.get(resources.nodeStatuses, address, options));
  const patch = stored === undefined ? undefined : resultPatch(stored, result);
  if (patch !== undefined) {
    work.wrote(await api.mergePatch(resources.nodeStatuses, address, patch, options));
  }
  const event = tookInEvent(fileIntegrity, node, result);
  if (event !== undefined) await work.record(event);
  await deleteConfigMap(work, configMap);
}

/** Carries out an action about what the existing operator left; once more is no harm. Rejects with `KubeError`s. */
export async function carryOutLeftover(work: LeftoverWork, action: LeftoverAction): Promise<void> {
  switch (action.kind) {
    case "take-in-result":
      return await takeIn(work, action);
    case "delete-config-map":
      return await deleteConfigMap(work, action);
    case "keep-config": {
      const { metadata, data } = action;
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
      await unless("already-exists", work.api.create(resources.configMaps, object, work.options));
    }
  }
}

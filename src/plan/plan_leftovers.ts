/** What becomes of the objects of the existing operator when a FileIntegrity moves over from it to ours. */

import { existingLabels, existingPrefixes, existingScripts } from "../api/existing_operator.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { annotations as notes, labels } from "../api/labels.ts";
import { daemonSetName, nodeStatusName } from "../api/names.ts";
import type { ScanResult } from "../api/node_status.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import { describeFailure } from "./moved_over.ts";
import type { Action } from "./action.ts";
import type { Observed, ObservedChild, ObservedLeftovers, OldResult } from "./observed.ts";
import type { EventDraft } from "./told.ts";
import { listed } from "./words.ts";

/** A DaemonSet of the existing operator that ours has no use for. Its own for scans is not among them: it becomes ours. */
export function isLeftoverDaemonSet(
  { name: fi, uid }: Pick<ObjectMeta, "name" | "uid">,
  { name, labels: marks = {}, ownerReferences = [] }: ObjectMeta,
): boolean {
  if (name === daemonSetName(fi)) return false;
  const controller = ownerReferences.find((one) => one.controller === true);
  if (controller !== undefined && controller.uid !== uid) return false;
  return name.startsWith(existingPrefixes.reinit) && marks[existingLabels.reinitOwner] === fi ||
    name.startsWith(existingPrefixes.scanning) && marks[labels.owner] === fi;
}

function mounts({ content }: ObservedChild, configMap: string): boolean {
  const spec = content.spec as
    | { template?: { spec?: { volumes?: { configMap?: { name?: string } }[] } } }
    | undefined;
  return (spec?.template?.spec?.volumes ?? []).some((one) => one.configMap?.name === configMap);
}

/** Whether a DaemonSet is one of those that are removed, of whatever FileIntegrity: each removes its own. */
const isReinit = ({ metadata: { name, labels: marks } }: ObservedChild): boolean =>
  name.startsWith(existingPrefixes.reinit) && marks?.[existingLabels.reinitOwner] !== undefined;

/** The scripts of the existing operator that no DaemonSet needs any more. */
function uselessScripts({ scripts, daemonSets }: ObservedLeftovers): ObservedChild[] {
  return scripts.filter(({ metadata, content }) => {
    const script = existingScripts.find(({ name }) => name === metadata.name);
    const data = (content.data ?? {}) as Record<string, string>;
    if (script === undefined || !data[script.key]?.includes(script.words)) return false;
    return !daemonSets.some((one) => !isReinit(one) && mounts(one, metadata.name));
  });
}

const count = (text: string | undefined): number =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;

/** A result that the existing operator did not take in, as it would have. Its log, if any, is called `log`. */
function scanResult({ metadata, condition, error }: OldResult, log: string): ScanResult {
  const { annotations = {}, namespace = "", creationTimestamp = "" } = metadata;
  return {
    condition,
    lastProbeTime: creationTimestamp,
    ...(condition === "Errored" && { errorMessage: error ?? "" }),
    ...(condition === "Failed" && {
      filesAdded: count(annotations[notes.filesAdded]),
      filesChanged: count(annotations[notes.filesChanged]),
      filesRemoved: count(annotations[notes.filesRemoved]),
      resultConfigMapName: log,
      resultConfigMapNamespace: namespace,
    }),
  };
}

/** The names under which the log of a result is kept: as the existing operator names it, else one that tells its time. */
function keptNames({ name, creationTimestamp = "" }: ObjectMeta): [string, string] {
  const stamp = creationTimestamp.toLowerCase().replace(/[^0-9tz]/g, "");
  return [`${name}-failed`, `${name}-failed-${stamp}`];
}

function movedEvent(
  { metadata: { resourceVersion = "" } }: Pick<FileIntegrity, "metadata">,
  type: EventDraft["type"],
  message: string,
): EventDraft {
  const order = /^\d{1,15}$/.test(resourceVersion) ? Number(resourceVersion) : 0;
  return { type, reason: "MovedOver", message, transition: message, order };
}

/** What is told of a result that was taken in; undefined where it holds nothing to tell. */
export function tookInEvent(
  fileIntegrity: Pick<FileIntegrity, "metadata">,
  node: string,
  result: ScanResult,
): EventDraft | undefined {
  const { condition, lastProbeTime, errorMessage } = result;
  if (condition === "Succeeded") return undefined;
  const what = condition === "Failed" ? describeFailure(result) : errorMessage;
  return movedEvent(
    fileIntegrity,
    "Warning",
    `node ${node}: took in a result of ${lastProbeTime} that the operator before had not: ` +
      `${condition} (${what})`,
  );
}

/** What is done about the objects of the existing operator. */
export interface LeftoversPlan {
  actions: Action[];
  /** Whether nothing else is to be done but to make node statuses: results must be in them before anything is decided. */
  waits: boolean;
}

/**
 * Decides about what the existing operator left of a FileIntegrity. Results that it did not take in are taken in as it
 * would have, and no log is lost or overwritten by that; DaemonSets and scripts that serve nothing any more go.
 */
export function planLeftovers(observed: Observed, expected: ReadonlySet<string>): LeftoversPlan {
  const { leftovers, fileIntegrity: { metadata } } = observed;
  if (leftovers === undefined) return { actions: [], waits: false };
  const actions: Action[] = [];
  const statuses = new Set(observed.nodeStatuses.map((status) => status.metadata.name));
  let waits = false;
  for (const result of leftovers.results) {
    const node = result.metadata.labels?.[labels.node];
    if (node === undefined) continue; // whose it is, nobody can say
    const status = nodeStatusName(metadata.name, node);
    waits = true;
    if (expected.has(node) && !statuses.has(status)) continue; // it is made now
    const logNames = keptNames(result.metadata);
    actions.push({
      kind: "take-in-result",
      configMap: { name: result.metadata.name, uid: result.metadata.uid ?? "" },
      logNames: result.condition === "Failed" ? logNames : undefined,
      nodeStatus: statuses.has(status) ? status : undefined,
      node,
      result: scanResult(result, logNames[0]),
    });
  }
  const daemonSets = leftovers.daemonSets
    .filter((one) => isLeftoverDaemonSet(metadata, one.metadata));
  const scripts = uselessScripts(leftovers);
  const gone = [
    ...daemonSets.map((one) => `DaemonSet ${one.metadata.name}`),
    ...scripts.map((one) => `ConfigMap ${one.metadata.name}`),
  ];
  if (gone.length > 0) {
    const message = `Removed, as nothing needs it any more: ${listed(gone)}`;
    actions.push({
      kind: "record-event",
      event: movedEvent(observed.fileIntegrity, "Normal", message),
    });
  }
  for (const { metadata: { name, uid = "" } } of daemonSets) {
    actions.push({ kind: "delete-daemon-set", name, uid });
  }
  for (const { metadata: { name, uid = "" } } of scripts) {
    actions.push({ kind: "delete-config-map", name, uid });
  }
  return { actions, waits };
}

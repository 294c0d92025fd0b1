/** What is done about the FileIntegrityNodeStatus of each node. */

import type { FileIntegrity } from "../api/file_integrity.ts";
import { annotations } from "../api/labels.ts";
import { nodeStatusName, ownership } from "../api/names.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import { type BaselineReason, baselineReasons } from "../api/reasons.ts";
import type { Action } from "./action.ts";
import { movedOverSince } from "./moved_over.ts";
import { includesNode, type NodeSet, type TakenRequest } from "./node_requests.ts";
import { awaitsBaseline } from "./node_states.ts";
import type { ObservedNode, ObservedNodeStatus } from "./observed.ts";
import {
  controllerReference,
  metadataDifference,
  newMetadata,
  type OwnedMetadata,
} from "./owned_metadata.ts";
import { type EventDraft, nodeNews } from "./told.ts";

/** What is known and asked of the nodes of one FileIntegrity. */
export interface NodesView {
  fileIntegrity: FileIntegrity;
  namespace: string;
  /** The nodes that are to be scanned. */
  nodes: readonly ObservedNode[];
  /** By the name of the object; those of nodes that are not to be scanned as well. */
  statuses: ReadonlyMap<string, ObservedNodeStatus>;
  holdoff: NodeSet | undefined;
  request: TakenRequest | undefined;
  /** The nodes that were to be scanned when this process last decided; undefined the first time. */
  expectedBefore: ReadonlySet<string> | undefined;
  /** `metadata.uid` of every FileIntegrity that there is. */
  living: ReadonlySet<string>;
  /** Now, as Kubernetes writes it. */
  timestamp: string;
  /** Whether the FileIntegrity moves over from the existing operator. */
  movingOver: boolean;
}

/** A request for a new baseline to one node. */
interface NodeRequest {
  id: string;
  reason: BaselineReason;
}

/** The update of a node that is over and that its baseline does not know of: its id; undefined where there is none. */
function finishedUpdate(
  { update }: ObservedNode,
  status: ObservedNodeStatus,
): string | undefined {
  if (update.state !== "idle") return undefined;
  const notes = status.metadata.annotations ?? {};
  const began = notes[annotations.nodeUpdating];
  if (began !== undefined) return `update-${began}`;
  // An update that nobody saw, because no operator was there.
  const known = notes[annotations.nodeVersion];
  const changed = known !== undefined && update.version !== undefined && known !== update.version;
  return changed ? `update-${update.version}` : undefined;
}

/**
 * Why a node whose update is over is asked for a new baseline. What it was asked for before and has not done yet is
 * asked for still: an update is no answer to a baseline that is lost, and those are.
 */
function reasonAfterUpdate(status: ObservedNodeStatus): BaselineReason {
  if (!awaitsBaseline(status)) return "node-update";
  const noted = status.metadata.annotations?.[annotations.reInitReason];
  return baselineReasons.find((reason) => reason === noted) ?? "requested";
}

/** Since when a node that the existing operator scanned waits for its first baseline; undefined for any other. */
function movedOver(
  { movingOver, timestamp }: NodesView,
  status: ObservedNodeStatus,
): string | undefined {
  const noted = status.metadata.annotations?.[annotations.movedOver] !== undefined;
  return movingOver || noted ? movedOverSince(status, timestamp) : undefined;
}

/**
 * What a node is asked for. A node that came or was replaced has no baseline of its own, and takes the first one
 * without question, whatever is left on its disk; one whose object somebody deleted has lost its record, and does not.
 */
function requestFor(
  view: NodesView,
  node: ObservedNode,
  status: ObservedNodeStatus | undefined,
): NodeRequest | undefined {
  const { expectedBefore } = view;
  const request = includesNode(view.request?.nodes, node.name) ? view.request : undefined;
  const moved = status === undefined ? undefined : movedOver(view, status);
  if (moved !== undefined) {
    // Its first baseline answers whatever is asked for.
    const { [annotations.reInit]: id, [annotations.reInitReason]: reason } =
      status?.metadata.annotations ?? {};
    const asked = reason === "moved-over" ? id : undefined;
    return { id: request?.id ?? asked ?? `moved-over-${moved}`, reason: "moved-over" };
  }
  if (request !== undefined) return { id: request.id, reason: "requested" };
  if (status === undefined) {
    const came = expectedBefore !== undefined && !expectedBefore.has(node.name);
    return came ? { id: `node-${node.uid}`, reason: "first" } : undefined;
  }
  const uid = status.metadata.annotations?.[annotations.nodeUID];
  if (uid !== undefined && uid !== node.uid) {
    return { id: `node-${node.uid}`, reason: "node-replaced" };
  }
  const update = finishedUpdate(node, status);
  return update === undefined ? undefined : { id: update, reason: reasonAfterUpdate(status) };
}

/** Why a node is held; null where it is not. */
function holdReason({ holdoff }: NodesView, node: ObservedNode): string | null {
  if (includesNode(holdoff, node.name)) return "requested";
  return node.update.state === "updating" ? "node-update" : null;
}

/** The annotations that record how the updates of a node stand. */
function updateNotes(
  { timestamp }: NodesView,
  { update: { state, version } }: ObservedNode,
  status: ObservedNodeStatus | undefined,
): Record<string, string | null> {
  const notes = status?.metadata.annotations ?? {};
  // While a node is being updated, or stays half updated, its baseline is that of the version before.
  const known = state === "idle" && version !== undefined && { [annotations.nodeVersion]: version };
  const began = notes[annotations.nodeUpdating];
  const updating = state === "updating"
    ? began ?? timestamp
    : state === "idle"
    ? null
    : began ?? null;
  return { ...known, [annotations.nodeUpdating]: updating };
}

function ownedMetadata(
  view: NodesView,
  node: ObservedNode,
  status: ObservedNodeStatus | undefined,
  told: string | undefined,
): OwnedMetadata {
  const { name } = view.fileIntegrity.metadata;
  const owned = ownership(name, node.name);
  const request = requestFor(view, node, status);
  const held = holdReason(view, node);
  const moved = status === undefined ? undefined : movedOver(view, status);
  const since = status?.metadata.annotations?.[annotations.heldSince] ?? view.timestamp;
  return {
    labels: owned.labels,
    annotations: {
      ...owned.annotations,
      [annotations.nodeUID]: node.uid,
      ...updateNotes(view, node, status),
      ...(request !== undefined && {
        [annotations.reInit]: request.id,
        [annotations.reInitReason]: request.reason,
      }),
      [annotations.holdoff]: held,
      [annotations.heldSince]: held === null ? null : since,
      ...(moved !== undefined && { [annotations.movedOver]: moved }),
      ...(told !== undefined && { [annotations.told]: told }),
    },
    owner: controllerReference(view.fileIntegrity),
  };
}

function eventActions(
  status: ObservedNodeStatus | undefined,
): { events: EventDraft[]; told: string | undefined } {
  const news = status === undefined ? undefined : nodeNews(status);
  return news ?? { events: [], told: undefined };
}

/**
 * Whose a node status is: ours; left behind by an earlier FileIntegrity of the same name, whose record is not ours; or
 * another FileIntegrity's, where `<fi>-<node>` is the name of two.
 */
export function holderOf(
  { metadata }: Pick<ObservedNodeStatus, "metadata">,
  uid: string | undefined,
  living: ReadonlySet<string>,
): "ours" | "left-behind" | "another" {
  const controller = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (controller === undefined || controller.uid === uid) return "ours";
  return living.has(controller.uid) ? "another" : "left-behind";
}

/** What is to be done for the node statuses of a FileIntegrity, and whether all nodes have the request. */
export function planNodes(view: NodesView): { actions: Action[]; handedOn: boolean } {
  const { fileIntegrity, namespace, nodes, statuses, request, living } = view;
  const { uid } = fileIntegrity.metadata;
  const actions: Action[] = [];
  const wanted = new Set<string>();
  let handedOn = true;
  for (const node of nodes) {
    const name = nodeStatusName(fileIntegrity.metadata.name, node.name);
    wanted.add(name);
    const status = statuses.get(name);
    const holder = status === undefined ? "ours" : holderOf(status, uid, living);
    if (holder === "another") continue;
    if (status !== undefined && holder === "left-behind") {
      actions.push({ kind: "delete-node-status", name, uid: status.metadata.uid ?? "" });
      if (request !== undefined && includesNode(request.nodes, node.name)) handedOn = false;
      continue;
    }
    const { events, told } = eventActions(status);
    const owned = ownedMetadata(view, node, status, told);
    const asked = request !== undefined && includesNode(request.nodes, node.name);
    if (status === undefined) {
      if (asked) handedOn = false;
      const metadata: ObjectMeta = newMetadata(name, namespace, owned);
      actions.push({ kind: "create-node-status", metadata, nodeName: node.name });
      continue;
    }
    const patch = metadataDifference(status.metadata, owned);
    if (patch === undefined && events.length === 0) continue;
    if (asked && status.metadata.annotations?.[annotations.reInit] !== request.id) handedOn = false;
    actions.push({ kind: "update-node-status", name, events, patch });
  }
  for (const [name, status] of statuses) {
    const { metadata } = status;
    if (!wanted.has(name) && holderOf(status, uid, living) !== "another") {
      actions.push({ kind: "delete-node-status", name, uid: metadata.uid ?? "" });
    }
  }
  return { actions, handedOn };
}

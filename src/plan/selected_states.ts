import type { EffectiveSpec } from "../api/effective.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { nodeStatusName } from "../api/names.ts";
import { type NodeState, nodeState } from "./node_states.ts";
import type { ObservedNode, ObservedNodeStatus } from "./observed.ts";
import { holderOf } from "./plan_nodes.ts";
import { selectsNode } from "./selects_node.ts";

/** What the states of the nodes of a FileIntegrity are judged by. */
export interface SelectedStatesView {
  fileIntegrity: FileIntegrity;
  spec: EffectiveSpec;
  /** All nodes of the cluster. */
  nodes: Iterable<ObservedNode>;
  /** By the name of the object; those of others do no harm. */
  statuses: ReadonlyMap<string, ObservedNodeStatus>;
  /** `metadata.uid` of every FileIntegrity that there is. */
  living: ReadonlySet<string>;
  /** Digest of the active configuration; undefined before there is one. */
  configDigest: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** How the nodes stand that a FileIntegrity selects. */
export function selectedStates(view: SelectedStatesView): NodeState[] {
  const { fileIntegrity, spec, nodes, statuses, living, configDigest, now } = view;
  const { name, uid } = fileIntegrity.metadata;
  const states: NodeState[] = [];
  for (const node of nodes) {
    if (!selectsNode(spec, node)) continue;
    const status = statuses.get(nodeStatusName(name, node.name));
    const ours = status !== undefined && holderOf(status, uid, living) === "ours";
    states.push(nodeState(node, ours ? status : undefined, { spec, configDigest, now }));
  }
  return states;
}

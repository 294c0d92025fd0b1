/** Whether a node is being updated, as whatever updates it says. */

import { annotations } from "../api/labels.ts";
import type { Taint } from "./observed.ts";

/** What an updater is doing to a node. */
export type UpdateState =
  /** Nothing: what it wanted is done. */
  | "idle"
  /** It changes files, or may begin to at any moment. */
  | "updating"
  /** It has failed, and somebody has to see to it. */
  | "degraded";

/** How the update of a node stands. */
export interface NodeUpdate {
  state: UpdateState;
  /** The version that the node has, where its updater knows versions. */
  version?: string;
}

/** What of a Node an updater writes. */
export interface UpdateMarks {
  annotations: Readonly<Record<string, string>>;
  taints: readonly Taint[];
}

/** Something that updates nodes. */
export interface UpdateProvider {
  name: string;
  /** How the update stands; undefined for a node that it does not see to. */
  classify(marks: UpdateMarks): NodeUpdate | undefined;
}

const machineConfig = "machineconfiguration.openshift.io";

/** The Machine Config Operator of OpenShift. */
const machineConfigOperator: UpdateProvider = {
  name: "machine-config",
  classify({ annotations: notes }): NodeUpdate | undefined {
    const current = notes[`${machineConfig}/currentConfig`];
    const desired = notes[`${machineConfig}/desiredConfig`];
    const state = notes[`${machineConfig}/state`];
    if (current === undefined || desired === undefined || state === undefined) return undefined;
    if (state === "Degraded" || state === "Unreconcilable") {
      return { state: "degraded", version: current };
    }
    // It begins to write as soon as it sees the wish, and goes on until it says that it is done.
    const idle = current === desired && state === "Done";
    return { state: idle ? "idle" : "updating", version: current };
  },
};

/** Any updater that marks the node, by an annotation or by a taint. */
const markedNode: UpdateProvider = {
  name: "marked",
  classify({ annotations: notes, taints }): NodeUpdate | undefined {
    const marked = annotations.updating in notes ||
      taints.some(({ key }) => key === annotations.updating);
    return marked ? { state: "updating" } : undefined;
  },
};

/** Everything that is known to update nodes; the first one that sees to a node is believed, a mark before all. */
export const updateProviders: readonly UpdateProvider[] = [markedNode, machineConfigOperator];

/** How the update of a node stands; idle where nothing is known to update it. */
export function nodeUpdate(marks: UpdateMarks): NodeUpdate {
  for (const provider of updateProviders) {
    const update = provider.classify(marks);
    if (update === undefined) continue;
    // The mark knows no version, and the version of the node must not be forgotten while it is there.
    const version = update.version ?? machineConfigOperator.classify(marks)?.version;
    return { ...update, ...(version !== undefined && { version }) };
  }
  return { state: "idle" };
}

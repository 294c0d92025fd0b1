/** What the operator does; each action is one call, or the calls that belong to one object. */

import type { DaemonSetSpec } from "kubernetes-types/apps/v1.d.ts";
import type { FileIntegrityStatus } from "../api/file_integrity_status.ts";
import type { ScanResult } from "../api/node_status.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import type { EventDraft } from "./told.ts";

/** A merge patch (RFC 7386). */
export type Patch = Record<string, unknown>;

/**
 * One thing to do. Actions are carried out in the order of the plan, those of node statuses beside each other; when one
 * fails, the rest is left, and decided anew.
 */
export type Action =
  | { kind: "create-config-map"; metadata: ObjectMeta; data: Record<string, string> }
  | { kind: "patch-config-map"; name: string; patch: Patch }
  | { kind: "create-daemon-set"; metadata: ObjectMeta; spec: DaemonSetSpec }
  | { kind: "patch-daemon-set"; name: string; patch: Patch }
  /** Deletes what stands in the way of one of ours, and is another's or can't be changed into ours. */
  | { kind: "delete-daemon-set"; name: string; uid: string }
  | { kind: "create-node-status"; metadata: ObjectMeta; nodeName: string }
  /** Tells the events first; the patch holds the note that they were told. */
  | { kind: "update-node-status"; name: string; events: EventDraft[]; patch: Patch | undefined }
  | { kind: "delete-node-status"; name: string; uid: string }
  /** Takes in what a daemon of the existing operator reported: keeps its log, writes the result, deletes the ConfigMap. */
  | {
    kind: "take-in-result";
    configMap: { name: string; uid: string };
    /** Names for the log; the second one where another log has the first. Undefined where there is none. */
    logNames: [string, string] | undefined;
    /** Undefined where the node has no status. */
    nodeStatus: string | undefined;
    node: string;
    result: ScanResult;
  }
  | { kind: "delete-config-map"; name: string; uid: string }
  /** Keeps the text of a configuration that is about to be overwritten. */
  | { kind: "keep-config"; metadata: ObjectMeta; data: Record<string, string> }
  /** Of the metadata of the FileIntegrity, and only in the version that was decided about. */
  | { kind: "patch-annotations"; annotations: Record<string, string | null> }
  | { kind: "record-event"; event: EventDraft }
  | { kind: "patch-status"; patch: Patch };

/** What is to be done for a FileIntegrity. */
export interface Plan {
  actions: Action[];
  /** What its status is when that is done. */
  status: FileIntegrityStatus;
  /** Milliseconds until it is to be looked at again although nothing has changed; undefined for never. */
  requeueAfter: number | undefined;
  /** The nodes that are to be scanned. */
  expected: ReadonlySet<string>;
}

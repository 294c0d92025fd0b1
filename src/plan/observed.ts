/** What the operator knows of one FileIntegrity when it decides; nothing else decides. */

import type { Adjustment, EffectiveSpec } from "../api/effective.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import type { Baseline, Condition, LastResult } from "../api/node_status.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import type { NodeUpdate } from "./node_update.ts";
import type { RefusedChange } from "./refused_change.ts";

/** What is used of a taint. */
export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

/** What is used of a Node. */
export interface ObservedNode {
  name: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  /** Whether its kubelet reports that it is ready. */
  ready: boolean;
  update: NodeUpdate;
}

/** What is used of a FileIntegrityNodeStatus. */
export interface ObservedNodeStatus {
  metadata: ObjectMeta;
  nodeName: string;
  /** Without its lists of paths; absent until the first scan has ended. */
  lastResult?: LastResult;
  baseline?: Baseline;
  /** The newest verdict, which a scan that gave none leaves standing; absent until there was one. */
  standing?: Exclude<Condition, "Errored">;
  /**
   * Since when the node is awaited, see `awaitedSince`, by what this process saw; milliseconds since 1970 as its clock is
   * set now.
   */
  reportedAt?: number;
}

/** A DaemonSet or ConfigMap that the operator owns, as the API server has it. */
export interface ObservedChild {
  metadata: ObjectMeta;
  /** The object without its metadata, `apiVersion`, `kind` and status. */
  content: Readonly<Record<string, unknown>>;
  /** For a DaemonSet: whether its controller has seen this version of it. */
  current?: boolean;
}

/** A result of the existing operator's daemon that its operator did not take in; without its log. */
export interface OldResult {
  metadata: ObjectMeta;
  condition: Condition;
  /** Why it is Errored. */
  error?: string;
}

/** What there is of the existing operator's objects that ours does not have. */
export interface ObservedLeftovers {
  /** Those of the FileIntegrity. */
  results: readonly OldResult[];
  /** ConfigMaps with the names of its scripts. */
  scripts: readonly ObservedChild[];
  /** All of the namespace. */
  daemonSets: readonly ObservedChild[];
}

/**
 * Where the wanted AIDE configuration comes from, and what came of it. `text` is a converted configuration; a message has
 * no full stop, as what is run meanwhile is said behind it.
 */
export type ObservedConfig =
  /** It is not known yet: the ConfigMap was not read, or the configuration is being checked. */
  | { state: "pending"; message?: string }
  | {
    state: "accepted";
    origin: "default" | "user";
    text: string;
    digest: string;
    remarks: string[];
  }
  | { state: "not-found" | "key-not-found" | "forbidden" | "refused"; message: string };

/** Whether a policy of the API server keeps every daemon to its own node. */
export interface ObservedAdmission {
  state: "in-force" | "missing" | "unsupported" | "unknown";
  message?: string;
}

/** Everything that decides what is done for a FileIntegrity. Times are milliseconds since 1970. */
export interface Observed {
  fileIntegrity: FileIntegrity;
  spec: EffectiveSpec;
  adjustments: readonly Adjustment[];
  /** All nodes of the cluster. */
  nodes: readonly ObservedNode[];
  /** The node statuses that belong to it. */
  nodeStatuses: readonly ObservedNodeStatus[];
  /** The nodes that failed, as the API server has them now; only where new baselines of those are asked for. */
  failedNodes?: readonly string[];
  daemonSet?: ObservedChild;
  /** The change of the DaemonSet that the API server refused last. */
  refusedChange?: RefusedChange;
  configMap?: ObservedChild;
  config: ObservedConfig;
  /** The configuration that the existing operator ran, where it is acceptable and nothing else is known to be. */
  leftConfig?: { text: string; digest: string };
  /** Only while the FileIntegrity moves over from the existing operator. */
  leftovers?: ObservedLeftovers;
  /** The active configuration as this process last wrote it; undefined when it never did. */
  lastWritten?: { text: string; digest: string };
  /** Whether the priority class of the spec is there; undefined where none is named. */
  priorityClass?: "found" | "missing" | "unknown";
  admission: ObservedAdmission;
  /** The nodes that were to be scanned when this process last decided; undefined the first time. */
  expectedBefore?: ReadonlySet<string>;
  /** The image of the daemon. */
  image: string;
  /** `metadata.uid` of every FileIntegrity that there is. */
  living: ReadonlySet<string>;
  /** An id that no other request has; used when a request is taken on. */
  freshID: string;
}

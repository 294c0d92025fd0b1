/** What the conditions of a FileIntegrity say, with each of their reasons, and what to do about it. */

import type { ConditionReason, ConditionType } from "../reasons.ts";

/** What each condition is about. */
export const conditionTypeGuide = {
  Ready: "Whether scans go on as the spec asks: it is `True` in the phase Active.",
  ConfigAccepted:
    "Whether the AIDE configuration that the spec asks for is the one that is active.",
  SpecAsWritten: "Whether every value of the spec is carried out as it is written.",
  NodesReporting: "Whether every selected node reports its scans in time.",
  NodesUnchanged: "Whether any node has changed files, by the newest scans.",
  Realtime: "Whether changed files are looked at within seconds (`spec.realtime`).",
  DaemonsConfined: "Whether the API server lets each daemon write for its own node alone, as " +
    "`manifests/base/admission.yaml` has it.",
} as const satisfies Record<ConditionType, string>;

/** One way in which a reason is given; texts are sentences. */
export interface ConditionGuide {
  type: ConditionType;
  status: "True" | "False" | "Unknown";
  meaning: string;
  /** Absent where there is nothing to do. */
  remedy?: string;
  /** No version gives it yet. */
  planned?: true;
}

const daemonPods =
  "Where it lasts, look at the pods: `kubectl get pods -l file-integrity.openshift.io/pod -o wide`.";

const active =
  "The configuration that was active stays active; where there was none, the default policy is run";

/** Every reason of a condition, under each condition that it is given by. */
export const conditionGuide = {
  DaemonSetPending: [{
    type: "Ready",
    status: "False",
    meaning: "The pods that scan are being set up.",
    remedy: daemonPods,
  }],
  InitialDelay: [{
    type: "Ready",
    status: "False",
    meaning: "The first scan waits for `spec.config.initialDelay`.",
  }],
  Initializing: [{
    type: "Ready",
    status: "False",
    meaning:
      "Databases are being built on the nodes that the message names, or wait for the hold of those to end. Scans of " +
      "the others go on.",
    remedy: `End the hold where they wait for that. ${daemonPods}`,
  }, {
    type: "NodesUnchanged",
    status: "Unknown",
    meaning: "No node is known to have changed, and not every node has a verdict.",
  }],
  Scanning: [{ type: "Ready", status: "True", meaning: "Scans go on." }],
  NodeErrors: [{
    type: "Ready",
    status: "False",
    meaning: "The newest scan of the nodes that the message names gave no verdict.",
    remedy:
      "See `errorReason` and `errorMessage` in `lastResult` of their FileIntegrityNodeStatus.",
  }],
  DaemonSetRefused: [{
    type: "Ready",
    status: "False",
    meaning: "The API server refuses the pods that the spec asks for, and the phase is Error.",
    remedy: "See SpecAsWritten.",
  }, {
    type: "SpecAsWritten",
    status: "False",
    meaning:
      "The API server refuses the DaemonSet that the spec asks for: a label, a taint or a quantity that no pod can " +
      "have, or a policy of the cluster is against it. Pods that are there go on as they are.",
    remedy:
      "The message has the API server's words, and the field of the DaemonSet: correct the spec, or the policy. It is " +
      "tried again every 30 seconds.",
  }],
  DefaultPolicy: [{
    type: "ConfigAccepted",
    status: "True",
    meaning: "The spec names no ConfigMap, and the default policy is active.",
  }],
  UserConfig: [{
    type: "ConfigAccepted",
    status: "True",
    meaning:
      "The configuration of the ConfigMap is active. The message tells what was changed in it, line by line.",
  }],
  ConfigNotFound: [{
    type: "ConfigAccepted",
    status: "False",
    meaning:
      `The ConfigMap that the spec names is not there, or can't be, as no ConfigMap can have such a name. ${active}.`,
    remedy: "Create it, or correct `spec.config.name` and `spec.config.namespace`.",
  }],
  ConfigKeyNotFound: [{
    type: "ConfigAccepted",
    status: "False",
    meaning: `The ConfigMap does not have the key that the spec names. ${active}.`,
    remedy: "Correct `spec.config.key`; the message names the keys that there are.",
  }],
  ConfigForbidden: [{
    type: "ConfigAccepted",
    status: "False",
    meaning: `The operator may not read the ConfigMap, as it is in another namespace. ${active}.`,
    remedy: "Move it to the operator's namespace, or grant what the message names.",
  }],
  ConfigRefused: [{
    type: "ConfigAccepted",
    status: "False",
    meaning:
      `The configuration is empty, or has faults, which the message names with their lines. ${active}.`,
    remedy: "Correct the lines. `config check FILE` tells of every fault at once.",
  }, {
    type: "Ready",
    status: "False",
    meaning: "The same, as the phase is Error for that.",
    remedy: "See ConfigAccepted.",
  }],
  ConfigUnchecked: [{
    type: "ConfigAccepted",
    status: "Unknown",
    meaning:
      "The configuration is being read or checked, or can't be for now. The configuration that was active stays active; " +
      "where there was none, nothing is scanned yet.",
    remedy: "Where it lasts, the message and the operator's log say why.",
  }],
  AsWritten: [{
    type: "SpecAsWritten",
    status: "True",
    meaning: "Everything is as the spec says.",
  }],
  Adjusted: [{
    type: "SpecAsWritten",
    status: "False",
    meaning:
      "Values are out of bounds, contradict each other, or have no effect. The message says what is done instead.",
    remedy: "Correct them, or leave it at that.",
  }],
  PriorityClassNotFound: [{
    type: "SpecAsWritten",
    status: "False",
    meaning:
      "The priority class that the spec names is not there, and the pods run without it until it is.",
    remedy: "Create it, or correct `spec.priorityClassName`.",
  }],
  AllReporting: [{
    type: "NodesReporting",
    status: "True",
    meaning:
      "Every node reports in time. The message tells of failed updates of nodes, and of nodes that the annotation " +
      "`holdoff` names and that are not scanned here.",
  }],
  NodesStale: [{
    type: "NodesReporting",
    status: "False",
    meaning:
      "The nodes that the message names have not reported in the time that a scan takes: the interval, four times the " +
      "last scan, and two minutes; an hour for the first report.",
    remedy:
      "See whether the node is up and its pod runs: `kubectl get pods -l file-integrity.openshift.io/pod -o wide`; and " +
      "what it says: `kubectl logs POD`.",
  }],
  NodesHeld: [{
    type: "NodesReporting",
    status: "False",
    meaning:
      "Scans are held on the nodes that the message names: by `holdoff`, or while the node is updated.",
  }],
  NodesHeldLong: [{
    type: "NodesReporting",
    status: "False",
    meaning: "A node has been held for more than 24 hours.",
    remedy:
      "Remove the annotation `holdoff` where somebody forgot it; else see why the update of the node does not end.",
  }],
  NameTaken: [{
    type: "NodesReporting",
    status: "False",
    meaning:
      "Another FileIntegrity has objects of the names that this one would use: `a` on node `b-c` and `a-b` on node `c` " +
      "are the same.",
    remedy: "Give one of the two another name.",
  }],
  NoNodes: [{
    type: "Ready",
    status: "False",
    meaning:
      "No node has the labels of `spec.nodeSelector`, or `spec.tolerations` tolerate its taints.",
    remedy: "Correct them; `kubectl get nodes --show-labels` shows what there is.",
  }, {
    type: "NodesReporting",
    status: "False",
    meaning: "No node is selected.",
    remedy: "See Ready.",
  }],
  NoChanges: [{
    type: "NodesUnchanged",
    status: "True",
    meaning: "No file has changed on any node.",
  }],
  ChangesFound: [{
    type: "NodesUnchanged",
    status: "False",
    meaning: "Files have changed on the nodes that the message names.",
    remedy:
      "See which, in `lastResult.changes` of the FileIntegrityNodeStatus and in the log that it names. Undo the " +
      "changes, or take a new baseline.",
  }],
  Watching: [{
    type: "Realtime",
    status: "True",
    meaning: "Changes are seen as they happen.",
    planned: true,
  }],
  Disabled: [{
    type: "Realtime",
    status: "False",
    meaning: "The spec does not ask for it.",
    planned: true,
  }],
  WatchLimitReached: [{
    type: "Realtime",
    status: "False",
    meaning: "A node has no more watches, and the full scans cover what is not watched.",
    remedy: "Raise `fs.inotify.max_user_watches` on the node.",
    planned: true,
  }],
  EventsLost: [{
    type: "Realtime",
    status: "False",
    meaning: "More changed at once than could be followed. The next full scan covers it.",
    planned: true,
  }],
  PolicyInForce: [{
    type: "DaemonsConfined",
    status: "True",
    meaning: "The API server refuses what a daemon writes for another node.",
  }],
  PolicyMissing: [{
    type: "DaemonsConfined",
    status: "False",
    meaning: "The admission policy or its binding is not there, or not as it should be.",
    remedy: "Apply `manifests/base/admission.yaml` as it is.",
  }, {
    type: "DaemonsConfined",
    status: "Unknown",
    meaning: "The operator may not see the policy.",
    remedy: "Apply `manifests/rbac/operator.yaml`.",
  }],
  PolicyUnsupported: [{
    type: "DaemonsConfined",
    status: "False",
    meaning:
      "The API server knows no such policies, or puts no names of nodes into the tokens of pods.",
    remedy: "Use Kubernetes 1.30 or newer.",
  }],
} as const satisfies Record<ConditionReason, readonly ConditionGuide[]>;

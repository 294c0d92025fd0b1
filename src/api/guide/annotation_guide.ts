/** What each annotation means, by the object that has it. */

import type { annotations } from "../labels.ts";

/** An object that has annotations of this product. */
export type AnnotatedKind = "FileIntegrity" | "Node" | "FileIntegrityNodeStatus" | "ConfigMap";

/** An annotation on one kind of object; the texts are for people. */
export interface AnnotationGuide {
  on: AnnotatedKind;
  /** Who sets it. */
  by: "you" | "updater" | "operator" | "daemon";
  /** What its value is. */
  value: string;
  /** A sentence. */
  meaning: string;
}

const nodeList = "nothing for all nodes, or names of nodes: `worker-1,worker-2`";

/** Every annotation. */
export const annotationGuide = {
  reInit: [{
    on: "FileIntegrity",
    by: "you",
    value: nodeList,
    meaning:
      "These nodes take a new baseline. The operator removes it as soon as it has taken on the request.",
  }, {
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "the id of a request",
    meaning: "The node takes a new baseline; it is done when `baseline.requestID` is the same.",
  }],
  reInitOnFailed: [{
    on: "FileIntegrity",
    by: "you",
    value: "anything",
    meaning:
      "The nodes whose newest result is Failed take a new baseline. The operator removes it as soon as it has taken on " +
      "the request.",
  }],
  holdoff: [{
    on: "FileIntegrity",
    by: "you",
    value: nodeList,
    meaning: "These nodes are not scanned until you remove it.",
  }, {
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "`requested` or `node-update`",
    meaning: "The node is not scanned.",
  }],
  updating: [{
    on: "Node",
    by: "updater",
    value: "anything",
    meaning:
      "Something updates the node: it is not scanned, and takes a new baseline when this is removed. A taint with this " +
      "key means the same. On OpenShift the Machine Config Operator's own annotations are enough.",
  }],
  reInitTaken: [{
    on: "FileIntegrity",
    by: "operator",
    value: "a request",
    meaning: "A request for new baselines that is being handed on to the nodes.",
  }],
  reInitReason: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a reason of a baseline",
    meaning: "Why the new baseline is asked for.",
  }],
  heldSince: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a time",
    meaning: "Since when the node is held.",
  }],
  nodeUID: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "`metadata.uid` of a Node",
    meaning:
      "Which node the object is about: one that was replaced has the same name and another uid.",
  }],
  nodeVersion: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a version",
    meaning:
      "The version of the node's operating system that the baseline is of, where its updater tells.",
  }],
  nodeUpdating: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a time",
    meaning: "An update of the node began then, and has not been seen to end.",
  }],
  movedOver: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a time",
    meaning: "Since when this operator has the object, which the existing operator left.",
  }],
  told: [{
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a result and a baseline",
    meaning: "What events have told of, so that none is told twice or left out.",
  }],
  compressed: [{
    on: "ConfigMap",
    by: "daemon",
    value: "nothing",
    meaning: "`integritylog` is base64 of gzip.",
  }],
  filesAdded: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a number",
    meaning: "How many files were added.",
  }],
  filesChanged: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a number",
    meaning: "How many files were changed.",
  }],
  filesRemoved: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a number",
    meaning: "How many files were removed.",
  }],
  logPart: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a number, from 1",
    meaning: "Which part of a log this is, where one ConfigMap can't hold it.",
  }],
  logNext: [{
    on: "ConfigMap",
    by: "daemon",
    value: "the name of a ConfigMap",
    meaning: "Where the next part is.",
  }],
  logParts: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a number",
    meaning: "How many parts there are; on the last one alone.",
  }],
  logScan: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a time",
    meaning: "Which scan the part is of: the same on all parts of one log.",
  }],
  ownerName: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a name",
    meaning: "The whole name of the FileIntegrity, where its label is shortened.",
  }, {
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a name",
    meaning: "The whole name of the FileIntegrity, where its label is shortened.",
  }],
  nodeName: [{
    on: "ConfigMap",
    by: "daemon",
    value: "a name",
    meaning: "The whole name of the node, where its label is shortened.",
  }, {
    on: "FileIntegrityNodeStatus",
    by: "operator",
    value: "a name",
    meaning: "The whole name of the node, where its label is shortened.",
  }],
} as const satisfies Record<keyof typeof annotations, readonly AnnotationGuide[]>;

/** The keys of labels and annotations, and the API group that they and the kinds share. */

/** API group of FileIntegrity and FileIntegrityNodeStatus. */
export const apiGroup = "fileintegrity.openshift.io";

/** `apiVersion` of FileIntegrity and FileIntegrityNodeStatus. */
export const apiVersion = "fileintegrity.openshift.io/v1alpha1";

/** Label keys; the values are object names shortened by `labelValue`, or "" where only the key counts. */
export const labels = {
  /** On everything that belongs to a FileIntegrity: its name. */
  owner: "file-integrity.openshift.io/owner",
  /** On results: the node's name. */
  node: "file-integrity.openshift.io/node",
  /** On the ConfigMap with the active AIDE configuration: "". */
  aideConf: "file-integrity.openshift.io/aide-conf",
  /** On the pods of the daemon: "". */
  pod: "file-integrity.openshift.io/pod",
  /** On a ConfigMap with the log of a failed scan: "". */
  resultLog: "file-integrity.openshift.io/result-log",
  /** On a ConfigMap with the log of what a new baseline absorbed: "". */
  absorbedLog: "file-integrity.openshift.io/absorbed-log",
} as const;

/** Annotation keys. */
export const annotations = {
  /** On a FileIntegrity: "" or a comma list of node names to re-initialise; on a FileIntegrityNodeStatus: a request id. */
  reInit: "file-integrity.openshift.io/re-init",
  /** On a FileIntegrity: a request for new baselines that the operator is handing on; its own. */
  reInitTaken: "file-integrity.openshift.io/re-init-taken",
  /** On a FileIntegrity, any value: re-initialise the nodes whose last result is Failed. */
  reInitOnFailed: "file-integrity.openshift.io/re-init-on-failed",
  /** On a FileIntegrity: "" or a comma list of paused node names; on a FileIntegrityNodeStatus: paused. */
  holdoff: "file-integrity.openshift.io/holdoff",
  /** On a FileIntegrityNodeStatus: which result and which baseline of the node events have told of; the operator's. */
  told: "file-integrity.openshift.io/told",
  /** On a FileIntegrityNodeStatus: since when the node is held, RFC 3339. */
  heldSince: "file-integrity.openshift.io/held-since",
  /** On a FileIntegrityNodeStatus: the version of the node (of its operating system) that its baseline is of. */
  nodeVersion: "file-integrity.openshift.io/node-version",
  /** On a FileIntegrityNodeStatus: the update of the node that was seen to begin and not to end, and when it began. */
  nodeUpdating: "file-integrity.openshift.io/node-updating",
  /** On a Node, by whatever updates it, also as the key of a taint: an update is under way; the value says which. */
  updating: "file-integrity.openshift.io/updating",
  /** On a FileIntegrityNodeStatus: `metadata.uid` of the node that it is about. */
  nodeUID: "file-integrity.openshift.io/node-uid",
  /** On a FileIntegrityNodeStatus that the existing operator left: since when it is ours, RFC 3339. */
  movedOver: "file-integrity.openshift.io/moved-over",
  /** On a FileIntegrityNodeStatus beside `reInit`: the `BaselineReason` of the request. */
  reInitReason: "file-integrity.openshift.io/re-init-reason",
  /** On a log ConfigMap: "" when `integritylog` is base64 of gzip. */
  compressed: "file-integrity.openshift.io/compressed",
  /** On a log ConfigMap: number of added files, decimal. */
  filesAdded: "file-integrity.openshift.io/files-added",
  /** On a log ConfigMap: number of changed files, decimal. */
  filesChanged: "file-integrity.openshift.io/files-changed",
  /** On a log ConfigMap: number of removed files, decimal. */
  filesRemoved: "file-integrity.openshift.io/files-removed",
  /** On each ConfigMap of a log in several parts: the number of the part, decimal, from "1". */
  logPart: "file-integrity.openshift.io/log-part",
  /** On each part but the last: the name of the ConfigMap with the next part. */
  logNext: "file-integrity.openshift.io/log-next",
  /** On the last part: the number of parts, decimal. Whoever sees it knows that the set is complete. */
  logParts: "file-integrity.openshift.io/log-parts",
  /** On each part: time of the scan, RFC 3339, the same on all parts of one log. */
  logScan: "file-integrity.openshift.io/log-scan",
  /** The full name where the `owner` label holds a shortened one. */
  ownerName: "file-integrity.openshift.io/owner-name",
  /** The full name where the `node` label holds a shortened one. */
  nodeName: "file-integrity.openshift.io/node-name",
} as const;

/** Data key of a log ConfigMap. */
export const logDataKey = "integritylog";

/** Data key of an AIDE configuration when the FileIntegrity names none. */
export const configDataKey = "aide.conf";

/** What the existing operator (1.4) leaves in a cluster that ours does not have, and how it is known. */

import type { FileIntegrity } from "./file_integrity.ts";

/** Its label keys. */
export const existingLabels = {
  /** On a ConfigMap with the result of one scan, until its operator has taken it in: "". */
  log: "file-integrity.openshift.io/log",
  /** On a DaemonSet that asks nodes for a new baseline: the name of the FileIntegrity. */
  reinitOwner: "file-integrity.openshift.io/reinit-owner",
} as const;

/** Its annotation keys. */
export const existingAnnotations = {
  /** On the ConfigMap with the active AIDE configuration: new baselines that are not ready, "" or a comma list of nodes. */
  updated: "file-integrity.openshift.io/updated",
  /** On the result of a scan that is Errored: why. */
  logError: "file-integrity.openshift.io/log-errormsg",
} as const;

/** What the names of its DaemonSets begin with: that for new baselines, and one that scans, before version 0.1.19. */
export const existingPrefixes = { reinit: "aide-ini", scanning: "aide-ds-" } as const;

/** The ConfigMaps with its scripts: the one key of each, and words that stand in the script. */
export const existingScripts = [
  { name: "aide-reinit", key: "aide.sh", words: "/run/aide.reinit" },
  { name: "aide-pause", key: "pause.sh", words: "sleep infinity" },
] as const;

/** Whether a FileIntegrity was carried out by the existing operator last: its status has a phase and nothing else. */
export function isMovingOver({ status }: Pick<FileIntegrity, "status">): boolean {
  return status?.phase !== undefined && status.conditions === undefined;
}

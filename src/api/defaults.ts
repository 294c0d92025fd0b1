/** What holds where a FileIntegrity says nothing: apart from the schemas, which the operator does not load. */

import type { Toleration } from "./file_integrity.ts";

/** Seconds between two scans when the FileIntegrity gives none. */
export const defaultGracePeriod = 900;

/** Backups kept on a node when the FileIntegrity gives no number. */
export const defaultMaxBackups = 5;

/** The tolerations of a FileIntegrity that gives none: main and infra nodes are scanned too. */
export const defaultTolerations: Toleration[] = [
  { key: "node-role.kubernetes.io/master", operator: "Exists", effect: "NoSchedule" },
  { key: "node-role.kubernetes.io/infra", operator: "Exists", effect: "NoSchedule" },
];

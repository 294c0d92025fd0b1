/** The command line of the daemon, as the operator writes it into the DaemonSet. */

/** What a daemon is told by its command line; what changes while it runs comes by its FileIntegrityNodeStatus. */
export interface DaemonFlags {
  /** Name of the FileIntegrity. */
  fileIntegrity: string;
  /** Its `metadata.uid`: tells it from an earlier one of the same name. */
  uid: string;
  namespace: string;
  /** `sha256:<hex>` of the configuration that the daemon is to run, and no other. */
  configDigest: string;
  /** Seconds between two scans. */
  interval: number;
  /** Backups of earlier baselines to keep. */
  maxBackups: number;
  /** Seconds from the creation of the node's status to the first scan. */
  initialDelay: number;
  debug: boolean;
  /** Threads that AIDE hashes with. */
  workers: number;
}

/** The options' names, without the dashes. */
export const daemonFlagNames = {
  fileIntegrity: "file-integrity",
  uid: "file-integrity-uid",
  namespace: "namespace",
  configDigest: "config-digest",
  interval: "interval",
  maxBackups: "max-backups",
  initialDelay: "initial-delay",
  debug: "debug",
  workers: "workers",
} as const satisfies Record<keyof DaemonFlags, string>;

/** The arguments of the program: the subcommand, then every option as `--name=value`. */
export function daemonArguments(flags: DaemonFlags): string[] {
  const options = Object.entries(daemonFlagNames).map(([field, name]) =>
    `--${name}=${flags[field as keyof DaemonFlags]}`
  );
  return ["daemon", ...options];
}

/** The environment variable with the node's name, from the downward API. */
export const nodeNameVariable = "NODE_NAME";

/** Where the host's root is in the daemon's pod. */
export const hostRootMount = "/hostroot";

/** Where the active configuration is in the daemon's pod. */
export const configMount = "/config";

/** The directory on the host that holds what a FileIntegrity needs to keep there. */
export function hostStateDirectory(fileIntegrity: string): string {
  return `/var/lib/file-integrity/${fileIntegrity}`;
}

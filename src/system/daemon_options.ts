/** The options of the daemon: what the operator writes into the DaemonSet, and what helps to develop. */

import { configMount, daemonFlagNames, hostRootMount } from "../api/daemon_flags.ts";
import { isNamespaceName, isObjectName } from "../api/names.ts";
import { bindAddressOption } from "./bind_address_option.ts";
import type { OptionTable, OptionValues } from "./option_table.ts";

const tenYears = 10 * 365 * 24 * 60 * 60;

/** The options of `daemon`. */
export const daemonOptions = {
  fileIntegrity: {
    kind: "text",
    name: daemonFlagNames.fileIntegrity,
    metavar: "NAME",
    required: true,
    pattern: { fits: isObjectName, expected: "the name of an object" },
    description: "The FileIntegrity that is carried out.",
  },
  uid: {
    kind: "text",
    name: daemonFlagNames.uid,
    metavar: "UID",
    required: true,
    pattern: { fits: (text) => /^[\w-]{1,128}$/.test(text), expected: "the uid of an object" },
    description: "Its metadata.uid, which tells it from an earlier one of the same name.",
  },
  namespace: {
    kind: "text",
    name: daemonFlagNames.namespace,
    metavar: "NAME",
    required: true,
    pattern: { fits: isNamespaceName, expected: "the name of a namespace" },
    description: "Its namespace, in which the results are published.",
  },
  configDigest: {
    kind: "text",
    name: daemonFlagNames.configDigest,
    metavar: "DIGEST",
    required: true,
    pattern: {
      fits: (text) => /^sha256:[0-9a-f]{64}$/.test(text),
      expected: "sha256: and 64 hexadecimal digits",
    },
    description: "Digest of the configuration to scan with: the daemon waits for that one.",
  },
  interval: {
    kind: "integer",
    name: daemonFlagNames.interval,
    metavar: "SECONDS",
    min: 1,
    max: tenYears,
    required: true,
    description: "Time between two scans.",
  },
  maxBackups: {
    kind: "integer",
    name: daemonFlagNames.maxBackups,
    metavar: "N",
    min: 0,
    max: 10_000,
    required: true,
    description: "Backups of earlier baselines to keep.",
  },
  initialDelay: {
    kind: "integer",
    name: daemonFlagNames.initialDelay,
    metavar: "SECONDS",
    min: 0,
    max: tenYears,
    required: true,
    description: "Time from the creation of the node's status to the first scan.",
  },
  debug: {
    kind: "boolean",
    name: daemonFlagNames.debug,
    required: true,
    description: "Whether to log details.",
  },
  workers: {
    kind: "integer",
    name: daemonFlagNames.workers,
    metavar: "N",
    min: 0,
    max: 64,
    required: true,
    description: "Threads that AIDE hashes with. 0 hashes in the thread that scans.",
  },
  root: {
    kind: "path",
    name: "root",
    metavar: "DIR",
    default: hostRootMount,
    description: "The root to scan: what /hostroot in the rules stands for.",
  },
  configDir: {
    kind: "path",
    name: "config-dir",
    metavar: "DIR",
    default: configMount,
    description: "Where the configuration is, as aide.conf.",
  },
  stateDir: {
    kind: "path",
    name: "state-dir",
    metavar: "DIR",
    description:
      "Where database and logs are kept. Default: var/lib/file-integrity/NAME below the root.",
  },
  kubeconfig: {
    kind: "path",
    name: "kubeconfig",
    metavar: "FILE",
    description: "How to reach the API server. Default: as the pod's ServiceAccount.",
  },
  context: {
    kind: "text",
    name: "context",
    metavar: "NAME",
    description: "The context of the kubeconfig. Default: its current one.",
  },
  aide: {
    kind: "path",
    name: "aide",
    metavar: "PATH",
    description: "The AIDE program (0.18 or later). Default: aide on the PATH.",
  },
  timeout: {
    kind: "integer",
    name: "timeout",
    metavar: "SECONDS",
    min: 1,
    max: 604_800,
    default: 6 * 3600,
    description: "After this time a run of AIDE counts as hanging.",
  },
  bindAddress: bindAddressOption,
  logFormat: {
    kind: "choice",
    name: "log-format",
    metavar: "FORMAT",
    choices: ["json", "text"],
    default: "json",
    description: "Form of the log on standard error.",
  },
} as const satisfies OptionTable;

/** The command line of the daemon. */
export type DaemonOptions = OptionValues<typeof daemonOptions>;

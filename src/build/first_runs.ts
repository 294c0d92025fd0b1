/** The runs that fill a code cache. */
import { daemonArguments, nodeNameVariable } from "../api/daemon_flags.ts";

/**
 * The arguments of runs that load what each subcommand loads, and end at once because they have nothing to do, or are in
 * no pod. What they compile is kept, and the next runs are twice as fast.
 */
export const firstRuns: readonly (readonly string[])[] = [
  ["--version"],
  ["config", "default"],
  ["scan", "--filename", "/dev/null"],
  daemonArguments({
    ...{ fileIntegrity: "any", uid: "any", namespace: "any" },
    configDigest: `sha256:${"0".repeat(64)}`,
    ...{ interval: 900, maxBackups: 0, initialDelay: 0, debug: false, workers: 0 },
  }),
  ["operator", "--namespace=any", "--image=any"],
];

/** The variables of those runs. */
export const firstRunVariables: Readonly<Record<string, string>> = { [nodeNameVariable]: "any" };

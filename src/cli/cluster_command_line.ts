/** The command lines of what runs in a cluster, which is parsed without the library that the others use. */

import { type DaemonOptions, daemonOptions } from "../system/daemon_options.ts";
import { type OperatorOptions, operatorOptions } from "../system/operator_options.ts";
import { parseOptions } from "../system/option_table.ts";

/** The command line of `daemon`. */
export type DaemonCommand = { command: "daemon" } & DaemonOptions;

/** The command line of `operator`. */
export type OperatorCommand = { command: "operator" } & OperatorOptions;

/** A command line, or everything that is wrong with it. */
export type ClusterCommandLine =
  | { line: DaemonCommand | OperatorCommand }
  | { faults: string[] };

/**
 * Parses the arguments where they are of a command that runs in a cluster; undefined for others, and for those that
 * ask for help.
 */
export function parseClusterCommandLine(
  [command, ...args]: readonly string[],
): ClusterCommandLine | undefined {
  if (command !== "daemon" && command !== "operator") return undefined;
  if (args.some((argument) => argument === "-h" || argument === "--help")) return undefined;
  if (command === "daemon") {
    const parsed = parseOptions(command, daemonOptions, args);
    return "faults" in parsed ? parsed : { line: { command, ...parsed.values } };
  }
  const parsed = parseOptions(command, operatorOptions, args);
  return "faults" in parsed ? parsed : { line: { command, ...parsed.values } };
}

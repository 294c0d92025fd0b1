/** The program: one entry, which loads only what the subcommand needs. */

import { exitStatus } from "./system/exit_status.ts";
import type { CommandLine } from "./cli/command_line.ts";
import { endOnStrayErrors } from "./system/stray_errors.ts";

const inCluster: ReadonlySet<string> = new Set(["daemon", "operator"]);

/** The command line; undefined where it is wrong, which has been said. May end the process, with help. */
async function readCommandLine(): Promise<CommandLine | undefined> {
  if (inCluster.has(Deno.args[0] ?? "")) {
    const { parseClusterCommandLine } = await import("./cli/cluster_command_line.ts");
    const parsed = parseClusterCommandLine(Deno.args);
    if (parsed !== undefined && "line" in parsed) return parsed.line;
    if (parsed !== undefined) {
      const { writeError } = await import("./system/output.ts");
      for (const fault of parsed.faults) await writeError(`Error: ${fault}`);
      return undefined;
    }
  }
  const { helpFault, parseCommandLine } = await import("./cli/command_line.ts");
  const fault = helpFault(Deno.args);
  if (fault === undefined) return parseCommandLine(Deno.args);
  const { writeError } = await import("./system/output.ts");
  await writeError(`Error: ${fault}`);
  return undefined;
}

async function dispatch(line: CommandLine): Promise<number> {
  const { giveUpPermissions } = await import("./cli/give_up_permissions.ts");
  await giveUpPermissions(line.command);
  switch (line.command) {
    case "scan": {
      const { scan } = await import("./cli/scan.ts");
      return await scan(line);
    }
    case "daemon": {
      const { daemon } = await import("./daemon/daemon.ts");
      return await daemon(line);
    }
    case "operator": {
      const { operator } = await import("./operator/operator.ts");
      return await operator(line);
    }
    default: {
      const { config } = await import("./cli/config.ts");
      return await config(line);
    }
  }
}

async function main(): Promise<number> {
  endOnStrayErrors();
  const line = await readCommandLine();
  if (line === undefined) return exitStatus.usage;
  try {
    return await dispatch(line);
  } catch (error) {
    const { OutputError, writeError } = await import("./system/output.ts");
    const said = error instanceof Error ? error.stack : String(error);
    await writeError(
      error instanceof OutputError ? `Error: ${error.message}` : `Internal error: ${said}`,
    );
    return exitStatus.errored;
  }
}

if (import.meta.main) Deno.exit(await main());

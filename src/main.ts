/** The program: one entry, which loads only what the subcommand needs. */

import { exitStatus } from "./system/exit_status.ts";
import type { CommandLine } from "./cli/command_line.ts";
import { endOnStrayErrors } from "./system/stray_errors.ts";

async function dispatch(line: CommandLine): Promise<number> {
  const { giveUpPermissions } = await import("./cli/give_up_permissions.ts");
  await giveUpPermissions(line.command);
  switch (line.command) {
    case "scan": {
      const { scan } = await import("./cli/scan.ts");
      return await scan(line);
    }
    default: {
      const { config } = await import("./cli/config.ts");
      return await config(line);
    }
  }
}

async function main(): Promise<number> {
  endOnStrayErrors();
  const { parseCommandLine } = await import("./cli/command_line.ts");
  const line = parseCommandLine(Deno.args);
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

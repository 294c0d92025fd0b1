import type { CommandLine } from "./command_line.ts";

const all = ["read", "write", "run", "net", "env", "sys", "ffi", "import"] as const;

const needed: Record<CommandLine["command"], readonly (typeof all[number])[]> = {
  "scan": ["read", "write", "run", "env", "sys"],
  "daemon": ["read", "write", "run", "net", "env", "sys"],
  "operator": ["read", "run", "net", "env"],
  "config default": [],
  "config convert": ["read"],
  "config check": ["read", "run", "env"],
};

/**
 * Gives up, for the rest of the process, every permission that the command does not need: a compiled binary starts
 * with those of all commands.
 */
export async function giveUpPermissions(command: CommandLine["command"]): Promise<void> {
  for (const name of all) {
    if (!needed[command].includes(name)) await Deno.permissions.revoke({ name });
  }
}

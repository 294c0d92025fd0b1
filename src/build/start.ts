// deno-lint-ignore-file no-console -- a command line tool
/**
 * Runs a subcommand from source with exactly the permissions that it needs: `deno task start SUBCOMMAND …`. This
 * process only reads, runs the program, hands signals on to it, and ends with its exit code.
 */
import { findProgram, programPath } from "../node/find_program.ts";
import {
  engineFlagOf,
  type Machine,
  PathNotGrantable,
  permissionFlags,
  permissions,
  subcommandOf,
} from "./permissions.ts";

const root = new URL("../..", import.meta.url).pathname;

function denoArguments(
  args: readonly string[],
  main: string,
  machine: Machine,
): string[] {
  const subcommand = subcommandOf(args);
  return [
    "run",
    "--quiet",
    "--frozen",
    "--no-prompt",
    engineFlagOf(subcommand),
    `--config=${root}deno.json`,
    ...permissionFlags(subcommand, args, machine),
    main,
    ...args,
  ];
}

/** Every program that some subcommand may run, where it is found in the directories of `path`. */
async function programs(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { run } of Object.values(permissions)) {
    for (const grant of run) {
      if (grant.from !== "program") continue;
      const program = await findProgram(grant.name, path);
      if (program !== undefined) found.set(grant.name, program);
    }
  }
  return found;
}

/**
 * The arguments with which Deno runs a subcommand from source, whose entry is the module `main`, with exactly the
 * permissions that it needs. Throws `PathNotGrantable`.
 */
export async function startArguments(
  args: readonly string[],
  main = `${root}src/main.ts`,
): Promise<string[]> {
  const found = await programs(programPath(Deno.env.get("PATH")));
  return denoArguments(args, main, {
    find: (program) => found.get(program),
    env: (name) => Deno.env.get(name),
  });
}

/**
 * Runs the program, whose entry is the module `main`, as a child in the directory in which the user called, and gives
 * its exit code: 128 + n for signal n, 64 for a path that can't be granted.
 */
export async function start(
  args: readonly string[],
  main = `${root}src/main.ts`,
): Promise<number> {
  let denoArgs: string[];
  try {
    denoArgs = await startArguments(args, main);
  } catch (cause) {
    if (!(cause instanceof PathNotGrantable)) throw cause;
    console.error(cause.message);
    return 64;
  }
  const cwd = Deno.env.get("INIT_CWD");
  const command = new Deno.Command(Deno.execPath(), {
    args: denoArgs,
    ...(cwd !== undefined && { cwd }),
    env: { DENO_NO_UPDATE_CHECK: "1" },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  // A terminal sends Ctrl-C and its hang-up to the program too; handed on, they would reach it twice.
  const terminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
  // Before the program is there: a signal that comes as soon as it is must not end this process alone.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) {
    Deno.addSignalListener(signal, () => {
      if (terminal && signal !== "SIGTERM") return;
      try {
        child.kill(signal);
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause; // it has ended already
      }
    });
  }
  const child = command.spawn();
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await start(Deno.args));

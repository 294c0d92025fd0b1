/** What each subcommand may do: one table for running from source and for the packed file. */

/** A directory that an option names. Deno may create it, with what is above it, when it may write to it. */
export interface DirectoryGrant {
  from: "directory";
  option: string;
  /** Where the option is not given. */
  fallback: string;
}

/** A program found on `PATH`, or at the path that an option names. */
export interface ProgramGrant {
  from: "program";
  name: string;
  option?: string;
  /** Where it is on Debian: named where it is missing, so that running it fails as missing and not as forbidden. */
  fallback: string;
}

/** Every argument after the subcommand that is not an option: the files that the user named. */
export interface OperandsGrant {
  from: "operands";
}

/** A path that a subcommand may use; which one, the arguments say. */
export type Grant = DirectoryGrant | ProgramGrant | OperandsGrant;

/** What one subcommand may do. Network, FFI and imports are in no table: none may. */
export interface Permissions {
  read: "everything" | readonly Grant[];
  write: readonly Grant[];
  run: readonly Grant[];
  /** Names of environment variables. */
  env: readonly string[];
  /** Names of Deno's system interfaces. */
  sys: readonly string[];
}

/**
 * V8's part of the command line: a log of 200 MB adds 12 MB of memory with it, and 71 MB without, because texts of
 * 1 MB survive in a young generation that grows.
 */
export const engineFlag = "--v8-flags=--optimize-for-size";

const aide: ProgramGrant = {
  from: "program",
  name: "aide",
  option: "--aide",
  fallback: "/usr/bin/aide",
};
const chrt: ProgramGrant = { from: "program", name: "chrt", fallback: "/usr/bin/chrt" };
const stateDirectory: DirectoryGrant = {
  from: "directory",
  option: "--state-dir",
  fallback: "/var/lib/file-integrity",
};
const operands: OperandsGrant = { from: "operands" };

/** What help, `--version`, completions and unknown subcommands may do. */
export const nothing: Permissions = { read: [], write: [], run: [], env: [], sys: [] };

/** What each subcommand may do, by its words. `PATH` is there to find programs in the order in which a shell does. */
export const permissions: Readonly<Record<string, Permissions>> = {
  "scan": {
    read: "everything",
    write: [stateDirectory],
    run: [aide, chrt],
    env: ["PATH"],
    sys: ["hostname", "uid"],
  },
  "config default": nothing,
  "config convert": { ...nothing, read: [operands] },
  "config check": { ...nothing, read: [operands, aide], run: [aide], env: ["PATH"] },
};

/** The table's subcommand that arguments begin with; undefined for help and for all that is in no table. */
export function subcommandOf(args: readonly string[]): string | undefined {
  return Object.keys(permissions).find((name) =>
    name.split(" ").every((word, at) => args[at] === word)
  );
}

/** The value that an option has in arguments: `--option VALUE` or `--option=VALUE`, the last one where it is repeated. */
export function optionValue(args: readonly string[], option: string): string | undefined {
  let value: string | undefined;
  for (const [at, argument] of args.entries()) {
    if (argument === option) value = args[at + 1] ?? value;
    else if (argument.startsWith(`${option}=`)) value = argument.slice(option.length + 1);
  }
  return value;
}

/** A path that Deno's permission flags can't express. */
export class PathNotGrantable extends Error {
  override name = "PathNotGrantable";
}

function list(flag: string, values: readonly string[]): string[] {
  for (const value of values) {
    if (value === "" || value.includes(",")) {
      throw new PathNotGrantable(
        `Cannot use the path ${JSON.stringify(value)}: it is empty or has a comma in it`,
      );
    }
  }
  return values.length === 0 ? [] : [`${flag}=${values.join(",")}`];
}

/**
 * Deno's permission flags for a subcommand with its arguments. `find` gives the path of a program on `PATH`. Throws
 * `PathNotGrantable` for a path with a comma, which separates paths in those flags.
 */
export function permissionFlags(
  subcommand: string | undefined,
  args: readonly string[],
  find: (program: string) => string | undefined,
): string[] {
  const { read, write, run, env, sys } = permissions[subcommand ?? ""] ?? nothing;
  const words = subcommand?.split(" ").length ?? 0;
  const paths = (grants: readonly Grant[]): string[] =>
    grants.flatMap((grant) => {
      switch (grant.from) {
        case "operands":
          return args.slice(words).filter((argument) => !/^(-|$)/.test(argument));
        case "directory":
          return [optionValue(args, grant.option) ?? grant.fallback];
        case "program": {
          const named = grant.option && optionValue(args, grant.option);
          return [named ?? find(grant.name) ?? grant.fallback];
        }
      }
    });
  return [
    ...read === "everything" ? ["--allow-read"] : list("--allow-read", paths(read)),
    ...list("--allow-write", paths(write)),
    ...list("--allow-run", paths(run)),
    ...list("--allow-env", env),
    ...list("--allow-sys", sys),
  ];
}

/** The flags that allow what any subcommand may do, for a binary whose permissions are fixed when it is built. */
export function unionFlags(): string[] {
  const all = Object.values(permissions);
  const some = (kind: "read" | "write" | "run"): boolean =>
    all.some((allowed) => allowed[kind].length > 0);
  return [
    ...(["read", "write", "run"] as const).filter(some).map((kind) => `--allow-${kind}`),
    ...list("--allow-env", [...new Set(all.flatMap(({ env }) => env))]),
    ...list("--allow-sys", [...new Set(all.flatMap(({ sys }) => sys))]),
  ];
}

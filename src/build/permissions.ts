/** What each subcommand may do: one table for running from source and for the packed file. */

import { hostRootMount, nodeNameVariable } from "../api/daemon_flags.ts";
import { bindAddressVariable, fioMetricsPort, metricsPort, probePort } from "../api/ports.ts";
import { isAddress, withPort } from "../system/ip_address.ts";
import { everyInterface } from "../system/listen.ts";

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

/** What one subcommand may do. FFI and imports are in no table: none may. */
export interface Permissions {
  read: "everything" | readonly Grant[];
  write: readonly Grant[];
  run: readonly Grant[];
  /**
   * "api-server": the one that the kubelet names to every pod; with an option for a kubeconfig, which may name any and
   * programs that ask others, the whole network.
   */
  net: "nothing" | "api-server";
  /** Ports to listen on, at the address that an option or a variable names, else on all interfaces. */
  listen: readonly number[];
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

// The operator waits for the API server most of the time. The optimizing compilers and their code take 7 MB, and spare it
// nothing: 1,000 nodes that report at once cost it 3.3 s of CPU with them and without.
const waitingEngineFlag = `${engineFlag},--max-opt=1`;

/** V8's part of the command line of a subcommand. */
export function engineFlagOf(subcommand: string | undefined): string {
  return subcommand === "operator" ? waitingEngineFlag : engineFlag;
}

/**
 * The directory, beside the bundle, of the compiled code that a subcommand starts with. V8 refuses code that was kept
 * under other flags, so subcommands that have flags of their own have a directory of their own.
 */
export function codeCacheOf(subcommand: string | undefined): string {
  return engineFlagOf(subcommand) === engineFlag ? "cache" : `${subcommand}-cache`;
}

/** How Deno runs a bundle, whatever the subcommand: nothing is asked, looked up or fetched. */
export const runFlags = [
  ...["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
  "--cached-only",
] as const;

const aide: ProgramGrant = {
  from: "program",
  name: "aide",
  option: "--aide",
  fallback: "/usr/bin/aide",
};
const chrt: ProgramGrant = { from: "program", name: "chrt", fallback: "/usr/bin/chrt" };
const hostStates = "/var/lib/file-integrity";
const stateDirectory: DirectoryGrant = {
  from: "directory",
  option: "--state-dir",
  fallback: hostStates,
};
const daemonStateDirectory: DirectoryGrant = {
  from: "directory",
  option: "--state-dir",
  fallback: `${hostRootMount}${hostStates}`,
};
const operands: OperandsGrant = { from: "operands" };

/** What help, `--version`, completions and unknown subcommands may do. */
export const nothing: Permissions = {
  read: [],
  write: [],
  run: [],
  net: "nothing",
  listen: [],
  env: [],
  sys: [],
};

/** The environment variables that say where a pod's API server is. */
export const apiServerVariables = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"] as const;

/** The options with which a kubeconfig says where the API server is. */
export const kubeconfigOptions = ["--kubeconfig", "--context"] as const;

/** The option with the address to listen on. */
export const bindAddressOption = "--bind-address";

/**
 * With a kubeconfig come libraries that look at variables of their own, and at the names of all: what is not granted is
 * not there for them.
 */
export const ignoreFlag = "--ignore-env";

const apiServerEnvironment = [
  ...apiServerVariables,
  "DENO_TLS_CA_STORE",
  ...["HOME", "KUBECONFIG"], // for a kubeconfig
];

/** What each subcommand may do, by its words. `PATH` is there to find programs in the order in which a shell does. */
export const permissions: Readonly<Record<string, Permissions>> = {
  "scan": {
    read: "everything",
    write: [stateDirectory],
    run: [aide, chrt],
    net: "nothing",
    listen: [],
    env: ["PATH"],
    sys: ["hostname", "uid"],
  },
  "daemon": {
    read: "everything",
    write: [daemonStateDirectory],
    run: [aide, chrt],
    net: "api-server",
    listen: [probePort],
    env: ["PATH", nodeNameVariable, bindAddressVariable, ...apiServerEnvironment],
    sys: ["uid"],
  },
  "operator": {
    read: "everything", // credentials, and what a kubeconfig names
    write: [],
    run: [aide],
    net: "api-server",
    listen: [probePort, metricsPort, fioMetricsPort],
    env: [
      "PATH",
      ...["WATCH_NAMESPACE", "POD_NAMESPACE", "POD_NAME", "RELATED_IMAGE_OPERATOR"],
      bindAddressVariable,
      ...apiServerEnvironment,
    ],
    sys: [],
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

/** Whether the arguments ask for a kubeconfig. */
function asksForKubeconfig(args: readonly string[]): boolean {
  return args.some((argument) =>
    kubeconfigOptions.some((option) => argument === option || argument.startsWith(`${option}=`))
  );
}

/** Where to listen, as Deno's flags have it; nowhere for what is no address, which the program itself complains of. */
function listened(
  { listen }: Permissions,
  args: readonly string[],
  env: (name: string) => string | undefined,
): string[] {
  const given = optionValue(args, bindAddressOption) ?? env(bindAddressVariable);
  const addresses = !given ? everyInterface : isAddress(given) ? [given] : [];
  return listen.flatMap((port) => addresses.map((address) => withPort(address, port)));
}

function netFlags(
  allowed: Permissions,
  args: readonly string[],
  env: (name: string) => string | undefined,
): string[] {
  if (allowed.net === "nothing") return [];
  if (asksForKubeconfig(args)) return ["--allow-net", ignoreFlag];
  const [host, port] = apiServerVariables.map(env);
  return list("--allow-net", [
    ...host ? [withPort(host, port || 443)] : [],
    ...listened(allowed, args, env),
  ]);
}

/** What a machine says of itself. */
export interface Machine {
  /** The path of a program on `PATH`. */
  find(program: string): string | undefined;
  env(name: string): string | undefined;
}

/**
 * Deno's permission flags for a subcommand with its arguments. Throws `PathNotGrantable` for a path with a comma, which
 * separates paths in those flags.
 */
export function permissionFlags(
  subcommand: string | undefined,
  args: readonly string[],
  machine: Machine,
): string[] {
  const allowed = permissions[subcommand ?? ""] ?? nothing;
  const { read, write, run, env, sys } = allowed;
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
          return [named ?? machine.find(grant.name) ?? grant.fallback];
        }
      }
    });
  return [
    ...read === "everything" ? ["--allow-read"] : list("--allow-read", paths(read)),
    ...list("--allow-write", paths(write)),
    ...list("--allow-run", paths(run)),
    ...netFlags(allowed, args, machine.env),
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
    ...all.some(({ net }) => net !== "nothing") ? ["--allow-net", ignoreFlag] : [],
    ...list("--allow-env", [...new Set(all.flatMap(({ env }) => env))]),
    ...list("--allow-sys", [...new Set(all.flatMap(({ sys }) => sys))]),
  ];
}

import { object, or } from "@optique/core/constructs";
import { message, optionName } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { InferValue, Parser } from "@optique/core/parser";
import { argument, command, constant, flag, option } from "@optique/core/primitives";
import { choice, integer } from "@optique/core/valueparser";
import { run } from "@optique/run";
import { quoted } from "../api/fault.ts";
import { daemonOptions } from "../system/daemon_options.ts";
import { exitStatus } from "../system/exit_status.ts";
import { operatorOptions } from "../system/operator_options.ts";
import { programName, programOrigin, programVersion } from "../system/program.ts";
import type { DaemonCommand, OperatorCommand } from "./cluster_command_line.ts";
import { tableParser } from "./table_parser.ts";
import { filled, filledPath } from "./value_parsers.ts";

/** The forms of a scan's output. */
export const outputFormats = ["table", "yaml", "json"] as const;

const file = filledPath("FILE", "either");
const directory = filledPath("DIR", "directory");
const name = filled("NAME");
const path = filledPath("PATH", "either");

const scan = command(
  "scan",
  object({
    command: constant("scan"),
    files: multiple(
      option("-f", "--filename", file, {
        description:
          message`File with the FileIntegrity, and with the ConfigMap that its ${"spec.config"} names, as YAML or JSON documents; - for standard input. May be given more than once.`,
      }),
      {
        min: 1,
        errors: {
          tooFew: message`No input. Name the file with the FileIntegrity with ${optionName("-f")}.`,
        },
      },
    ),
    name: optional(
      option("--name", name, {
        description: message`The FileIntegrity to scan with, where the input holds several.`,
      }),
    ),
    root: withDefault(
      option("--root", directory, {
        description: message`The root to scan: what /hostroot in the rules stands for.`,
      }),
      "/",
    ),
    stateDir: optional(
      option("--state-dir", directory, {
        description:
          message`Where database, logs and status are kept. Default: /var/lib/file-integrity/NAME.`,
      }),
    ),
    node: optional(
      option("--node", name, {
        description: message`Name of the node in the results. Default: the host name.`,
      }),
    ),
    once: optional(
      flag("--once", {
        description:
          message`Scan once and exit with the verdict, instead of every ${"gracePeriod"} seconds.`,
      }),
    ),
    reInit: optional(
      flag("--re-init", {
        description: message`Take a new baseline, after a look at what it absorbs.`,
      }),
    ),
    output: withDefault(
      option("-o", "--output", choice(outputFormats, { metavar: "FORMAT" }), {
        description: message`Form of the results on standard output.`,
      }),
      "table",
    ),
    withConfigMaps: optional(
      flag("--with-config-maps", {
        description: message`Also print the ConfigMaps that hold the logs (yaml and json).`,
      }),
    ),
    logFormat: withDefault(
      option("--log-format", choice(["text", "json"], { metavar: "FORMAT" }), {
        description: message`Form of the log on standard error.`,
      }),
      "text",
    ),
    workers: optional(
      option("--workers", integer({ min: 0, max: 64, metavar: "N" }), {
        description:
          message`Threads that AIDE hashes with. 0 hashes in the thread that scans. Default: one for each processor, 4 at most.`,
      }),
    ),
    timeout: withDefault(
      option("--timeout", integer({ min: 1, max: 604_800, metavar: "SECONDS" }), {
        description: message`After this time a run of AIDE counts as hanging.`,
      }),
      6 * 3600,
    ),
    aide: optional(
      option("--aide", path, {
        description: message`The AIDE program (0.18 or later). Default: aide on the PATH.`,
      }),
    ),
  }),
  {
    brief: message`Scan one host, without a cluster.`,
    description:
      message`Scans this host as a cluster's node would be scanned, with the same FileIntegrity. The first run takes the baseline. Standard output carries FileIntegrityNodeStatus objects, standard error the log. Exit status: 0 Succeeded, 1 Failed, 2 Errored, 64 bad usage, 65 bad input.`,
  },
);

const configFile = argument(file, {
  description: message`An aide.conf, or - for standard input.`,
});

const configDefault = command(
  "default",
  object({ command: constant("config default") }),
  { brief: message`Print the default policy.` },
);

const configConvert = command(
  "convert",
  object({ command: constant("config convert"), file: configFile }),
  {
    brief: message`Print what a user's aide.conf becomes.`,
    description:
      message`Prints the converted configuration on standard output and every change, with its line, on standard error. Exit status: 0 converted, 64 bad usage, 65 refused or not readable.`,
  },
);

const configCheck = command(
  "check",
  object({
    command: constant("config check"),
    file: configFile,
    output: withDefault(
      option("-o", "--output", choice(["text", "json"], { metavar: "FORMAT" }), {
        description: message`Form of the findings on standard output.`,
      }),
      "text",
    ),
    aide: optional(
      option("--aide", path, {
        description: message`The AIDE program. Default: aide on the PATH, where there is one.`,
      }),
    ),
  }),
  {
    brief: message`Say what is wrong with a user's aide.conf, and what would be changed.`,
    description:
      message`Checks the configuration, with AIDE's own check too where AIDE is installed. Exit status: 0 accepted, 64 bad usage, 65 refused or not readable.`,
  },
);

const daemon = command("daemon", tableParser<DaemonCommand>("daemon", daemonOptions), {
  brief: message`Scan a node of a cluster; the operator starts it.`,
  description:
    message`Scans the node that NODE_NAME names and publishes the results in its FileIntegrityNodeStatus. Standard error carries the log. Exit status: 0 ended by a signal, 2 internal error, 64 bad usage.`,
});

const operator = command("operator", tableParser<OperatorCommand>("operator", operatorOptions), {
  brief: message`Carry out the FileIntegrities of a cluster.`,
  description:
    message`Runs daemons on the nodes and keeps the FileIntegrities' status. Standard error carries the log. Exit status: 0 ended by a signal, 2 internal error, 64 bad usage.`,
});

const aboutConfig = { brief: message`Show, convert and check AIDE configurations.` };
const config = command(
  "config",
  or(configDefault, configConvert, configCheck, {
    errors: { noMatch: message`No subcommand. Give default, convert or check.` },
  }),
  aboutConfig,
);
const program = or(scan, config, operator, daemon, {
  errors: { noMatch: message`No subcommand. Give scan, config, operator or daemon.` },
});

/**
 * The parser of the subcommand that the arguments begin with, where there is one: by itself it prints its own usage
 * alone above an error, and names the option that comes near; a choice of several does neither.
 */
function parserFor([first, second]: readonly string[]): Parser<"sync", CommandLine, unknown> {
  const chosen = first === "scan"
    ? scan
    : first === "operator"
    ? operator
    : first === "daemon"
    ? daemon
    : first !== "config"
    ? program
    : second === "default"
    ? command("config", configDefault, aboutConfig)
    : second === "convert"
    ? command("config", configConvert, aboutConfig)
    : second === "check"
    ? command("config", configCheck, aboutConfig)
    : config;
  return chosen as unknown as Parser<"sync", CommandLine, unknown>;
}

/** `-ojson` as `-o json`, and `-o=json` likewise: users of kubectl write all three. */
function withDetachedValues(args: readonly string[]): string[] {
  return args.flatMap((argument) => {
    const [, option, value] = /^(-[of])=?(.+)$/s.exec(argument) ?? [];
    return option === undefined || value === undefined ? [argument] : [option, value];
  });
}

/** The commands, and the subcommands of those that have some. */
const commands: ReadonlyMap<string, readonly string[]> = new Map([
  ["scan", []],
  ["config", ["default", "convert", "check"]],
  ["operator", []],
  ["daemon", []],
]);

/** Commands that the library for command lines has of its own, whose further words are its business. */
const builtIn: ReadonlySet<string> = new Set(["completion", "help"]);

/**
 * Why there is no help for what it is asked for, by `help COMMAND` or `COMMAND --help`; undefined where there is, or
 * where no help is asked for. The library would give the help of everything then.
 */
export function helpFault(args: readonly string[]): string | undefined {
  const isCommand = args[0] === "help";
  if (!isCommand && !args.some((argument) => argument === "-h" || argument === "--help")) {
    return undefined;
  }
  const options = args.findIndex((argument) => argument.startsWith("-"));
  const words = args.slice(isCommand ? 1 : 0, options < 0 ? args.length : options);
  const [first, second] = words;
  if (first === undefined || builtIn.has(first)) return undefined;
  const subcommands = commands.get(first);
  if (subcommands === undefined) {
    const all = [...commands.keys(), "completion"].join(", ");
    return `There is no help for ${quoted(first)}, which is no command: use one of ${all}`;
  }
  if (second === undefined || subcommands.includes(second)) return undefined;
  if (subcommands.length === 0) {
    return isCommand ? `${first} has no subcommands: leave out ${quoted(second)}` : undefined;
  }
  const all = subcommands.join(", ");
  return `There is no help for ${
    quoted(second)
  }, which is no subcommand of ${first}: use one of ${all}`;
}

/** Parses the command line. Help, completions and `--version` are printed and end the process; so does bad usage, with 64. */
export function parseCommandLine(given: readonly string[]): CommandLine {
  const args = withDetachedValues(given);
  return run(parserFor(args), {
    args,
    programName,
    brief: message`Checks the files of hosts and cluster nodes with AIDE and says what changed.`,
    help: { command: true, option: { names: ["-h", "--help"] } },
    version: { value: `${programVersion} (${programOrigin})`, option: true },
    completion: "both",
    errorExitCode: exitStatus.usage,
    aboveError: "usage",
    showDefault: true,
    showChoices: true,
  });
}

/** What the command line asks for, told apart by `command`. */
export type CommandLine = InferValue<typeof program>;

/** The command line of `scan`. */
export type ScanCommand = Extract<CommandLine, { command: "scan" }>;

/** The command line of `config convert`. */
export type ConvertCommand = Extract<CommandLine, { command: "config convert" }>;

/** The command line of `config check`. */
export type CheckCommand = Extract<CommandLine, { command: "config check" }>;

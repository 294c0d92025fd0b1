/** The command line of `deno task dev`. */
import {
  optionForm,
  type OptionTable,
  type OptionValues,
  parseOptions,
} from "../../src/system/option_table.ts";
import { operatorOptions } from "../../src/system/operator_options.ts";

const devOptions = {
  cluster: {
    kind: "flag",
    name: "cluster",
    description: "Use the test cluster, even where there is a kubeconfig.",
  },
  nodes: {
    kind: "integer",
    name: "nodes",
    metavar: "N",
    min: 1,
    max: 20,
    default: 3,
    description: "How many nodes the test cluster gets; 3 by default.",
  },
  nodePrefix: {
    kind: "text",
    name: "node-prefix",
    metavar: "NAME",
    description: 'What their names begin with; "worker" by default.',
  },
  nodeLabel: {
    kind: "text",
    name: "node-label",
    metavar: "NAME",
    description: 'Their label; "node-role.kubernetes.io/worker" by default.',
  },
  watchDirectory: {
    kind: "path",
    name: "watch-dir",
    metavar: "DIR",
    description: "Restart when a file with .ts in its name changes below it, instead of src.",
  },
} as const satisfies OptionTable;

const operatorHere = {
  ...operatorOptions,
  bindAddress: {
    ...operatorOptions.bindAddress,
    description: "The IP address to listen on. Default: BIND_ADDRESS, else one of loopback.",
  },
} as const satisfies OptionTable;

const table = {
  ...operatorHere,
  logFormat: { ...operatorOptions.logFormat, default: "text" },
  ...devOptions,
} as const satisfies OptionTable;

/** What `deno task dev` is told. */
export type DevCommand = OptionValues<typeof table>;

/** A command line that can't be followed. */
export class UsageError extends Error {
  override name = "UsageError";
}

const lines = (options: OptionTable): string =>
  Object.values(options).map((option) => `  ${optionForm(option).padEnd(24)} ${option.description}`)
    .join("\n");

/** What `--help` prints. */
export const help = `Usage: deno task dev [OPTION...]

Runs the operator from source, as the account and with the permissions that it has in a cluster, and starts it again
whenever a file below src changes. Ctrl-C ends all that it started.

On the cluster of the kubeconfig (--kubeconfig, KUBECONFIG, ~/.kube/config): the operator alone, as whom the kubeconfig
names. It says first where it will write.

On the test cluster ("deno task cluster") where there is no kubeconfig, with --cluster, and where KUBECONFIG or
~/.kube/config is that of a test cluster that runs, as "deno task cluster up" prints it. It is started where it does
not run, and then ended again: definitions and manifests of this repository, nodes whose pods are processes of this
machine, and on them the daemons, bundled from source and replaced when it changes. The pods need root.

Options for the test cluster:
${lines(devOptions)}

Options of the operator:
${lines(operatorHere).replace("json|text", "FORMAT")}

Exit status: 0 for help, 1 for a failure, 64 for a wrong command line, 128 + n when ended by signal n.

Environment: FIO_TEST_CLUSTER names the directory of another test cluster, that of "deno task cluster" else; what that
command reads of the environment holds here too.`;

/** Reads the command line; undefined where help is asked for. Throws `UsageError`. */
export function readCommandLine(args: readonly string[]): DevCommand | undefined {
  if (args.some((argument) => argument === "-h" || argument === "--help")) return undefined;
  const parsed = parseOptions("deno task dev", table, args);
  if ("faults" in parsed) throw new UsageError(parsed.faults.join("\n"));
  const { values } = parsed;
  if (values.cluster && (values.kubeconfig ?? values.context) !== undefined) {
    throw new UsageError(
      "--cluster is the test cluster, and no kubeconfig names it: leave out --kubeconfig and --context",
    );
  }
  return values;
}

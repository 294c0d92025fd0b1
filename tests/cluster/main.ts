// deno-lint-ignore-file no-console -- a command line tool
/** `deno task cluster`: a Kubernetes control plane on this machine's loopback, to develop and test against. */
import { parseArgs } from "node:util";
import { clusterDirectory, lockCluster, nameFault, testRunPrefix } from "./clusters_home.ts";
import { type ClusterState, lookAtCluster, sweepClusters } from "./cluster_state.ts";
import { endCluster } from "./end_cluster.ts";
import { Interrupted, untilInterrupted } from "./interruption.ts";
import { ProgressLine } from "./progress_line.ts";
import { providePrograms } from "./provide_programs.ts";
import { startCluster } from "./start_cluster.ts";
import { statusJson, statusTable } from "./status_output.ts";

const help = `Usage: deno task cluster up [NAME] [--bare]
       deno task cluster down [NAME | --all]
       deno task cluster status [NAME] [-o table|json]
       deno task cluster kubeconfig [NAME] [--raw]

A Kubernetes control plane on loopback: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, without
nodes. NAME is "default" if left out; several clusters run side by side.

  up          start a cluster and wait until its controllers work; a cluster that runs is left as it is
      --bare      without the CRDs and manifests of this repository
  down        end a cluster and remove its files; where there is none, that is said and is no failure
      --all       all clusters but those of test runs
  status      the clusters that there are; what is left of dead ones is removed
      -o json     for jq
  kubeconfig  the path of a cluster's kubeconfig, of an account that may do everything
      --raw       its content

Exit status: 0, or 1 for a failure (also: "status NAME" or "kubeconfig" of a cluster that is not there or does not
run), 64 for a wrong command line, 128 + n when ended by signal n.

Environment:
  KUBEBUILDER_ASSETS          a directory of programs to use before those on PATH; what neither has is built by Go
                              once, or downloaded
  FIO_CLUSTER_HOME            where clusters and programs are kept, instead of the tests' cache
  FIO_CLUSTER_ENVTEST_INDEX   index of archives with etcd, kube-apiserver and kubectl, instead of the published one
  FIO_CLUSTER_DOWNLOADS       URL with Kubernetes' releases, instead of the published one`;

const say = (text: string): void => console.error(text);

/** A command line that can't be followed. */
class UsageError extends Error {
  override name = "UsageError";
}

/** A failure whose message says all. */
class Failure extends Error {
  override name = "Failure";
}

interface Command {
  verb: string;
  name: string | undefined;
  flags: { bare: boolean; raw: boolean; all: boolean; output: string };
}

const flagsOf: Record<string, readonly string[]> = {
  up: ["bare"],
  down: ["all"],
  status: ["output"],
  kubeconfig: ["raw"],
};

/** Reads the command line; nothing where help is asked for. */
function readCommand(args: readonly string[]): Command | undefined {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        bare: { type: "boolean" },
        raw: { type: "boolean" },
        all: { type: "boolean" },
        output: { type: "string", short: "o" },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause));
  }
  const { values, positionals: [verb, name, ...more] } = parsed;
  if (values.help || verb === "help") return undefined;
  const known = Object.keys(flagsOf);
  if (verb === undefined) throw new UsageError(`Say what to do: ${known.join(", ")}`);
  const allowed = flagsOf[verb];
  if (allowed === undefined) {
    throw new UsageError(`There is no "${verb}": use one of ${known.join(", ")}`);
  }
  if (more.length > 0) throw new UsageError(`One name is enough: "${more.join(" ")}" is too much`);
  const wrong = Object.keys(values).find((flag) => !allowed.includes(flag));
  if (wrong !== undefined) throw new UsageError(`"${verb}" has no --${wrong}`);
  const fault = name === undefined ? undefined : nameFault(name);
  if (fault !== undefined) throw new UsageError(fault);
  const output = values.output ?? "table";
  if (output !== "table" && output !== "json") {
    throw new UsageError(`"${output}" is no form of output: use table or json`);
  }
  if (values.all && name !== undefined) throw new UsageError("Give either a name or --all");
  const { bare = false, raw = false, all = false } = values;
  return { verb, name, flags: { bare, raw, all, output } };
}

const lines = (state: ClusterState): string =>
  state.components.map(({ name, running, process: { pid } }) =>
    `  ${name} (${pid}) ${running ? "runs" : "has ended"}`
  ).join("\n");

function brokenText(state: ClusterState): string {
  return `Cluster ${state.name} is broken: only a part of it runs\n${
    lines(state)
  }\nIts logs are in ${state.home}/state/log; "deno task cluster down ${state.name}" ends what is left`;
}

/** Takes hold of a cluster, removing what is left of a dead one of that name; gives how it is then. */
async function hold(name: string): Promise<AsyncDisposable & { state: ClusterState | undefined }> {
  const lock = await lockCluster(
    name,
    () => say(`Another process is starting or ending cluster ${name}: waiting for it`),
  );
  const state = await lookAtCluster(name);
  if (state?.condition !== "gone" && state?.condition !== "abandoned") {
    return { state, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
  }
  say(`Removing what is left of cluster ${name}: its processes are gone`);
  await endCluster(state.home, say);
  return { state: undefined, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
}

async function up(name: string, bare: boolean): Promise<void> {
  if (name.startsWith(testRunPrefix)) {
    throw new UsageError(`Names that begin with "${testRunPrefix}" are for test runs`);
  }
  using interrupted = untilInterrupted();
  const { signal } = interrupted;
  await sweepClusters(say);
  await using held = await hold(name);
  const home = clusterDirectory(name);
  if (held.state?.condition === "broken") throw new Failure(brokenText(held.state));
  if (held.state !== undefined) {
    say(`Cluster ${name} runs already, since ${held.state.record?.created}`);
  } else {
    const progress = new ProgressLine();
    const programs = await providePrograms({ progress, signal });
    say(`Starting cluster ${name} of Kubernetes ${programs.version} (${programs.origin})`);
    await startCluster({ name, home, programs, api: !bare, progress: say, signal });
  }
  console.log(`export KUBECONFIG=${home}/admin.kubeconfig`);
}

async function down(name: string): Promise<void> {
  await using _lock = await lockCluster(
    name,
    () => say(`Another process is starting or ending cluster ${name}: waiting for it`),
  );
  const state = await lookAtCluster(name);
  if (state === undefined) {
    say(`There is no cluster ${name}`);
    return;
  }
  await endCluster(state.home, say);
  say(`Cluster ${name} is down`);
}

async function downAll(): Promise<void> {
  const names = (await sweepClusters(say)).map(({ name }) => name);
  for (const name of names.filter((one) => !one.startsWith(testRunPrefix))) await down(name);
}

async function status(name: string | undefined, output: string): Promise<number> {
  const all = await sweepClusters(say);
  const states = name === undefined ? all : all.filter((state) => state.name === name);
  console.log(output === "json" ? statusJson(states) : statusTable(states));
  for (const state of states.filter(({ condition }) => condition === "broken")) {
    say(brokenText(state));
  }
  return name === undefined || states[0]?.condition === "running" ? 0 : 1;
}

async function kubeconfig(name: string, raw: boolean): Promise<void> {
  const state = await lookAtCluster(name);
  if (state?.condition !== "running") {
    const how = state === undefined ? "there is none" : `it is ${state.condition}`;
    const remedy = `"deno task cluster up${name === "default" ? "" : ` ${name}`}" starts it`;
    throw new Failure(`Cannot give the kubeconfig of cluster ${name}: ${how}; ${remedy}`);
  }
  const path = `${state.home}/admin.kubeconfig`;
  console.log(raw ? (await Deno.readTextFile(path)).trimEnd() : path);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = readCommand(args);
    if (command === undefined) {
      console.log(help);
      return 0;
    }
    const { verb, name = "default", flags } = command;
    if (verb === "status") return await status(command.name, flags.output);
    if (verb === "up") await up(name, flags.bare);
    else if (verb === "kubeconfig") await kubeconfig(name, flags.raw);
    else if (flags.all) await downAll();
    else await down(name);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}\nSee: deno task cluster --help`);
      return 64;
    }
    say(error instanceof Error ? error.message : String(error));
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

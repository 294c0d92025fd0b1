// deno-lint-ignore-file no-console -- a command line tool
/** `deno task dev`: the operator from source on a cluster, restarted when a file changes. */
import { findProgram, programPath } from "../../src/node/find_program.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { Interrupted, untilInterrupted } from "../cluster/interruption.ts";
import { manifestNamespace } from "../cluster/manifests.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";
import { TestRun } from "../cluster/test_run.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { checkContainersPossible } from "../kubelet/container.ts";
import { chooseTarget, type Target } from "./choose_target.ts";
import { type DevCommand, help, readCommandLine, UsageError } from "./command_line.ts";
import { DevBundle } from "./dev_bundle.ts";
import { writeKubeconfigs } from "./dev_kubeconfigs.ts";
import { DevNodes } from "./dev_nodes.ts";
import { takePlace } from "./dev_place.ts";
import { guide } from "./guide.ts";
import { lookAtKubeconfigCluster } from "./kubeconfig_cluster.ts";
import { operatorArguments } from "./operator_arguments.ts";
import { provideCluster, runningClusters } from "./provide_cluster.ts";
import { runFromSource } from "./run_from_source.ts";
import { SourceOperator } from "./source_operator.ts";

const root = new URL("../..", import.meta.url).pathname;
const devImage = "file-integrity-operator:dev";

const say = (text: string): void => console.error(text);

/** Where the operator listens: on an address of its own, as another one may be at work beside it. */
function ownAddress({ command, environment }: Session): string {
  return command.bindAddress || environment.BIND_ADDRESS || loopbackAddress();
}

/** What both kinds of clusters need. */
interface Session {
  command: DevCommand;
  /** Variables of this process as they were when it began. */
  environment: Readonly<Record<string, string>>;
  run: TestRun;
  signal: AbortSignal;
}

/** Ctrl-C in a terminal also ends what works for this process, which is then no failure of that. */
async function orEnded<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const done = await work.catch((error) => {
    signal.throwIfAborted();
    throw error;
  });
  signal.throwIfAborted();
  return done;
}

async function testAide(): Promise<string | undefined> {
  return (await aideBinaries()).find(({ version }) => version.startsWith("0.19."))?.path;
}

async function onKubeconfig(session: Session): Promise<void> {
  const { command, environment, run, signal } = session;
  const namespace = command.namespace || environment.WATCH_NAMESPACE ||
    environment.POD_NAMESPACE || manifestNamespace;
  const image = command.image || environment.RELATED_IMAGE_OPERATOR;
  if (!image) {
    throw new UsageError(
      "No image for the daemons of that cluster: give --image, or set RELATED_IMAGE_OPERATOR; or give --cluster for the test cluster, which needs none",
    );
  }
  const { kubeconfig } = command;
  const installed = await findProgram("aide", programPath(environment.PATH));
  const aide = command.aide ??
    (installed === undefined ? await orEnded(signal, testAide()) : undefined);
  const target = { kubeconfig, context: command.context, namespace, image };
  const context = await lookAtKubeconfigCluster(target, say, signal);
  await using operator = new SourceOperator({
    args: operatorArguments({
      ...{ ...command, namespace, image, context, bindAddress: ownAddress(session) },
      ...aide !== undefined && { aide },
    }),
    ...{ environment, run, say },
  });
  await runFromSource({
    ...{ operator, daemons: undefined, say, signal },
    watchDirectory: command.watchDirectory ?? `${root}src`,
    started: () => say("The operator starts. A change below src restarts it; Ctrl-C ends it."),
  });
}

/** Makes the nodes and their program; says so loudly, and makes none, where this process can't make containers. */
async function makeDaemons(
  { command, signal }: Session,
  { cluster, namespace, directory }: {
    cluster: TestCluster;
    namespace: string;
    directory: string;
  },
): Promise<{ nodes: DevNodes; bundle: DevBundle } | undefined> {
  try {
    await checkContainersPossible();
  } catch (error) {
    const line = "!".repeat(80);
    const why = error instanceof Error ? error.message : String(error);
    say(`${line}\nTHERE ARE NO NODES AND NO DAEMONS: ONLY THE OPERATOR RUNS\n${why}\n${line}`);
    return undefined;
  }
  say("Bundling the daemons' program from source");
  const bundle = new DevBundle(directory);
  await orEnded(signal, bundle.make());
  Deno.env.set("FIO_TEST_BUNDLE", bundle.path); // for what plays the kubelet
  const nodes = await DevNodes.start(cluster, namespace, command);
  return { nodes, bundle };
}

async function onTestCluster(
  session: Session,
  { home, why }: Extract<Target, { on: "test-cluster" }>,
): Promise<void> {
  const { command, environment, run, signal } = session;
  const namespace = command.namespace ?? manifestNamespace;
  say(`On the test cluster, as ${why}`);
  const aide = command.aide ?? await orEnded(signal, testAide());
  const asItIs = home !== undefined && home === environment.FIO_TEST_CLUSTER; // tests share it
  const { cluster, started } = await orEnded(
    signal,
    provideCluster({ home, asItIs, namespace, run, say, signal }),
  );
  await using place = await takePlace(cluster.home, namespace);
  const { directory } = place;
  const kubeconfigs = await orEnded(signal, writeKubeconfigs(cluster, namespace, directory));
  const daemons = await makeDaemons(session, { cluster, namespace, directory });
  await using _nodes = daemons?.nodes;
  signal.throwIfAborted();
  const image = command.image ?? devImage;
  await using operator = new SourceOperator({
    args: operatorArguments({
      ...{ ...command, namespace, image, kubeconfig: kubeconfigs.operator },
      bindAddress: ownAddress(session),
      ...aide !== undefined && { aide },
    }),
    ...{ environment, run, say },
  });
  const found = await findProgram("kubectl", programPath(environment.PATH));
  const [first = ""] = daemons?.nodes.names ?? [];
  await runFromSource({
    ...{ operator, daemons, say, signal },
    watchDirectory: command.watchDirectory ?? `${root}src`,
    started: () =>
      console.log(guide({
        ...{ kubeconfig: kubeconfigs.admin, namespace, clusterEnds: started },
        kubectl: found === undefined ? `${cluster.home}/bin` : undefined,
        nodes: daemons && {
          names: daemons.nodes.names,
          hostRoot: daemons.nodes.hostRoot(first),
          logs: daemons.nodes.logs,
        },
      })),
  });
  say("Ending the operator, the daemons and the nodes");
}

async function develop(command: DevCommand): Promise<void> {
  using interrupted = untilInterrupted();
  const { signal } = interrupted;
  const environment = Deno.env.toObject();
  // Paths are those of the directory in which the user called.
  if (environment.INIT_CWD) Deno.chdir(environment.INIT_CWD);
  const target = await chooseTarget(
    command,
    (name) => environment[name],
    async () => (await runningClusters(say)).map(({ home }) => home),
  );
  await using run = await TestRun.begin();
  const session = { command, environment, run, signal };
  if (target.on === "kubeconfig") await onKubeconfig(session);
  else await onTestCluster(session, target);
  signal.throwIfAborted();
}

function causes(error: unknown): unknown[] {
  return error instanceof SuppressedError
    ? [...causes(error.suppressed), ...causes(error.error)]
    : [error];
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = readCommandLine(args);
    if (command === undefined) console.log(help);
    else await develop(command);
    return 0;
  } catch (error) {
    const all = causes(error);
    for (const one of all) say(one instanceof Error ? one.message : String(one));
    if (error instanceof UsageError) {
      say("See: deno task dev --help");
      return 64;
    }
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

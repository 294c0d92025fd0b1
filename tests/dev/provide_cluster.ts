/** The test cluster of `deno task dev`. */
import { type ClusterState, sweepClusters } from "../cluster/cluster_state.ts";
import { lockCluster } from "../cluster/clusters_home.ts";
import { installApi } from "../cluster/install_api.ts";
import { manifestNamespace, namespacedManifests, readManifests } from "../cluster/manifests.ts";
import { openCluster, type TestCluster } from "../cluster/test_cluster.ts";
import type { TestRun } from "../cluster/test_run.ts";

const name = "default";

/** What the cluster is for. */
export interface ProvideOptions {
  /** Its directory, where it is a certain one. */
  home: string | undefined;
  /** Whether our API is there as it is to be. */
  asItIs: boolean;
  namespace: string;
  /** Ends the cluster, where this starts it. */
  run: TestRun;
  say(line: string): void;
  signal: AbortSignal;
}

/** The clusters that run. */
export async function runningClusters(say: (line: string) => void): Promise<ClusterState[]> {
  return (await sweepClusters(say)).filter(({ condition }) => condition === "running");
}

async function usual({ say }: ProvideOptions): Promise<string | undefined> {
  const find = async (): Promise<ClusterState | undefined> =>
    (await sweepClusters(say)).find((state) => state.name === name);
  let state = await find();
  if (state?.condition === "changing") {
    await using _lock = await lockCluster(
      name,
      () => say(`Waiting for whoever starts cluster ${name}`),
    );
  }
  if (state?.condition === "changing") state = await find();
  if (state === undefined || state.condition === "running") return state?.home;
  throw new Error(
    `Cannot use cluster ${name}: it is ${state.condition}; "deno task cluster down" ends what is left of it`,
  );
}

/** Our API on a cluster that runs, as it may have that of other sources. */
async function installAgain({ home }: TestCluster, { say, signal }: ProvideOptions): Promise<void> {
  say("Installing CRDs and manifests");
  const own = `${home}/bin/kubectl`;
  const program = await Deno.stat(own).then(() => own, () => "kubectl");
  await installApi({ home, program, signal });
}

async function makeAccounts(cluster: TestCluster, namespace: string): Promise<void> {
  const items = namespacedManifests(await readManifests(), namespace);
  const { code, stderr } = await cluster.kubectl(["apply", "--server-side", "-f", "-"], {
    stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  });
  if (code !== 0) throw new Error(`Cannot make the accounts of ${namespace}: ${stderr.trim()}`);
}

/** The cluster, and whether it ends with the run. */
export interface ProvidedCluster {
  cluster: TestCluster;
  started: boolean;
}

/** Gives a cluster that has our API and, in the namespace, our accounts; starts one where none runs. */
export async function provideCluster(options: ProvideOptions): Promise<ProvidedCluster> {
  const { home, namespace, run, say, signal } = options;
  const there = home ?? await usual(options);
  const cluster = await openCluster(there ?? await run.startCluster(signal));
  if (there !== undefined) say(`The test cluster in ${there} runs already, and stays`);
  signal.throwIfAborted();
  if (there !== undefined && !options.asItIs) await installAgain(cluster, options);
  if (namespace !== manifestNamespace) await makeAccounts(cluster, namespace);
  return { cluster, started: there === undefined };
}

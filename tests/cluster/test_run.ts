/** What a test run starts and ends, with somebody to end it when the run itself can't any more. */
import { clusterDirectory, lockCluster, testRunPrefix } from "./clusters_home.ts";
import { endCluster } from "./end_cluster.ts";
import type { Order } from "./keeper.ts";
import { identify, type ProcessIdentity } from "./process_identity.ts";
import { providePrograms } from "./provide_programs.ts";
import { ProgressLine } from "./progress_line.ts";
import { startCluster } from "./start_cluster.ts";
import { sweepClusters } from "./cluster_state.ts";

const keeperProgram = new URL("keeper.ts", import.meta.url).pathname;

async function identityOf(pid: number): Promise<ProcessIdentity> {
  const identity = await identify(pid);
  if (identity === undefined) throw new Error(`Cannot keep process ${pid}: it has ended`);
  return identity;
}

/** A test run: the processes and the cluster that it is to leave nothing of. */
export class TestRun implements AsyncDisposable {
  readonly #keeper: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #cluster: { name: string; home: string } | undefined;

  private constructor(keeper: Deno.ChildProcess) {
    this.#keeper = keeper;
    this.#orders = keeper.stdin.getWriter();
  }

  /**
   * Begins a run: from here on what it starts is ended with it, even by SIGKILL. `home` takes the place of
   * `$FIO_CLUSTER_HOME`, where it is no longer than the run: it is removed with all clusters in it.
   */
  static async begin(home?: string): Promise<TestRun> {
    const keeper = new Deno.Command(Deno.execPath(), {
      args: ["run", "--frozen", "-A", "--quiet", keeperProgram],
      ...home !== undefined && { env: { FIO_CLUSTER_HOME: home } },
      detached: true, // what ends this process's group must leave it the time to do its work
      stdin: "piped",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    keeper.unref();
    const run = new TestRun(keeper);
    if (home !== undefined) await run.#order({ end: "home" });
    return run;
  }

  /** Has a process ended with the run. */
  async keep(pid: number): Promise<void> {
    const process = await identify(pid);
    if (process !== undefined) await this.#order({ end: "process", process });
  }

  /** A process that was kept has ended. */
  async forget(pid: number): Promise<void> {
    await this.#order({ forget: pid });
  }

  /**
   * Starts a cluster with our API for this run and gives its directory. Throws `NoControlPlane` where there are no
   * programs for one.
   */
  async startCluster(signal: AbortSignal): Promise<string> {
    const progress = new ProgressLine();
    const say = (text: string): void => progress.say(text);
    await sweepClusters(say);
    const programs = await providePrograms({
      progress,
      signal,
      started: (pid) => this.keep(pid),
    });
    say(`Starting a cluster of Kubernetes ${programs.version} (${programs.origin})`);
    const name = testRunPrefix + crypto.randomUUID().slice(0, 8);
    const home = clusterDirectory(name);
    const owners = [await identityOf(Deno.pid), await identityOf(this.#keeper.pid)];
    await using _lock = await lockCluster(name, () => {});
    this.#cluster = { name, home };
    await this.#order({ end: "cluster", name, home });
    await startCluster({ name, home, programs, owners, api: true, progress: say, signal });
    return home;
  }

  async #order(order: Order): Promise<void> {
    // A keeper that is gone is replaced at the end.
    await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`)).catch(
      () => {},
    );
  }

  /** Ends what still runs of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.ref();
    await this.#orders.close().catch(() => {});
    const { success } = await this.#keeper.status;
    if (success || this.#cluster === undefined) return;
    const { name, home } = this.#cluster;
    await using _lock = await lockCluster(name, () => {});
    await endCluster(home, () => {});
  }
}

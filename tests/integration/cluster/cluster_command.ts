/** `deno task cluster` with clusters of a test's own, and what can be seen of their processes from outside. */
import type { TestCluster } from "../../cluster/test_cluster.ts";
import { TestRun } from "../../cluster/test_run.ts";

const program = new URL("../../cluster/main.ts", import.meta.url).pathname;

/** What a run of the command left. */
export interface CommandOutput {
  code: number;
  stdout: string;
  stderr: string;
}

/** A directory for clusters, whose programs are those of the test cluster; what is left in it ends with the test. */
export interface ClusterPlace extends AsyncDisposable {
  home: string;
  /** What programs need to be told to use it. */
  env: Record<string, string>;
  command(...args: string[]): Promise<CommandOutput>;
  /** The state of a cluster, as `status -o json` has it. */
  status(name: string): Promise<ClusterStatus | undefined>;
}

/** A cluster in `status -o json`. */
export interface ClusterStatus {
  name: string;
  state: string;
  version: string;
  server: string;
  home: string;
  kubeconfig: string;
  processes: { name: string; pid: number; running: boolean }[];
}

/** The directories of the clusters in a place. */
export async function clusterDirectories(home: string): Promise<string[]> {
  const directories: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(`${home}/clusters`)) {
      if (isDirectory) directories.push(`${home}/clusters/${name}`);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return directories;
}

/** Makes a place for clusters. */
export async function clusterPlace(cluster: TestCluster): Promise<ClusterPlace> {
  const home = await Deno.makeTempDir({ prefix: "clusters-" });
  const env = { FIO_CLUSTER_HOME: home, KUBEBUILDER_ASSETS: `${cluster.home}/bin` };
  const run = await TestRun.begin(home);
  const command = async (...args: string[]): Promise<CommandOutput> => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--frozen", "-A", "--quiet", program, ...args],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await run.keep(child.pid);
    const { code, stdout, stderr } = await child.output();
    await run.forget(child.pid);
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  };
  return {
    home,
    env,
    command,
    status: async (name) => {
      const { stdout } = await command("status", name, "-o", "json");
      return (JSON.parse(stdout) as ClusterStatus[])[0];
    },
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  };
}

/** Whether a process of this number runs. */
export async function isThere(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => ") X");
  return !/\) [ZX]/.test(stat);
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** Where a process listens for TCP connections, as `ADDRESS:PORT` in the system's hexadecimal form. */
export async function listening(pid: number): Promise<string[]> {
  const sockets = new Set<string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((table) => Deno.readTextFile(`/proc/${pid}/net/${table}`)),
  );
  return tables.flatMap((table) => table.trimEnd().split("\n").slice(1)).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [local = "", state, inode = ""] = [fields[1], fields[3], fields[9]];
    return state === "0A" && sockets.has(inode) ? [local] : [];
  });
}

/** Waits, for a minute at most, until something is so. */
export async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!await probe()) {
    if (performance.now() > deadline) throw new Error(`After a minute it is still not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

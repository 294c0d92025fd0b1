// deno-lint-ignore-file no-console -- a command line tool
/**
 * Ends what a test run started, however that run ended: it reads from the run what to end, and once the other end of
 * its stdin is closed, by the run or by the system that ended it, it does so. Each line of stdin is JSON.
 */
import { clusterDirectory, clusterHome, clusterNames, lockCluster } from "./clusters_home.ts";
import { endCluster } from "./end_cluster.ts";
import { endProcess, type ProcessIdentity } from "./process_identity.ts";

/**
 * What a line of stdin says: a process or a cluster to end, a process that ended by itself, or to end every cluster
 * of `$FIO_CLUSTER_HOME` and remove that directory.
 */
export type Order =
  | { end: "process"; process: ProcessIdentity }
  | { end: "cluster"; name: string; home: string }
  | { end: "home" }
  | { forget: number };

interface Orders {
  processes: ProcessIdentity[];
  clusters: { name: string; home: string }[];
  wholeHome: boolean;
}

/** Reads orders until there are no more. A last line without its end was cut short, and is none. */
async function readOrders(): Promise<Orders> {
  const processes = new Map<number, ProcessIdentity>();
  const clusters: Orders["clusters"] = [];
  let wholeHome = false;
  let rest = "";
  for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const order = JSON.parse(line) as Order;
      if ("forget" in order) processes.delete(order.forget);
      else if (order.end === "process") processes.set(order.process.pid, order.process);
      else if (order.end === "home") wholeHome = true;
      else clusters.push(order);
    }
  }
  return { processes: [...processes.values()], clusters, wholeHome };
}

async function keep(): Promise<void> {
  // Whoever wants this process gone wants what it keeps gone: its stdin says when.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => {});
  }
  const { processes, clusters, wholeHome } = await readOrders();
  await Promise.all(processes.map((process) => endProcess(process)));
  if (wholeHome) {
    const names = await clusterNames();
    clusters.push(...names.map((name) => ({ name, home: clusterDirectory(name) })));
  }
  for (const { name, home } of clusters) {
    await using _lock = await lockCluster(name, () => {});
    await endCluster(home, () => {});
  }
  if (wholeHome) await Deno.remove(clusterHome(), { recursive: true });
}

if (import.meta.main) {
  try {
    await keep();
  } catch (error) {
    console.error(`Cannot end what the test run started: ${error}`);
    Deno.exit(1);
  }
  Deno.exit(0); // its signal listeners would keep it
}

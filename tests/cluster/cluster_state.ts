/** How clusters are. */
import { clusterDirectory, clusterNames, testRunPrefix, tryLockCluster } from "./clusters_home.ts";
import { type ClusterRecord, readRecord } from "./cluster_record.ts";
import { type RecordedComponent, recordedComponents, runDirectory } from "./component_process.ts";
import { componentNames } from "./components.ts";
import { endCluster, type Progress } from "./end_cluster.ts";
import { isRunning } from "./process_identity.ts";

/**
 * "running": all of it. "broken": a part of it. "gone": nothing of it, only files. "changing": someone is starting or
 * ending it. "abandoned": a cluster of a test run that nobody is left to end.
 */
export type Condition = "running" | "broken" | "gone" | "changing" | "abandoned";

/** A cluster and how it is. */
export interface ClusterState {
  name: string;
  home: string;
  condition: Condition;
  record?: ClusterRecord;
  components: RecordedComponent[];
}

async function anyRunning(owners: ClusterRecord["owners"] = []): Promise<boolean> {
  return (await Promise.all(owners.map(isRunning))).includes(true);
}

async function condition(
  record: ClusterRecord | undefined,
  components: readonly RecordedComponent[],
  name: string,
): Promise<Condition> {
  const running = components.filter((component) => component.running).length;
  if (name.startsWith(testRunPrefix) && !await anyRunning(record?.owners)) return "abandoned";
  if (running === 0) return "gone";
  return record?.ready && running === componentNames.length ? "running" : "broken";
}

/** Looks at the cluster `name`, which the caller has locked; nothing where there is none. */
export async function lookAtCluster(name: string): Promise<ClusterState | undefined> {
  const home = clusterDirectory(name);
  if (!await Deno.stat(home).then((at) => at.isDirectory, () => false)) return undefined;
  const record = await readRecord(home);
  const components = await recordedComponents(runDirectory(home));
  const found = { name, home, components, ...record && { record } };
  return { ...found, condition: await condition(record, components, name) };
}

/**
 * All clusters, by name. Of those that are gone or abandoned what is left is removed, which `progress` is told, and
 * they are not among them.
 */
export async function sweepClusters(progress: Progress): Promise<ClusterState[]> {
  const states: ClusterState[] = [];
  for (const name of await clusterNames()) {
    await using lock = await tryLockCluster(name);
    const state = await lookAtCluster(name);
    if (state === undefined) continue; // it was ended just now
    if (lock === undefined) states.push({ ...state, condition: "changing" });
    else if (state.condition === "gone" || state.condition === "abandoned") {
      const why = state.condition === "gone" ? "its processes are gone" : "its test run is gone";
      progress(`Removing what is left of cluster ${name}: ${why}`);
      await endCluster(state.home, progress);
    } else states.push(state);
  }
  return states;
}

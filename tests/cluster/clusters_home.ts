/** Where clusters keep their files. */
import { cacheHome } from "../../src/build/cached_directory.ts";

/** The directory of all that this tool keeps: `$FIO_CLUSTER_HOME`, else one in the tests' cache. */
export function clusterHome(): string {
  return Deno.env.get("FIO_CLUSTER_HOME") || `${cacheHome()}/cluster`;
}

/** Where the programs of a control plane are kept once they were built or downloaded. */
export const programsHome = (): string => `${clusterHome()}/programs`;

const clustersHome = (): string => `${clusterHome()}/clusters`;

/** The directory of a cluster. */
export const clusterDirectory = (name: string): string => `${clustersHome()}/${name}`;

/** What the names of clusters begin with that a test run started for itself. */
export const testRunPrefix = "test-run-";

/** Why a cluster can't have this name; nothing where it can. */
export function nameFault(name: string): string | undefined {
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    return `"${name}" can't be the name of a cluster: use up to 40 of a-z, 0-9 and "-", which can't stand first or last`;
  }
  return undefined;
}

/** The names of all clusters that have a directory, sorted. */
export async function clusterNames(): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(clustersHome())) {
      if (isDirectory && nameFault(name) === undefined) names.push(name);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return names.sort();
}

async function lockFile(name: string): Promise<Deno.FsFile> {
  await Deno.mkdir(clustersHome(), { recursive: true });
  return await Deno.open(`${clusterDirectory(name)}.lock`, { create: true, write: true });
}

/**
 * Holds what keeps others from starting or ending the cluster `name`; released by its disposal, and with the process
 * at the latest. `waiting` is called when someone else has it, who is then waited for.
 */
export async function lockCluster(name: string, waiting: () => void): Promise<Disposable> {
  const file = await lockFile(name);
  if (!await file.tryLock(true)) {
    waiting();
    await file.lock(true);
  }
  return file;
}

/** As `lockCluster`, but gives nothing where someone else has the cluster. */
export async function tryLockCluster(name: string): Promise<Disposable | undefined> {
  const file = await lockFile(name);
  if (await file.tryLock(true)) return file;
  file.close();
  return undefined;
}

/** Removes the lock of a cluster whose name is never used again; to be called by who holds it. */
export async function forgetLock(name: string): Promise<void> {
  await Deno.remove(`${clusterDirectory(name)}.lock`).catch(() => {});
}

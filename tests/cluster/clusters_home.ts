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

const isThere = (path: string): Promise<boolean> => Deno.lstat(path).then(() => true, () => false);

const lockPath = (name: string): string => `${clusterDirectory(name)}.lock`;

async function openLock(name: string): Promise<Deno.FsFile> {
  await Deno.mkdir(clustersHome(), { recursive: true });
  return await Deno.open(lockPath(name), { create: true, write: true });
}

/** Whether the file still is the lock: whoever had it before may have removed it, and others lock a new one then. */
async function isLock(file: Deno.FsFile, name: string): Promise<boolean> {
  const own = await file.stat();
  const lock = await Deno.lstat(lockPath(name)).catch(() => undefined);
  return lock?.ino === own.ino && lock.dev === own.dev;
}

/** A lock that is held. With the end of a cluster goes its lock file, which only its holder may remove. */
function held(file: Deno.FsFile, name: string): AsyncDisposable {
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      using _file = file;
      if (!await isThere(clusterDirectory(name))) await Deno.remove(lockPath(name)).catch(() => {});
    },
  };
}

/**
 * Holds what keeps others from starting or ending the cluster `name`; released by its disposal, and with the process
 * at the latest. `waiting` is called when someone else has it, who is then waited for.
 */
export async function lockCluster(name: string, waiting: () => void): Promise<AsyncDisposable> {
  while (true) {
    const file = await openLock(name);
    if (!await file.tryLock(true)) {
      waiting();
      await file.lock(true);
    }
    if (await isLock(file, name)) return held(file, name);
    file.close();
  }
}

/** As `lockCluster`, but gives nothing where someone else has the cluster. */
export async function tryLockCluster(name: string): Promise<AsyncDisposable | undefined> {
  while (true) {
    const file = await openLock(name);
    const locked = await file.tryLock(true);
    if (locked && await isLock(file, name)) return held(file, name);
    file.close();
    if (!locked) return undefined;
  }
}

/** The cgroups of a run: all its processes are in them, in every hierarchy, and none of anybody else. */

const root = "/sys/fs/cgroup";

/** Whether this machine has one hierarchy for all controllers (v2), instead of one for each (v1). */
export async function isUnified(): Promise<boolean> {
  return await Deno.stat(`${root}/cgroup.controllers`).then(() => true, () => false);
}

/** The directories of this machine's hierarchies. */
export async function hierarchies(): Promise<string[]> {
  if (await isUnified()) return [root];
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    const path = `${root}/${name}`;
    const procs = await Deno.stat(`${path}/cgroup.procs`).then(() => true, () => false);
    if (isDirectory && procs) found.push(path);
  }
  return found.sort();
}

/** The cgroup of the enclosure, beside that of its pods, in one hierarchy. */
export const enclosureGroup = (hierarchy: string, name: string): string =>
  `${hierarchy}/${name}/enclosure`;

/** In v1 a cgroup can't have processes before it is told its processors: those of the one above it. */
async function giveProcessors(above: string, group: string): Promise<void> {
  if (await isUnified()) return;
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    const value = await Deno.readTextFile(`${above}/${name}`).catch(() => undefined);
    if (value !== undefined) await Deno.writeTextFile(`${group}/${name}`, value);
  }
}

/** Makes the cgroups of a run, in every hierarchy under this name. */
export async function makeGroups(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const own = `${hierarchy}/${name}`;
    const enclosure = enclosureGroup(hierarchy, name);
    await Deno.mkdir(enclosure, { recursive: true });
    await giveProcessors(hierarchy, own);
    await giveProcessors(own, enclosure);
  }
}

async function* groupsBelow(path: string): AsyncGenerator<string> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) yield* groupsBelow(`${path}/${name}`);
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw cause;
  }
  yield path;
}

async function groupsOf(name: string): Promise<string[]> {
  const found: string[] = [];
  for (const hierarchy of await hierarchies()) {
    for await (const path of groupsBelow(`${hierarchy}/${name}`)) found.push(path);
  }
  return found; // each behind those in it
}

/** The processes of a run, by number. */
export async function processesOfRun(name: string): Promise<number[]> {
  const pids = new Set<number>();
  for (const group of await groupsOf(name)) {
    const text = await Deno.readTextFile(`${group}/cgroup.procs`).catch(() => "");
    for (const line of text.split("\n")) if (/^[1-9]\d*$/.test(line)) pids.add(Number(line));
  }
  return [...pids];
}

const patience = 20_000;

/** Ends what still runs of a run, and removes its cgroups; gives how many processes there were. */
export async function removeGroups(name: string): Promise<number> {
  const first = await processesOfRun(name);
  const end = performance.now() + patience;
  for (let pids = first; pids.length > 0; pids = await processesOfRun(name)) {
    if (performance.now() > end) {
      throw new Error(`Cannot end the processes ${pids.join(", ")}: they outlive SIGKILL by 20 s`);
    }
    for (const pid of pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (cause) {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const group of await groupsOf(name)) {
    // A cgroup whose last process has just gone is busy for a moment.
    while (true) {
      try {
        await Deno.remove(group);
        break;
      } catch (cause) {
        if (cause instanceof Deno.errors.NotFound) break;
        if (performance.now() > end) throw new Error(`Cannot remove ${group}`, { cause });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
  return first.length;
}

/** What a run makes on the machine itself, noted before it is made: the next run removes what a dead one left. */

/** Where a run makes something. */
export interface Places {
  /** The directory of its own files. */
  home: string;
  /** What else it makes; each is the run's own from the note on, and must not be there before. */
  hostPaths: readonly string[];
  /** A directory that it shares with others, who may have made it. */
  shared: string;
}

const note = ({ home }: Places): string => `${home}/owned.json`;

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (cause) => {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  });
}

async function readOwned(places: Places): Promise<string[]> {
  try {
    const paths = JSON.parse(await Deno.readTextFile(note(places))) as string[];
    // Whatever the note says, nothing but what a run can make is removed.
    return [...places.hostPaths, places.shared].filter((path) => paths.includes(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof SyntaxError) return [];
    throw cause;
  }
}

/** Paths that would be a run's, and are there already, from somebody else. */
export async function foreignPaths(places: Places): Promise<string[]> {
  const owned = await readOwned(places);
  const found: string[] = [];
  for (const path of places.hostPaths) {
    if (!owned.includes(path) && await exists(path)) found.push(path);
  }
  return found;
}

/** Makes the home of a run, and notes that the other places are this run's from now on. */
export async function ownPaths(places: Places): Promise<void> {
  const { home, hostPaths, shared } = places;
  await Deno.mkdir(home, { recursive: true, mode: 0o700 });
  const owned = [...hostPaths, ...await exists(shared) ? [] : [shared]];
  await Deno.writeTextFile(note(places), JSON.stringify(owned));
}

/** Removes all that a run made, its home last; gives the paths outside it that were there. */
export async function removeOwned(places: Places): Promise<string[]> {
  const { home, shared } = places;
  const removed: string[] = [];
  for (const path of await readOwned(places)) {
    if (!await exists(path)) continue;
    try {
      await Deno.remove(path, { recursive: path !== shared });
      removed.push(path);
    } catch (cause) {
      if (path !== shared) throw cause; // somebody else's files are in it by now
    }
  }
  await Deno.remove(home, { recursive: true }).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  });
  return removed;
}

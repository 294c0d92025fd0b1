/** What a run makes on the machine itself, noted before it is made: the next run removes what a dead one left. */
import { home, hostPaths, place, productState } from "./e2e_place.ts";

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (cause) => {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  });
}

/** Paths that would be the test's, and are there already, from somebody else. */
export async function foreignPaths(): Promise<string[]> {
  const owned = await readOwned();
  const found: string[] = [];
  for (const path of hostPaths) if (!owned.includes(path) && await exists(path)) found.push(path);
  return found;
}

async function readOwned(): Promise<string[]> {
  try {
    const paths = JSON.parse(await Deno.readTextFile(place.owned)) as string[];
    return [...hostPaths, productState].filter((path) => paths.includes(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof SyntaxError) return [];
    throw cause;
  }
}

/** Makes the home of a run, and notes that the paths of the test are this run's from now on. */
export async function ownPaths(): Promise<void> {
  await Deno.mkdir(home, { recursive: true, mode: 0o700 });
  const owned = [...hostPaths, ...await exists(productState) ? [] : [productState]];
  await Deno.writeTextFile(place.owned, JSON.stringify(owned));
}

/** Removes all that a run made on the machine, its home last; gives the paths outside it that were there. */
export async function removeOwned(): Promise<string[]> {
  const removed: string[] = [];
  for (const path of await readOwned()) {
    if (!await exists(path)) continue;
    try {
      // What else there is in the product's directory is somebody else's.
      await Deno.remove(path, { recursive: path !== productState });
      removed.push(path);
    } catch (cause) {
      if (path !== productState) throw cause;
    }
  }
  await Deno.remove(home, { recursive: true }).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  });
  return removed;
}

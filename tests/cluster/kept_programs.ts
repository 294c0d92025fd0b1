/** Directories of programs that are made once, whole or not at all. */
import { programsHome } from "./clusters_home.ts";

/** Path of the kept directory `name`, whether it exists or not. */
export const keptDirectory = (name: string): string => `${programsHome()}/${name}`;

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * Gives the kept directory `name`. Where it does not exist, `fill` fills a directory that then gets its name, one at
 * a time on this machine: `waiting` is called when another process is at it. What a `fill` leaves behind that fails
 * or is killed is removed, by the next one at the latest.
 */
export async function keepDirectory(
  name: string,
  { fill, waiting }: { fill: (directory: string) => Promise<void>; waiting: () => void },
): Promise<string> {
  const final = keptDirectory(name);
  if (await exists(final)) return final;
  await Deno.mkdir(programsHome(), { recursive: true });
  using lock = await Deno.open(`${final}.lock`, { create: true, write: true });
  if (!await lock.tryLock(true)) {
    waiting();
    await lock.lock(true);
  }
  if (await exists(final)) return final;
  const half = `${final}.half`;
  await Deno.remove(half, { recursive: true }).catch(() => {});
  await Deno.mkdir(half);
  try {
    await fill(half);
    await Deno.rename(half, final);
  } catch (cause) {
    await Deno.remove(half, { recursive: true });
    throw cause;
  }
  return final;
}

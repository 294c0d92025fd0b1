/** Directories that are made once on a machine and shared by all later builds and tests. */

/** Where what builds and tests download is kept: `$XDG_CACHE_HOME`, `~/.cache` or `/var/cache`, whichever there is. */
export function cacheHome(): string {
  const home = Deno.env.get("HOME");
  const base = Deno.env.get("XDG_CACHE_HOME") || (home ? `${home}/.cache` : "/var/cache");
  return `${base}/file-integrity-operator-tests`;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/** Holds a file lock, which ends with the process if not before, while `action` runs. */
export async function locked<T>(lockFile: string, action: () => Promise<T>): Promise<T> {
  await Deno.mkdir(lockFile.replace(/\/[^/]*$/, ""), { recursive: true });
  using file = await Deno.open(lockFile, { create: true, write: true });
  await file.lock(true);
  return await action();
}

/**
 * Gives the path of the directory `name` below the cache. Where it does not exist, `fill` fills a temporary
 * directory that is then renamed, so that the directory is complete whenever it exists; `final` is its path then.
 */
export async function cachedDirectory(
  name: string,
  fill: (directory: string, final: string) => Promise<void>,
): Promise<string> {
  const final = `${cacheHome()}/${name}`;
  if (await isDirectory(final)) return final;
  return await locked(`${final}.lock`, async () => {
    if (await isDirectory(final)) return final;
    const directory = await Deno.makeTempDir({ dir: final.replace(/\/[^/]*$/, "") });
    try {
      await Deno.chmod(directory, 0o755);
      await fill(directory, final);
      await Deno.rename(directory, final);
    } catch (cause) {
      await Deno.remove(directory, { recursive: true });
      throw cause;
    }
    return final;
  });
}

/** Programs as a shell finds them. */

async function isProgram(path: string): Promise<boolean> {
  const at = await Deno.stat(path).catch(() => undefined);
  return at !== undefined && at.isFile && ((at.mode ?? 0) & 0o111) !== 0;
}

/** The system's own directories: administrators' programs are not on every user's PATH. */
export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where programs are looked for: `PATH`, and the directories of the system after it. */
export function programPath(path: string | undefined): string {
  return path === undefined || path === "" ? systemPath : `${path}:${systemPath}`;
}

/** The path of the first executable file called `name` in the directories of `searchPath` (as in `PATH`). */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(":")) {
    const path = `${directory || "."}/${name}`;
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/** The archive with the product's image. */
import { runCommand } from "../setup/run_command.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Path of the archive: the given one, else the one that `deno task image` makes of the sources. */
export async function productArchive(given: string | undefined): Promise<string> {
  if (given !== undefined) return await Deno.realPath(given);
  const said = await runCommand(Deno.execPath(), ["task", "--quiet", "image"], { cwd: root });
  const path = said.trim().split("\n").map((line) => /^(\/\S+\.tar)\b/.exec(line)?.[1]).at(-1);
  if (path === undefined) throw new Error(`"deno task image" names no archive: ${said}`);
  return path;
}

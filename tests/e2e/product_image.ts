/** The archive with the product's image. */
import { runCommand } from "../setup/run_command.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Puts the archive at a path: a copy of the given one, else what `deno task image` makes of the sources. */
export async function productArchive(given: string | undefined, path: string): Promise<void> {
  if (given !== undefined) return await Deno.copyFile(given, path);
  const options = { cwd: root };
  await runCommand(Deno.execPath(), ["task", "--quiet", "image", "--output", path], options);
}

import { CommandFailed } from "./command.ts";

/**
 * An archive of what is named in a directory, and all below it, as GNU tar writes it: the same bytes for the same files,
 * sorted, without times, owners and names of users. `modes` is what chmod takes; without it the files' own are kept.
 * Fails at its end when tar did.
 */
export async function* tarStream(
  directory: string,
  names: readonly string[],
  modes?: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command("tar", {
    args: [
      ...["--create", "--file=-", "--format=ustar", "--sort=name", "--mtime=@0"],
      ...["--owner=0", "--group=0", "--numeric-owner"],
      ...modes === undefined ? [] : [`--mode=${modes}`],
      ...[`--directory=${directory}`, ...names],
    ],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const said = new Response(child.stderr).text();
  yield* child.stdout;
  const { code } = await child.status;
  if (code !== 0) throw new CommandFailed("tar", code, (await said).trim());
  await said;
}

/** A program that was run for the set-up of the tests. */

/** Runs a program to its end and gives its stdout; throws with what it said on both streams when it fails. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command(program, { ...options, args: [...args], stdin: "null" })
      .output();
  } catch (cause) {
    throw new Error(`Cannot run ${program}`, { cause });
  }
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (!result.success) {
    const said = (text(result.stdout).slice(-2000) + text(result.stderr).slice(-2000)).trim();
    throw new Error(`"${program} ${args.join(" ")}" ended with ${result.code}: ${said}`);
  }
  return text(result.stdout);
}

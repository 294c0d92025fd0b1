/** Other programs, run by the build. */

/** A program that ended with an exit code other than 0. */
export class CommandFailed extends Error {
  override name = "CommandFailed";
  /** Its exit code, 128 + n for signal n. */
  readonly code: number;
  /** The end of what it wrote to stderr. */
  readonly said: string;

  constructor(program: string, code: number, said: string) {
    super(`${program} ended with ${code}: ${said}`);
    this.code = code;
    this.said = said;
  }
}

/** Options of `command`. */
export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** When it fires, the program is killed. */
  signal?: AbortSignal;
}

/** Runs a program to its end and gives the bytes of its stdout; throws `CommandFailed` when it fails. */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    ...options,
    args: [...args],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stderr).trim().slice(-2000);
  if (code !== 0) throw new CommandFailed(program, code, said);
  return stdout;
}

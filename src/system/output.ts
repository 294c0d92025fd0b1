const encoder = new TextEncoder();

/** Standard output that can't be written to: its message says why. */
export class OutputError extends Error {
  override name = "OutputError";
}

async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  text: string,
): Promise<void> {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
}

/**
 * Writes to standard output: results, and nothing but results. Gives false when its reader has gone away, which is no
 * error. Throws `OutputError`.
 */
export async function writeOutput(text: string): Promise<boolean> {
  try {
    await writeAll(Deno.stdout, text);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.BrokenPipe) return false;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new OutputError(`Standard output can't be written to: ${said}`, { cause });
  }
}

/** Writes a text to standard error as it is: what a terminal does with it is the caller's wish. */
export async function writeTerminal(text: string): Promise<void> {
  try {
    await writeAll(Deno.stderr, text);
  } catch {
    // Nobody is left to be told.
  }
}

/** Writes a line to standard error. */
export async function writeError(line: string): Promise<void> {
  await writeTerminal(`${printable(line)}\n`);
}

// Tabs and ends of lines are left to whoever prints more than a line.
const controls = /[\p{Zl}\p{Zp}\p{Cf}\p{Cs}]|(?![\t\n])\p{Cc}/gu;

/**
 * A text without the characters by which it could command a terminal, end a line, or turn the order in which it is read:
 * `\ooo` stands for each of their bytes.
 */
export function printable(text: string): string {
  return text.replaceAll(
    controls,
    (character) =>
      [...encoder.encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(
        "",
      ),
  );
}

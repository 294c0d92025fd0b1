import type { Source } from "./scan_input.ts";

/** Longest input that is read; everything that Kubernetes holds is shorter. */
const longest = 16 * 1024 * 1024;

/** An input that could not be read; its message says which and why. */
export class SourceError extends Error {
  override name = "SourceError";
}

async function readBounded(stream: ReadableStream<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > longest) throw new SourceError(`${name} is longer than ${longest} bytes`);
    chunks.push(chunk.slice());
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SourceError(`${name} is not UTF-8 text`, { cause });
  }
}

/** Reads a file, or standard input for "-", as UTF-8 text. Throws `SourceError`. */
export async function readSource(path: string): Promise<Source> {
  const name = path === "-" ? "standard input" : path;
  try {
    const stream = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
    return { name, text: textOf(await readBounded(stream, name), name) };
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError(`${name} can't be read: ${said}`, { cause });
  }
}

/** Reads several inputs; each that can't be read is a fault. */
export async function readSources(
  paths: readonly string[],
): Promise<{ sources: Source[]; faults: string[] }> {
  const sources: Source[] = [];
  const faults: string[] = [];
  for (const [at, path] of paths.entries()) {
    if (path === "-" && paths.indexOf("-") < at) {
      faults.push("standard input is named twice: it can be read only once");
      continue;
    }
    try {
      sources.push(await readSource(path));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      faults.push(error.message);
    }
  }
  return { sources, faults };
}

/** The real AIDE programs that tests run. */
import type { Release } from "../src/build/apt_index.ts";
import { cacheHome } from "../src/build/cached_directory.ts";
import { debianPackages } from "../src/build/debian_packages.ts";
import { writeWrapper } from "./setup/unpacked_program.ts";

/** An AIDE program that tests run. */
export interface AideBinary {
  /** As in its `--version`, for example "0.18.3". */
  version: string;
  path: string;
}

/** What one run of AIDE left. */
export interface AideOutput {
  code: number;
  signal: Deno.Signal | null;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Both as text, for messages and for searching; bytes that are not UTF-8 are lost. */
  stdoutText: string;
  stderrText: string;
}

interface Source {
  series: string;
  release: Release;
  variable: string;
}

const sources: readonly Source[] = [
  { series: "0.18", release: "bookworm", variable: "FIO_TEST_AIDE_018" },
  { series: "0.19", release: "trixie", variable: "FIO_TEST_AIDE_019" },
];

/** Runs AIDE to its end, with no stdin unless `stdin` gives some. */
export async function aideRun(
  path: string,
  args: readonly string[],
  options: { cwd?: string; stdin?: Uint8Array | string; env?: Record<string, string> } = {},
): Promise<AideOutput> {
  const { stdin, ...rest } = options;
  const child = new Deno.Command(path, {
    ...rest,
    args: [...args],
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
    const writer = child.stdin.getWriter();
    // AIDE may end without reading its input; its exit code says why.
    await writer.write(bytes).then(() => writer.close()).catch(() => {});
  }
  const { code, signal, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, signal, stdout, stderr, stdoutText: text(stdout), stderrText: text(stderr) };
}

async function unpacked(source: Source): Promise<string> {
  const root = await debianPackages(source.release, ["aide"], `aide/${source.series}`);
  const script = `${cacheHome()}/aide/aide-${source.series}`;
  await writeWrapper(root, "usr/bin/aide", script);
  return script;
}

async function provide(source: Source): Promise<AideBinary> {
  const given = Deno.env.get(source.variable);
  let tried = given === undefined ? `the package of Debian ${source.release}` : source.variable;
  try {
    const path = given ?? await unpacked(source);
    tried += `, ${path}`;
    const { stdoutText, stderrText } = await aideRun(path, ["--version"]);
    const version = /\b(?:AIDE|Aide) (\d+\.\d+(?:\.\d+)?)/i.exec(stdoutText + stderrText)?.[1];
    if (version === undefined || !`${version}.`.startsWith(`${source.series}.`)) {
      throw new Error(`It says ${JSON.stringify((stdoutText + stderrText).slice(0, 200))}`);
    }
    return { version, path };
  } catch (cause) {
    throw new Error(
      `Cannot provide AIDE ${source.series} (tried ${tried}); set ${source.variable} to a program to use instead`,
      { cause },
    );
  }
}

let provided: Promise<AideBinary[]> | undefined;

/**
 * The AIDE programs to test with: Debian bookworm's 0.18 and trixie's 0.19, unpacked into the cache on first use
 * and run with their own libraries, so that nothing depends on what this machine has installed.
 * `FIO_TEST_AIDE_018` and `FIO_TEST_AIDE_019` name other programs to use.
 */
export function aideBinaries(): Promise<AideBinary[]> {
  return provided ??= Promise.all(sources.map(provide));
}

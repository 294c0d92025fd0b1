import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { type AideVersion, parseAideVersion } from "../../src/aide/aide_version.ts";

/** What a run of the real AIDE gave. */
export interface AideRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** An AIDE to test with, with its version read. */
export interface TestedAide extends AideBinary {
  parsed: AideVersion;
}

/** The AIDE programs, with what their own `--version` says. */
export async function testedAides(): Promise<TestedAide[]> {
  const binaries = await aideBinaries();
  return await Promise.all(binaries.map(async (binary) => {
    const { stdout, stderr } = await runAide(binary, ["--version"]);
    const parsed = parseAideVersion(stdout + stderr);
    if (parsed === undefined) throw new Error(`No version of AIDE at ${binary.path}`);
    return { ...binary, parsed };
  }));
}

/** Runs AIDE and takes its output. */
export async function runAide(binary: AideBinary, args: string[]): Promise<AideRun> {
  const output = await new Deno.Command(binary.path, { args, stdin: "null" }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Runs `aide --config-check` on a text. */
export async function checkConfig(binary: AideBinary, text: string): Promise<AideRun> {
  const file = await Deno.makeTempFile({ suffix: ".conf" });
  try {
    await Deno.writeTextFile(file, text);
    return await runAide(binary, ["-c", file, "--config-check"]);
  } finally {
    await Deno.remove(file);
  }
}

/** Makes a temporary directory, calls `use` with it and removes it. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir();
  try {
    return await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Makes files (and directories for paths that end in a slash) below a directory; the content is the path. */
export async function makeTree(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const full = `${root}/${path}`;
    await Deno.mkdir(path.endsWith("/") ? full : full.slice(0, full.lastIndexOf("/")), {
      recursive: true,
    });
    if (!path.endsWith("/")) await Deno.writeTextFile(full, path);
  }
}

/**
 * The paths that rules select below `directory`/root, sorted, as they are on that "host"; the rules are those that AIDE
 * sees behind `root_prefix`.
 */
export async function selectedPaths(
  binary: AideBinary,
  directory: string,
  rules: string,
): Promise<string[]> {
  const config = `${directory}/selection.conf`;
  const database = `${directory}/selection.db`;
  const options = [`root_prefix=${directory}/root`, `database_out=file:${database}`, ""];
  await Deno.writeTextFile(config, rules + options.join("\n"));
  const run = await runAide(binary, ["-c", config, "--init"]);
  if (run.code !== 0) throw new Error(`AIDE ended with ${run.code}: ${run.stderr}`);
  return databasePaths(await Deno.readTextFile(database));
}

/** The paths in a database that is not compressed, sorted. */
export function databasePaths(database: string): string[] {
  return database.split("\n").filter((line) => line.startsWith("/"))
    .map((line) => decodeURIComponent(line.split(" ")[0] ?? "")).sort();
}

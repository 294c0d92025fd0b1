/** Looks for the programs of a control plane in directories. */
import {
  type FoundProgram,
  parseVersion,
  type ProgramName,
  programNames,
  type Version,
} from "./programs.ts";

/** What was found in some directories. */
export interface Search {
  found: FoundProgram[];
  /** What looked like a program and is none that can be used, each a line. */
  faults: string[];
}

async function isExecutable(path: string): Promise<boolean> {
  const at = await Deno.stat(path).catch(() => undefined);
  return at?.isFile === true && ((at.mode ?? 0) & 0o111) !== 0;
}

const patienceSeconds = 120;

/** What a program says is its version; throws where it can't be run, fails, or says nothing of the kind. */
export async function programVersion(name: ProgramName, path: string): Promise<Version> {
  const args = name === "kubectl" ? ["version", "--client"] : ["--version"];
  const signal = AbortSignal.timeout(patienceSeconds * 1000);
  const { code, stdout, stderr } = await new Deno.Command(path, { args, signal, stdin: "null" })
    .output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const words = `"${path} ${args.join(" ")}"`;
  if (signal.aborted) throw new Error(`${words} still ran after ${patienceSeconds} s`);
  const version = parseVersion(said);
  if (code !== 0 || version === undefined) {
    throw new Error(`${words} ended with ${code}: ${said.trim().slice(0, 300)}`);
  }
  return version;
}

async function findProgram(
  name: ProgramName,
  directories: readonly string[],
  from: string,
): Promise<Search> {
  for (const directory of directories) {
    const path = `${directory}/${name}`;
    if (!await isExecutable(path)) continue;
    try {
      return {
        found: [{ name, path, from, version: await programVersion(name, path) }],
        faults: [],
      };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return { found: [], faults: [`${name} of ${from} is not used: ${why}`] };
    }
  }
  return { found: [], faults: [] };
}

/** Finds each program in the first of the directories that has it; `from` names them for a person. */
export async function findPrograms(directories: readonly string[], from: string): Promise<Search> {
  const absolute = directories.filter((directory) => directory.startsWith("/"));
  const all = await Promise.all(programNames.map((name) => findProgram(name, absolute, from)));
  return {
    found: all.flatMap(({ found }) => found),
    faults: all.flatMap(({ faults }) => faults),
  };
}

// deno-lint-ignore-file no-console -- a command line tool
/** Checks the layout of the source tree and prints every fault: part of `deno task ok`. */
import { command, CommandFailed } from "./command.ts";
import {
  codeFaults,
  commentFaults,
  type Documentation,
  type Fault,
  importFaults,
  lengthFaults,
  lengthFigures,
  nameFaults,
  type SourceFile,
  topLevelFaults,
} from "./layout_rules.ts";

const root = new URL("../..", import.meta.url);

async function namesIn(path: string): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(new URL(path, root))) entries.push(entry);
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function modulesBelow(path: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const { name, isDirectory } of await namesIn(path)) {
    const below = `${path}${name}`;
    if (isDirectory) files.push(...await modulesBelow(`${below}/`));
    else if (name.endsWith(".ts")) {
      files.push({ path: below, text: await Deno.readTextFile(new URL(below, root)) });
    }
  }
  return files;
}

async function undocumented(files: readonly SourceFile[]): Promise<Fault[]> {
  const paths = files.map(({ path }) => path)
    .filter((path) => path.startsWith("src/") && !path.endsWith(".d.ts"));
  try {
    const json = await command(Deno.execPath(), ["doc", "--frozen", "--json", ...paths], {
      cwd: root.pathname,
      env: { NO_COLOR: "1" },
    });
    const documentation = JSON.parse(new TextDecoder().decode(json)) as Documentation;
    return commentFaults(documentation, root.href);
  } catch (cause) {
    if (!(cause instanceof CommandFailed)) throw cause;
    return [`src: Comments cannot be checked: ${cause.said}`]; // an import that leads nowhere, for one
  }
}

/** Every fault of the tree that this file is part of, and how long its modules are. */
export async function layout(): Promise<
  { faults: Fault[]; figures: ReturnType<typeof lengthFigures> }
> {
  const files = [...await modulesBelow("src/"), ...await modulesBelow("tests/")];
  const faults = [
    ...topLevelFaults((await namesIn("./")).map(({ name }) => name)),
    ...importFaults(files),
    ...nameFaults(files.map(({ path }) => path)),
    ...lengthFaults(files),
    ...codeFaults(files),
    ...await undocumented(files),
  ];
  return { faults, figures: lengthFigures(files) };
}

if (import.meta.main) {
  const { faults, figures } = await layout();
  for (const fault of faults) console.error(fault);
  const { files, median, p90, longest } = figures;
  console.log(
    `src: ${files} modules, lines: median ${median}, p90 ${p90}, longest ${longest}; ${faults.length} faults`,
  );
  if (faults.length > 0) Deno.exit(1);
}

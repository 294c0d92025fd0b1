/** The code cache of an image: filled by runs in the image's own files, then written in a form that never varies. */
import { DatabaseSync as Database } from "node:sqlite";
import { findProgram, systemPath } from "../../node/find_program.ts";
import { command } from "../command.ts";
import { firstRuns, firstRunVariables } from "../first_runs.ts";
import { codeCacheOf, runFlags, subcommandOf } from "../permissions.ts";
import { runConfig } from "./image_config.ts";
import { imagePaths } from "./image_paths.ts";
import { ImageUnavailable } from "./image_unavailable.ts";

/** Deno wants to know where it is, and a chroot needs no rights but to be one when nothing is mounted in it. */
async function standInForProc(root: string): Promise<void> {
  await Deno.mkdir(`${root}/proc/self`);
  await Deno.symlink(`/${imagePaths.deno}`, `${root}/proc/self/exe`);
  await Deno.writeTextFile(`${root}/dev/null`, "");
}

async function chroot(root: string): Promise<string[]> {
  const program = await findProgram("chroot", systemPath) ?? "chroot";
  return Deno.uid() === 0 ? [program, root] : ["unshare", "--map-root-user", program, root];
}

/** Runs the image's program with its own files as the root directory. */
async function runIn(
  root: string,
  args: readonly string[],
): Promise<{ code: number; said: string }> {
  const [program = "", ...words] = [...await chroot(root), ...runConfig.Entrypoint, ...args];
  const variables = runConfig.Env.map((variable) => variable.split("="));
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: words,
    clearEnv: true,
    env: { ...Object.fromEntries(variables), ...firstRunVariables },
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();
  return { code, said: `${decode(stdout)}\n${decode(stderr)}`.trim() };
}

// What the program itself ends with is below: what is above are shells, kernels and Deno that could not go on.
const highestOwnCode = 100;

/**
 * Fills the code caches in `root`, a directory with all files of an image, by running it there: what V8 keeps has the
 * script's path in it, and is the same bytes for the same script, path and flags, on a busy machine and on an idle one. Throws `ImageUnavailable`
 * where this process may not do that.
 */
export async function fillCodeCaches(root: string): Promise<void> {
  await standInForProc(root);
  const first = await runIn(root, ["--version"]);
  if (first.code !== 0) {
    throw new ImageUnavailable(
      `Cannot run the image's program to fill its code cache (${
        first.said.slice(-500)
      }). Build as root, or where users ` +
        "may make namespaces; or leave the cache out with --no-code-cache: starts then take twice as long, and 30 MB more",
    );
  }
  for (const args of [...firstRuns, ...firstRuns]) {
    const { code, said } = await runIn(root, args);
    if (code <= highestOwnCode) continue;
    throw new Error(`Cannot fill the code cache: "${args.join(" ")}" ended with ${code}: ${said}`);
  }
}

/** The names of the directories with compiled code, beside the bundle. */
export const codeCacheNames: readonly string[] = [
  ...new Set(firstRuns.map((args) => codeCacheOf(subcommandOf(args)))),
];

type Row = Record<string, null | number | bigint | string | Uint8Array>;

function copyTables(from: Database, to: Database, withRows: (table: string) => boolean): void {
  const tables = from.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  ).all() as { name: string; sql: string }[];
  for (const { name, sql } of tables) {
    to.exec(sql);
    if (!withRows(name)) continue;
    const rows = from.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`);
    rows.setReadBigInts(true);
    for (const row of rows.all() as Row[]) {
      const values = Object.values(row);
      const places = values.map(() => "?").join(", ");
      to.prepare(`INSERT INTO ${name} VALUES (${places})`).run(...values);
    }
  }
}

/**
 * Writes what Deno keeps in the directory `from` to the new directory `to`: the same rows always as the same bytes, and
 * readable where nothing can be written. For that, Deno's databases need their log and its index beside them, which may
 * be empty, and statistics, which Deno would else try to write. Of tables for which `withRows` is false there are no rows.
 */
export async function writeCanonicalCache(
  from: string,
  to: string,
  withRows: (table: string) => boolean = () => true,
): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (!isFile || /-(wal|shm)$/.test(name)) continue;
    using source = new Database(`${from}/${name}`);
    {
      using target = new Database(`${to}/${name}`);
      copyTables(source, target, withRows);
      target.exec("ANALYZE; PRAGMA journal_mode = WAL");
    }
    for (const suffix of ["-wal", "-shm"]) await Deno.writeTextFile(`${to}/${name}${suffix}`, "");
  }
}

/**
 * Writes code caches with nothing in them into new directories below `to`: without any, Deno complains on terminals that
 * it can't make them.
 */
export async function writeEmptyCaches(to: string): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "empty-cache-" });
  try {
    await Deno.writeTextFile(`${directory}/empty.js`, "");
    await command(Deno.execPath(), ["run", ...runFlags, `${directory}/empty.js`], {
      env: { DENO_DIR: `${directory}/deno` },
    });
    for (const name of codeCacheNames) {
      await writeCanonicalCache(`${directory}/deno`, `${to}/${name}`, (table) => table === "info");
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

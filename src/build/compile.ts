// deno-lint-ignore-file no-console -- a command line tool
/** Compiles the program to a binary of its own: `deno task compile`. */
import { bundle } from "./bundle.ts";
import { command } from "./command.ts";
import { DenortUnavailable, findDenort, reachable } from "./denort.ts";
import { engineFlag, unionFlags } from "./permissions.ts";
import { builtFrom, sourceState } from "./source_state.ts";

const root = new URL("../..", import.meta.url).pathname;

async function denoDirectory(): Promise<string> {
  const said = new TextDecoder().decode(await command(Deno.execPath(), ["info", "--json"]));
  return (JSON.parse(said) as { denoDir: string }).denoDir;
}

async function output(program: string, args: string[]): Promise<string> {
  return new TextDecoder().decode(
    await command(program, args, { signal: AbortSignal.timeout(60_000) }),
  );
}

/**
 * Compiles the bundle and gives the path of the binary. It stands there only when it says the same `--version` as
 * the bundle itself. Throws `DenortUnavailable` where Deno's runtime part can't be had.
 */
export async function compile(path = `${root}dist/file-integrity-operator`): Promise<string> {
  await findDenort({
    variable: Deno.env.get("DENORT_BIN"),
    denoDirectory: await denoDirectory(),
    version: Deno.version.deno,
    target: Deno.build.target,
    reachable,
  });
  const directory = await Deno.makeTempDir({ prefix: "compile-" });
  try {
    const bundled = `${directory}/bundle/main.js`;
    const binary = `${directory}/file-integrity-operator`;
    const origin = builtFrom(await sourceState());
    const { hidden } = await bundle(`${directory}/bundle`, { origin });
    await command(Deno.execPath(), [
      "compile",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--no-prompt",
      "--no-code-cache", // it would stand in the temporary directory, under a name that anybody can take first
      engineFlag,
      ...unionFlags(),
      ...hidden.map((name) => `--include=${directory}/bundle/${name}`),
      `--output=${binary}`,
      bundled,
    ], { cwd: directory, signal: AbortSignal.timeout(600_000) });
    const expected = await output(Deno.execPath(), ["run", "--no-config", bundled, "--version"]);
    if (await output(binary, ["--version"]) !== expected) {
      throw new Error("Cannot use the compiled binary: it is not the program that was compiled");
    }
    await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(binary, `${path}.new`);
    await Deno.rename(`${path}.new`, path);
    return path;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function main(): Promise<number> {
  try {
    const path = await compile();
    console.log(`${path}: ${((await Deno.stat(path)).size / 1e6).toFixed(1)} MB`);
    return 0;
  } catch (cause) {
    if (!(cause instanceof DenortUnavailable)) throw cause;
    console.error(cause.message);
    return 69; // EX_UNAVAILABLE of sysexits.h
  }
}

if (import.meta.main) Deno.exit(await main());

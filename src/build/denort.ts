/** Deno's runtime part, which `deno compile` puts in front of a program. */
import { command, CommandFailed } from "./command.ts";

/** Where the runtime part comes from; a download is left to `deno compile`. */
export type DenortSource = { from: "variable" | "cache"; path: string } | {
  from: "download";
  url: string;
};

/** No runtime part can be had, or the one given is not one; the message says what to do. */
export class DenortUnavailable extends Error {
  override name = "DenortUnavailable";
}

/** What is looked at, so that each can be stood in for. */
export interface DenortSearch {
  /** Value of `DENORT_BIN`. */
  variable: string | undefined;
  denoDirectory: string;
  version: string;
  target: string;
  /** Whether a URL answers with success, within a few seconds. */
  reachable: (url: string) => Promise<boolean>;
}

/** Asks for a URL's headers; false for any refusal, and for no answer in 5 seconds. */
export async function reachable(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(5000);
    const response = await fetch(url, { method: "HEAD", redirect: "follow", signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // closed network, no such host, time-out: all mean that it can't be had
  }
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((at) => at.isFile, () => false);
}

/** Throws `DenortUnavailable` for the full Deno program: what it compiles only looks like a success. */
async function refuseFullDeno(path: string): Promise<void> {
  let said: string;
  try {
    said = new TextDecoder().decode(await command(path, ["--version"]));
  } catch (cause) {
    if (cause instanceof CommandFailed) return; // a runtime part without a program knows no options
    throw new DenortUnavailable(`Cannot run DENORT_BIN, ${path}`, { cause });
  }
  if (!/^deno \d/.test(said)) return;
  throw new DenortUnavailable(
    `DENORT_BIN, ${path}, is the full Deno program. A binary made of it would be just Deno: name denort instead, or unset DENORT_BIN`,
  );
}

/** Finds the runtime part: `DENORT_BIN`, else Deno's cache, else the download, if it can be reached. */
export async function findDenort(search: DenortSearch): Promise<DenortSource> {
  const { variable, denoDirectory, version, target } = search;
  if (variable !== undefined && variable !== "") {
    if (!await isFile(variable)) {
      throw new DenortUnavailable(`Cannot find the file that DENORT_BIN names: ${variable}`);
    }
    await refuseFullDeno(variable);
    return { from: "variable", path: variable };
  }
  const file = `release/v${version}/denort-${target}.zip`;
  const cached = `${denoDirectory}/dl/${file}`;
  if (await isFile(cached)) return { from: "cache", path: cached };
  const url = `https://dl.deno.land/${file}`;
  if (await search.reachable(url)) return { from: "download", url };
  throw new DenortUnavailable([
    "Cannot compile: denort, the runtime part of Deno " + version + ", is not here. Looked for",
    "  1. the environment variable DENORT_BIN: not set",
    `  2. Deno's cache: no file ${cached}`,
    `  3. the download: no answer from ${url}`,
    "Provide one of them and try again: set DENORT_BIN to a denort program, or put the zip file where 2 says.",
    'Or use "deno task pack": it makes one file of the same program without denort.',
  ].join("\n"));
}

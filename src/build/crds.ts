/**
 * Writes `crds/*.yaml` from the schemas in `src/api`; with `--check`, only tells which files differ and then exits
 * with 1.
 */

import { stringify } from "@std/yaml";
import { customResourceDefinitions } from "../api/crd.ts";

const crdFolder = new URL("../../crds/", import.meta.url);
const header =
  "# Generated from src/api by `deno task crds`: change the schemas there, not this file.\n";

/** The names and the texts of the files in `crds/`. */
export function crdFiles(): { name: string; text: string }[] {
  return customResourceDefinitions().map((crd) => {
    const [plural, group] = crd.metadata.name.split(/\.(.*)/);
    const yaml = stringify(crd, { sortKeys: true, lineWidth: 100, useAnchors: false });
    return { name: `${group}_${plural}.yaml`, text: `${header}---\n${yaml}` };
  });
}

/** The names of the files in `crds/`, or another folder, that are not as `crdFiles` has them. */
export async function differingCrdFiles(folder: URL = crdFolder): Promise<string[]> {
  const differing: string[] = [];
  for (const { name, text } of crdFiles()) {
    const present = await Deno.readTextFile(new URL(name, folder)).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (present !== text) differing.push(name);
  }
  return differing;
}

async function main(args: string[]): Promise<number> {
  const print = (line: string): Promise<number> =>
    Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
  if (args.includes("--check")) {
    const differing = await differingCrdFiles();
    for (const name of differing) await print(`crds/${name} differs: run deno task crds`);
    return differing.length === 0 ? 0 : 1;
  }
  for (const { name, text } of crdFiles()) {
    await Deno.writeTextFile(new URL(name, crdFolder), text);
    await print(`Wrote crds/${name}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

// deno-lint-ignore-file no-console -- a command line tool
/**
 * Writes the bundle for OLM to `manifests/bundle`, or with `--image IMAGE` to `dist/olm-bundle`, which is then made into
 * a bundle image; with `--check`, only tells which files of `manifests/bundle` differ and then exits with 1.
 */
import { parseArgs } from "node:util";
import { type BundleFile, bundleFiles } from "./olm/bundle_files.ts";

const root = new URL("../../", import.meta.url);
const kept = new URL("manifests/bundle/", root);
const generated = ["manifests", "metadata"];

async function names(folder: URL): Promise<string[]> {
  const found: string[] = [];
  for (const part of generated) {
    try {
      for await (const { name } of Deno.readDir(new URL(part, folder))) {
        found.push(`${part}/${name}`);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}

/** The names of the files in `manifests/bundle`, or another folder, that are not as `bundleFiles` has them. */
export async function differingBundleFiles(
  files: readonly BundleFile[],
  folder: URL = kept,
): Promise<string[]> {
  const differing: string[] = [];
  for (const { name, text } of files) {
    const present = await Deno.readTextFile(new URL(name, folder)).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (present !== text) differing.push(name);
  }
  const surplus = (await names(folder)).filter((name) => !files.some((file) => file.name === name));
  return [...differing, ...surplus];
}

/** Writes a bundle, in place of what is in the folder of another one. */
export async function writeBundle(files: readonly BundleFile[], folder: URL): Promise<void> {
  for (const name of await names(folder)) await Deno.remove(new URL(name, folder));
  for (const part of generated) await Deno.mkdir(new URL(part, folder), { recursive: true });
  for (const { name, text } of files) await Deno.writeTextFile(new URL(name, folder), text);
}

async function main(args: string[]): Promise<number> {
  const { values: { check, image } } = parseArgs({
    args,
    options: { check: { type: "boolean" }, image: { type: "string" } },
  });
  const files = await bundleFiles(image);
  if (check) {
    const differing = await differingBundleFiles(files);
    for (const name of differing) {
      console.error(`manifests/bundle/${name} differs: run deno task olm-bundle`);
    }
    return differing.length === 0 ? 0 : 1;
  }
  const folder = image === undefined ? kept : new URL("dist/olm-bundle/", root);
  await writeBundle(files, folder);
  console.error(`Wrote ${files.length} files to ${folder.href.replace(root.href, "")}`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

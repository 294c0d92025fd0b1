// deno-lint-ignore-file no-console -- a command line tool
/** Builds the container image, with neither a registry nor a container engine nor root: `deno task image`. */
import { parseArgs } from "node:util";
import { CommandFailed } from "../command.ts";
import { findProgram, programPath } from "../../node/find_program.ts";
import { programName, programVersion } from "../../system/program.ts";
import { writeImageArchive } from "./image_archive.ts";
import { type Architecture, architectures, readLock } from "./image_lock.ts";
import { ImageUnavailable } from "./image_unavailable.ts";
import { type ImageOptions, makeImageParts, ownArchitecture } from "./image_parts.ts";
import { type Layer, writeLayer } from "./layer.ts";
import { type Tree, writeTree } from "./tree.ts";
import { updateLock } from "./update_lock.ts";

const root = new URL("../../..", import.meta.url).pathname;

const help =
  `Builds a container image of the program: Debian's packages that AIDE needs, Deno, and the bundle.

Usage: deno task image [OPTIONS]

  --arch ARCH       amd64 or arm64; default: this machine's
  --name NAME       what it is called; default: localhost/${programName}:${programVersion}
  --output FILE     the archive; default: dist/${programName}-image.tar, for another architecture with its name
  --directory DIR   no archive, but the files of each layer, in a directory of its own below DIR
  --no-code-cache   leave out the compiled code, where the program can't be run to make it: starts take twice as long,
                    and 30 MB more
  --mirror URL      where Debian's packages are; may be repeated; default: the mirrors of this machine's apt
  --update          build nothing; pin what the mirrors have now, and this Deno, in src/build/image/lock.json
  --help            show this

SOURCE_DATE_EPOCH and SOURCE_REVISION say when and from which commit it was built; else git does.`;

const options = {
  arch: { type: "string" },
  name: { type: "string" },
  output: { type: "string" },
  directory: { type: "string" },
  "no-code-cache": { type: "boolean" },
  mirror: { type: "string", multiple: true },
  update: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

class UsageError extends Error {
  override name = "UsageError";
}

function parse(args: string[]): Values {
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause));
  }
}

function architectureOf({ arch }: Values): Architecture {
  const own = ownArchitecture();
  if (arch === undefined) {
    if (own !== undefined) return own;
    throw new UsageError(
      "There is no image for this machine's architecture; say which with --arch",
    );
  }
  const chosen = architectures.find((one) => one === arch);
  if (chosen !== undefined) return chosen;
  throw new UsageError(`There is no image for ${arch}: give --arch ${architectures.join(" or ")}`);
}

const started = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(4);
  console.error(`${seconds} s  ${text}`);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);

async function checkPrograms(): Promise<void> {
  const path = `${programPath(Deno.env.get("PATH"))}:/usr/lib/apt`;
  for (const name of ["apt-get", "apt-helper", "dpkg-deb", "tar"]) {
    if (await findProgram(name, path) !== undefined) continue;
    throw new ImageUnavailable(
      `Cannot build the image: ${name} is missing. It takes Debian or Ubuntu; elsewhere, src/build/Containerfile builds ` +
        "the same image with podman or Docker",
    );
  }
}

function optionsOf(values: Values): ImageOptions {
  const architecture = architectureOf(values);
  const foreign = architecture !== ownArchitecture();
  if (foreign) {
    say(
      `without compiled code: only a machine that is ${architecture} can make it; starts take twice as long, and 30 MB more`,
    );
  }
  const codeCache = !foreign && values["no-code-cache"] !== true;
  return { architecture, codeCache, mirrors: values.mirror ?? [], say };
}

function printSizes(layers: readonly Layer[]): void {
  console.log("layer     compressed  unpacked  digest");
  for (const { name, size, unpackedSize, digest } of layers) {
    console.log(`${name.padEnd(10)} ${megabytes(size)} ${megabytes(unpackedSize)}  ${digest}`);
  }
}

async function writeDirectories(
  trees: ReadonlyMap<string, Tree>,
  directory: string,
): Promise<void> {
  for (const [name, tree] of trees) {
    const target = `${directory}/${name}`;
    if (await Deno.lstat(target).then(() => true, () => false)) {
      throw new ImageUnavailable(`Cannot write to ${target}: it is there already`);
    }
    await writeTree(tree, target);
  }
  console.log(`${directory}: ${[...trees.keys()].join(", ")}`);
}

async function build(values: Values, directory: string): Promise<void> {
  const chosen = optionsOf(values);
  const { architecture } = chosen;
  await checkPrograms();
  const { layers: trees, labels, created, contents } = await makeImageParts(chosen, directory);
  if (values.directory !== undefined) return await writeDirectories(trees, values.directory);
  say("the layers");
  const layers: Layer[] = [];
  for (const [name, tree] of trees) layers.push(await writeLayer(name, tree, directory));
  const suffix = architecture === ownArchitecture() ? "" : `-${architecture}`;
  const path = values.output ?? `${root}dist/${programName}-image${suffix}.tar`;
  const name = values.name ?? `localhost/${programName}`;
  const reference = /:[^/]*$/.test(name) ? name : `${name}:${programVersion}`;
  const facts = { reference, architecture, created, labels, layers };
  const archive = await writeImageArchive(facts, path, directory);
  const contentsPath = `${path.replace(/\.tar$/, "")}.spdx.json`;
  await Deno.writeTextFile(contentsPath, contents);
  say("done");
  printSizes(layers);
  console.log(`${reference}, ${architecture}, ${archive.digest}`);
  console.log(`${contentsPath}: what is in it`);
  console.log(`${archive.path}: ${megabytes(archive.size).trim()}`);
}

async function run(values: Values): Promise<void> {
  if (values.help) return console.log(help);
  if (values.update) {
    await checkPrograms();
    for (const line of await updateLock(await readLock(), say)) console.log(line);
    return;
  }
  const directory = await Deno.makeTempDir({ prefix: "image-" });
  try {
    await build(values, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function main(): Promise<number> {
  try {
    await run(parse(Deno.args));
    return 0;
  } catch (cause) {
    if (cause instanceof UsageError) {
      console.error(`${cause.message}\nSee deno task image --help`);
      return 64; // EX_USAGE of sysexits.h
    }
    if (cause instanceof ImageUnavailable) {
      console.error(cause.message);
      return 69; // EX_UNAVAILABLE
    }
    if (!(cause instanceof CommandFailed)) throw cause;
    console.error(`Cannot build the image: ${cause.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());

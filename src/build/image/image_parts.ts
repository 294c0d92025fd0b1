/** The files of an image, layer by layer, from the lock and the sources. */
import { timestamp } from "../../base/timestamp.ts";
import { machineMirrors } from "../apt_index.ts";
import { bundle } from "../bundle.ts";
import { builtFrom, sourceState } from "../source_state.ts";
import { type Base, baseTree } from "./base_tree.ts";
import { bundledPackages } from "./bundled_packages.ts";
import {
  codeCacheNames,
  fillCodeCaches,
  writeCanonicalCache,
  writeEmptyCaches,
} from "./code_cache.ts";
import { contentsDocument } from "./contents_document.ts";
import { fetchPackage } from "./fetch_package.ts";
import { imageLabels } from "./image_config.ts";
import { type Architecture, type ImageLock, readLock } from "./image_lock.ts";
import { imagePaths } from "./image_paths.ts";
import { ImageUnavailable } from "./image_unavailable.ts";
import { denoTree, programTree } from "./program_tree.ts";
import { provideDeno } from "./provide_deno.ts";
import { type Tree, writeTree } from "./tree.ts";

const root = new URL("../../..", import.meta.url).pathname;

/** The names of an image's layers, the lowest first. What changes more often is above. */
export const imageLayers = ["base", "deno", "program"] as const;

/** What kind of image is asked for. */
export interface ImageOptions {
  architecture: Architecture;
  /** Whether the compiled code is put in, which takes a machine of that architecture. */
  codeCache: boolean;
  /** Debian mirrors; none for those that this machine is set up to use. */
  mirrors: readonly string[];
  /** Takes what is under way, for people. */
  say: (text: string) => void;
}

/** The files of an image, and what it says of itself. */
export interface ImageParts {
  /** By name, the lowest first; their files are in the directory that was handed in. */
  layers: ReadonlyMap<typeof imageLayers[number], Tree>;
  labels: Readonly<Record<string, string>>;
  /** In RFC 3339. */
  created: string;
  /** What is in the image, in SPDX. */
  contents: string;
}

/** The architecture of this machine; undefined where images can't be for it. */
export function ownArchitecture(): Architecture | undefined {
  return ({ x86_64: "amd64", aarch64: "arm64" } as const)[Deno.build.arch];
}

/** Throws where this is not the pinned Deno, with which alone the same sources make the same image. */
function checkDeno({ deno }: ImageLock): void {
  if (Deno.version.deno === deno.version) return;
  throw new ImageUnavailable(
    `Cannot build the image with Deno ${Deno.version.deno}: it is to have Deno ${deno.version}, which must also build ` +
      `it (npx deno@${deno.version} task image); to pin this one: deno task image --update`,
  );
}

async function mirrorsOf({ mirrors }: ImageOptions): Promise<readonly string[]> {
  if (mirrors.length > 0) return mirrors;
  try {
    const { main, security } = await machineMirrors();
    return [...main, ...security];
  } catch (cause) {
    const remedy = "Cannot find a mirror of Debian's packages; name one with --mirror URL";
    throw new ImageUnavailable(remedy, { cause });
  }
}

/** The base layer, and Deno's program for it. */
export async function makeBase(
  lock: ImageLock,
  options: ImageOptions,
): Promise<Base & { deno: string }> {
  const { architecture, say } = options;
  const pinned = lock.packages[architecture];
  const deno = await provideDeno(lock.deno.version, architecture, lock.deno.sha256[architecture]);
  say(`${pinned.length} packages of Debian, as pinned`);
  const mirrors = await mirrorsOf(options);
  const packages = await Promise.all(pinned.map((one) => fetchPackage(one, mirrors)));
  return { ...await baseTree(packages, deno), deno };
}

/** Writes code caches to `caches`, after the program has run in the files of the layers, which are put into `files`. */
async function makeCaches(layers: readonly Tree[], files: string, caches: string): Promise<void> {
  for (const layer of layers) await writeTree(layer, files);
  await fillCodeCaches(files);
  for (const name of codeCacheNames) {
    await writeCanonicalCache(`${files}/${imagePaths.home}/${name}`, `${caches}/${name}`);
  }
  await Deno.remove(files, { recursive: true });
}

/** Makes the files of an image; `directory` is an empty one of the caller's, which is used for what is made anew. */
export async function makeImageParts(
  options: ImageOptions,
  directory: string,
): Promise<ImageParts> {
  const { architecture, codeCache, say } = options;
  const lock = await readLock();
  checkDeno(lock);
  const state = await sourceState();
  const created = timestamp(state.time * 1000);
  const commit = state.commit !== undefined && !state.changed ? { commit: state.commit } : {};
  const base = await makeBase(lock, options);
  say(`the program, ${builtFrom(state)}`);
  const bundled = `${directory}/bundle`;
  const { sources } = await bundle(bundled, { origin: builtFrom(state) });
  const npm = await bundledPackages(sources);
  const contents = contentsDocument({
    ...{ architecture, created, ...commit, debian: base.packages, npm },
    deno: { version: lock.deno.version, sha256: lock.deno.sha256[architecture] },
  });
  const parts = { bundle: bundled, packages: npm, license: `${root}LICENSE`, contents };
  const runtime = denoTree(base.deno);
  const caches = `${directory}/caches`;
  await writeEmptyCaches(caches);
  let program = await programTree({ ...parts, caches });
  if (codeCache) {
    say("its compiled code, by running it in the image's own files");
    await makeCaches([base.tree, runtime, program], `${directory}/root`, `${directory}/filled`);
    program = await programTree({ ...parts, caches: `${directory}/filled` });
  }
  const trees = { base: base.tree, deno: runtime, program };
  return {
    layers: new Map(imageLayers.map((name) => [name, trees[name]])),
    ...{ labels: imageLabels({ ...commit, created }), created, contents },
  };
}

/** The image's files, as they are shipped, on this machine; made once for each state of the sources. */
import { machineArchitecture } from "../../src/build/apt_index.ts";
import { cachedDirectory, cacheHome } from "../../src/build/cached_directory.ts";
import { imagePaths } from "../../src/build/image/image_paths.ts";
import { type Architecture, readLock } from "../../src/build/image/image_lock.ts";
import { type ImageOptions, makeBase, makeImageParts } from "../../src/build/image/image_parts.ts";
import { fetchPackage } from "../../src/build/image/fetch_package.ts";
import { launcher } from "../../src/build/image/launcher.ts";
import { filesBelow, type Tree, type TreeEntry, writeTree } from "../../src/build/image/tree.ts";

const root = new URL("../..", import.meta.url).pathname;
// Longer than any test runs that uses one.
const unused = 3 * 60 * 60_000;

/** Where the parts of the image are on this machine. */
export interface ProductImage {
  /** The directory with the files of Debian's packages. */
  base: string;
  /** The directory with the bundle and its compiled code. */
  home: string;
  /** What the image runs. */
  program: string;
  deno: string;
  /** A program that gives up rights, and runs on the image's libraries; it is in no image. */
  setpriv: string;
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const parts = [Deno.version.deno];
  for (const path of [...paths].sort()) parts.push(path, await Deno.readTextFile(path));
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return sum.toHex().slice(0, 32);
}

const below = async (directory: string): Promise<string[]> =>
  (await filesBelow(root + directory)).map((path) => `${root}${directory}/${path}`);

const own = new URL(import.meta.url).pathname;

async function forgetOld(): Promise<void> {
  const home = `${cacheHome()}/image-program`;
  for await (const { name } of Deno.readDir(home)) {
    const path = `${home}/${name}`;
    const age = Date.now() - ((await Deno.stat(path).catch(() => null))?.mtime?.getTime() ?? 0);
    if (/^[0-9a-f]{32}(\.lock)?$/.test(name) && age > unused) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
}

const empty = (mode: number): TreeEntry => ({ kind: "text", text: "", mode });

async function imageOptions(): Promise<ImageOptions> {
  const architecture = await machineArchitecture() as Architecture;
  return { architecture, codeCache: true, mirrors: [], say: () => {} };
}

/** The base layer, with the places that the others are mounted on. */
async function makeBaseFiles(): Promise<{ base: string; deno: string; setpriv: string }> {
  const lock = await readLock();
  const options = await imageOptions();
  let made: Awaited<ReturnType<typeof makeBase>> | undefined;
  const digest = await digestOf([...await below("src/build/image"), own]);
  const directory = await cachedDirectory(`image-base/${digest}`, async (target) => {
    made = await makeBase(lock, options);
    const mountpoints: Tree = new Map<string, TreeEntry>([
      [imagePaths.home, { kind: "directory", mode: 0o755 }],
      [imagePaths.program, empty(0o755)],
    ]);
    await writeTree(new Map([...made.tree, ...mountpoints]), `${target}/files`);
    const pinned = lock.packages[options.architecture].find(({ name }) => name === "util-linux");
    const { files } = await fetchPackage(pinned!, []); // it is there: the image has chrt of it
    await Deno.copyFile(`${files}/usr/bin/setpriv`, `${target}/setpriv`);
    await Deno.chmod(`${target}/setpriv`, 0o755);
    await Deno.copyFile(made.deno, `${target}/deno`);
    await Deno.chmod(`${target}/deno`, 0o755);
  });
  return {
    ...{ base: `${directory}/files`, deno: `${directory}/deno`, setpriv: `${directory}/setpriv` },
  };
}

async function sourcesDigest(): Promise<string> {
  const settings = ["deno.json", "deno.lock", "LICENSE"].map((name) => root + name);
  return await digestOf([...await below("src"), ...settings, own]);
}

/** The directory with the files of the program's layer. */
async function makeProgramFiles(): Promise<string> {
  while (true) {
    const wanted = await sourcesDigest();
    let changed = false;
    const directory = await cachedDirectory(`image-program/${wanted}`, async (target) => {
      await forgetOld();
      const used = await Deno.makeTempDir({ prefix: "test-kubelet-image-" });
      try {
        const { layers } = await makeImageParts(await imageOptions(), used);
        // Deno's own layer is mounted there.
        const place: [string, TreeEntry] = [imagePaths.deno, empty(0o755)];
        await writeTree(new Map([...layers.get("program")!, place]), target);
      } finally {
        await Deno.remove(used, { recursive: true });
      }
      changed = await sourcesDigest() !== wanted;
      if (changed) throw new Error("The sources changed while the image was made of them");
    }).catch((error) => {
      if (changed) return undefined;
      throw error;
    });
    if (directory === undefined) continue;
    const now = new Date();
    await Deno.utime(directory, now, now);
    return directory;
  }
}

/** A bundle from somewhere else, with a place for Deno in it, and no compiled code. */
async function given(home: string): Promise<Pick<ProductImage, "home" | "program">> {
  const directory = await Deno.makeTempDir({ prefix: "test-kubelet-program-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  await Deno.chmod(directory, 0o755);
  const program = `${directory}/file-integrity-operator`;
  await Deno.writeTextFile(program, launcher);
  await Deno.chmod(program, 0o755);
  return { home, program };
}

let made: Promise<ProductImage> | undefined;

/**
 * The image of the sources as they are, from the cache where it is there. `FIO_TEST_BUNDLE` names a directory with
 * another bundle, an empty file called deno, and empty directories for compiled code.
 */
export function productImage(): Promise<ProductImage> {
  const named = Deno.env.get("FIO_TEST_BUNDLE");
  return made ??= (async (): Promise<ProductImage> => {
    const base = await makeBaseFiles();
    if (named) return { ...base, ...await given(named) };
    const files = await makeProgramFiles();
    return {
      ...base,
      ...{ home: `${files}/${imagePaths.home}`, program: `${files}/${imagePaths.program}` },
    };
  })();
}

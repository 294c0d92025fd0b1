/** The product's program as it is shipped, made once for each state of its sources. */
import { bundle } from "../../src/build/bundle.ts";
import { cachedDirectory, cacheHome } from "../../src/build/cached_directory.ts";
import { warmCache } from "./warm_cache.ts";

const root = new URL("../..", import.meta.url).pathname;
// Longer than any test runs that uses one.
const unused = 3 * 60 * 60_000;

/** A bundle and what Deno keeps of it. */
export interface ProductBundle {
  /** Directory with main.js. */
  directory: string;
  /** A warm DENO_DIR. */
  cache: string;
}

async function sourcesBelow(path: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) files.push(...await sourcesBelow(`${path}/${name}`));
    else files.push(`${path}/${name}`);
  }
  return files;
}

async function digest(): Promise<string> {
  const own = ["product_bundle.ts", "image_layout.ts", "warm_cache.ts"];
  const paths = [
    ...await sourcesBelow(`${root}src`),
    ...["deno.json", "deno.lock", ...own.map((name) => `tests/kubelet/${name}`)]
      .map((path) => root + path),
  ];
  const parts = [Deno.version.deno];
  for (const path of paths.sort()) parts.push(path, await Deno.readTextFile(path));
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return sum.toHex().slice(0, 32);
}

async function forgetOld(): Promise<void> {
  const home = `${cacheHome()}/bundle`;
  for await (const { name } of Deno.readDir(home)) {
    const path = `${home}/${name}`;
    const age = Date.now() - ((await Deno.stat(path).catch(() => null))?.mtime?.getTime() ?? 0);
    if (/^[0-9a-f]{32}(\.lock)?$/.test(name) && age > unused) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
}

async function cached(): Promise<string> {
  while (true) {
    const wanted = await digest();
    let changed = false;
    const directory = await cachedDirectory(`bundle/${wanted}`, async (made) => {
      await forgetOld();
      await bundle(made);
      await warmCache(made, `${made}/cache`);
      changed = await digest() !== wanted;
      if (changed) throw new Error("The sources changed while they were bundled");
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

/** A bundle from somewhere else; what Deno keeps of it is made once for each test process. */
async function given(directory: string): Promise<ProductBundle> {
  const cache = await Deno.makeTempDir({ prefix: "test-kubelet-cache-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(cache, { recursive: true }));
  await Deno.chmod(cache, 0o755);
  await warmCache(directory, cache);
  return { directory, cache };
}

let made: Promise<ProductBundle> | undefined;

/**
 * The bundle of the sources as they are, from the cache where it is there. `FIO_TEST_BUNDLE` names a directory with
 * another one.
 */
export function productBundle(): Promise<ProductBundle> {
  const named = Deno.env.get("FIO_TEST_BUNDLE");
  return made ??= named
    ? given(named)
    : cached().then((directory) => ({ directory, cache: `${directory}/cache` }));
}

/** Deno's program for an image, from the npm package for its architecture. */
import { cachedDirectory } from "../cached_directory.ts";
import { command } from "../command.ts";
import { fileDigest } from "./file_digest.ts";
import type { Architecture } from "./image_lock.ts";

const npmNames: Readonly<Record<Architecture, string>> = {
  amd64: "@deno/linux-x64-glibc",
  arm64: "@deno/linux-arm64-glibc",
};

/** The npm package that has Deno's program for an architecture. */
export function denoPackage(architecture: Architecture): string {
  return npmNames[architecture];
}

async function filesBelow(directory: string, name: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesBelow(path, name));
    else if (entry.isFile && entry.name === name) found.push(path);
  }
  return found;
}

/**
 * The path of Deno's program in `version` for an architecture, from the npm registry that this machine is set up to use,
 * or from the cache.
 */
export async function fetchDeno(version: string, architecture: Architecture): Promise<string> {
  const name = npmNames[architecture];
  const place = await cachedDirectory(
    `image/deno-${version}-${architecture}`,
    async (directory) => {
      await command(Deno.execPath(), [
        ...["cache", "--quiet", "--no-config", "--no-lock", `npm:${name}@${version}`],
      ], { env: { DENO_DIR: `${directory}/npm`, NO_COLOR: "1" } });
      const [program, ...others] = await filesBelow(`${directory}/npm`, "deno");
      if (program === undefined || others.length > 0) {
        throw new Error(`Cannot find Deno's program in the npm package ${name}@${version}`);
      }
      await Deno.rename(program, `${directory}/deno`);
      await Deno.chmod(`${directory}/deno`, 0o755);
      await Deno.remove(`${directory}/npm`, { recursive: true });
    },
  );
  return `${place}/deno`;
}

/** The path of exactly this program: the one that runs this, where it is the same, else the fetched one. */
export async function provideDeno(
  version: string,
  architecture: Architecture,
  sha256: string,
): Promise<string> {
  const own = await Deno.realPath(Deno.execPath());
  if (await fileDigest(own) === sha256) return own;
  const fetched = await fetchDeno(version, architecture);
  const found = await fileDigest(fetched);
  if (found === sha256) return fetched;
  throw new Error(
    `Deno ${version} for ${architecture} is not the pinned one: SHA-256 ${found} instead of ${sha256}`,
  );
}

/** The npm packages of which something is in the bundle. */
/** A package with its licence. */
export interface Licensed {
  name: string;
  version: string;
  /** As its package.json says, an SPDX expression where it is one. */
  license: string;
  /** Paths of its licence files. */
  licenses: string[];
  /** Its archive's digest in deno.lock: "sha512-…", in base64. */
  integrity: string;
}

const root = new URL("../../..", import.meta.url).pathname;

/** The directories of the npm packages that paths of Deno's cache are in, with name and version. */
export function packagesOf(
  paths: readonly string[],
): Map<string, { name: string; version: string }> {
  const found = new Map<string, { name: string; version: string }>();
  for (const path of paths) {
    // …/npm/REGISTRY/[@SCOPE/]NAME/VERSION/…
    const match = /^(.*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/]*))\//.exec(path);
    if (match === null) continue;
    const [, directory = "", name = "", version = ""] = match;
    found.set(directory, { name, version });
  }
  return found;
}

type Lock = { npm: Record<string, { integrity: string }> };

/** Its digest; a key of the lock may also name, after a "_", what the package is used with. */
function integrityOf(lock: Lock, name: string, version: string): string {
  const key = `${name}@${version}`;
  const found = Object.entries(lock.npm).find(([id]) => id === key || id.startsWith(`${key}_`));
  if (found !== undefined) return found[1].integrity;
  throw new Error(`Cannot say what is in the bundle: ${key} is not in deno.lock`);
}

/** The npm packages that the sources of a bundle are from, in alphabetical order. */
export async function bundledPackages(sources: readonly string[]): Promise<Licensed[]> {
  const lock = JSON.parse(await Deno.readTextFile(`${root}deno.lock`)) as Lock;
  const packages: Licensed[] = [];
  for (const [directory, { name, version }] of packagesOf(sources)) {
    const { license = "NOASSERTION" } = JSON.parse(
      await Deno.readTextFile(`${directory}/package.json`),
    ) as { license?: string };
    const licenses: string[] = [];
    for await (const entry of Deno.readDir(directory)) {
      if (entry.isFile && /^(licen[cs]e|copying|notice)/i.test(entry.name)) {
        licenses.push(`${directory}/${entry.name}`);
      }
    }
    const integrity = integrityOf(lock, name, version);
    packages.push({ name, version, license, licenses: licenses.sort(), integrity });
  }
  return packages.sort((a, b) => `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1);
}

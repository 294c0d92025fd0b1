import { fileDigest } from "./file_digest.ts";
import {
  type Architecture,
  architectures,
  type ImageLock,
  type PinnedPackage,
  writeLock,
} from "./image_lock.ts";
import { makeBase } from "./image_parts.ts";
import { pinPackages } from "./pin_packages.ts";
import { fetchDeno } from "./provide_deno.ts";

/** What differs between two lists of packages, a line for each. */
export function packageChanges(
  architecture: Architecture,
  before: readonly PinnedPackage[],
  after: readonly PinnedPackage[],
): string[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  return names.flatMap((name) => {
    const [old, now] = [before, after].map((list) => list.find((one) => one.name === name));
    if (old?.sha256 === now?.sha256) return [];
    return [`${architecture} ${name}: ${old?.version ?? "none"} -> ${now?.version ?? "none"}`];
  });
}

/**
 * Pins what the mirrors have now, and the Deno that runs this, for all architectures. What the image takes nothing from
 * is left out. Gives a line for each change.
 */
export async function updateLock(
  before: ImageLock,
  say: (text: string) => void,
): Promise<string[]> {
  const version = Deno.version.deno;
  const lock: ImageLock = {
    deno: { version, sha256: { ...before.deno.sha256 } },
    packages: { ...before.packages },
  };
  for (const architecture of architectures) {
    say(`Deno ${version} for ${architecture}`);
    lock.deno.sha256[architecture] = await fileDigest(await fetchDeno(version, architecture));
    lock.packages[architecture] = await pinPackages(architecture);
    const options = { architecture, codeCache: false, mirrors: [], say };
    lock.packages[architecture] = (await makeBase(lock, options)).packages;
  }
  await writeLock(lock);
  const changes = architectures.flatMap((architecture) =>
    packageChanges(architecture, before.packages[architecture], lock.packages[architecture])
  );
  if (before.deno.version !== version) {
    changes.unshift(`Deno: ${before.deno.version} -> ${version}`);
  }
  return changes.length > 0 ? changes : ["Nothing has changed"];
}

/** Which Debian packages an image is made of, by the package index as it is today. */
import { apt, aptIndex, updateIndex } from "../apt_index.ts";
import { cacheHome, locked } from "../cached_directory.ts";
import { debianKeyring } from "../debian_packages.ts";
import type { Architecture, PinnedPackage } from "./image_lock.ts";

/** The release that has AIDE 0.19. */
export const imageRelease = "trixie";

// Deno's program needs what it says in itself: glibc, and the library for unwinding.
const withDependencies = ["aide", "libgcc-s1"];

// Of these come single files that need nothing but glibc; their dependencies are for installing them.
const alone = ["base-files", "dash", "util-linux"];

/** The fields of the paragraphs that apt-cache prints, in its order. */
export function parseParagraphs(text: string): Record<string, string>[] {
  return text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "").map((paragraph) =>
    Object.fromEntries(
      [...paragraph.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)].map(([, name, value]) => [name, value]),
    )
  );
}

/** A package as the index describes it; throws where a field is missing. */
export function pinnedPackage(fields: Record<string, string>): PinnedPackage {
  const field = (name: string): string => {
    const value = fields[name];
    if (value === undefined) {
      throw new Error(`Cannot pin ${fields.Package ?? "a package"}: its entry has no ${name}`);
    }
    return value;
  };
  const [, source = field("Package"), sourceVersion = field("Version")] =
    /^(\S+)(?: \((.*)\))?$/.exec(fields.Source ?? "") ?? [];
  return {
    name: field("Package"),
    version: field("Version"),
    architecture: field("Architecture"),
    source: `${source} ${sourceVersion}`,
    path: field("Filename"),
    sha256: field("SHA256"),
  };
}

/** The packages that the image needs, in alphabetical order, after the index was brought anew. */
export async function pinPackages(architecture: Architecture): Promise<PinnedPackage[]> {
  const keyring = await debianKeyring(imageRelease);
  return await locked(`${cacheHome()}/apt/${imageRelease}.lock`, async () => {
    const index = await aptIndex(imageRelease, architecture);
    await updateIndex(index, keyring);
    const install = await apt(index, "apt-get", ["--simulate", "install", ...withDependencies]);
    // Inst libc6 (2.41-12 Debian:13.2/stable [amd64])
    const needed = [...install.matchAll(/^Inst (\S+) /gm)].map(([, name = ""]) => name);
    const names = [...new Set([...needed, ...alone])].sort();
    const shown = await apt(index, "apt-cache", ["show", "--no-all-versions", ...names]);
    const pinned = parseParagraphs(shown).map(pinnedPackage);
    const missing = names.filter((name) => !pinned.some((one) => one.name === name));
    if (missing.length === 0) {
      return pinned.sort((a, b) => a.name < b.name ? -1 : 1);
    }
    throw new Error(`Cannot pin ${missing.join(", ")}: not in the index of ${imageRelease}`);
  });
}

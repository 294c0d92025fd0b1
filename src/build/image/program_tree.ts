/** The uppermost layers: Deno, and the program. */
import type { Licensed } from "./bundled_packages.ts";
import { codeCacheNames } from "./code_cache.ts";
import { denoLicense } from "./deno_license.ts";
import { imagePaths } from "./image_paths.ts";
import { launcher } from "./launcher.ts";
import { filesBelow, type Tree, type TreeEntry } from "./tree.ts";

const readable = (from: string): TreeEntry => ({ kind: "file", from, mode: 0o644 });

/** The layer with Deno's program, which is at `deno`. */
export function denoTree(deno: string): Tree {
  return new Map<string, TreeEntry>([
    [imagePaths.deno, { kind: "file", from: deno, mode: 0o755 }],
    [
      `${imagePaths.documentation}/deno/copyright`,
      { kind: "text", text: denoLicense, mode: 0o644 },
    ],
  ]);
}

/** What the program's layer is made of. */
export interface ProgramParts {
  /** The directory of the bundle. */
  bundle: string;
  /** The npm packages in it. */
  packages: readonly Licensed[];
  /** The path of the product's own licence. */
  license: string;
  /** What is in the image, in SPDX. */
  contents: string;
  /** A directory with the code caches. */
  caches: string;
}

/** The layer with the program. */
export async function programTree(parts: ProgramParts): Promise<Tree> {
  const { bundle, packages, license, contents, caches } = parts;
  const { home, documentation, program } = imagePaths;
  const own = `${documentation}/file-integrity-operator`;
  const tree = new Map<string, TreeEntry>([
    [program, { kind: "text", text: launcher, mode: 0o755 }],
    [`${own}/copyright`, readable(license)],
    [imagePaths.contents, { kind: "text", text: contents, mode: 0o644 }],
  ]);
  for (const name of await filesBelow(bundle)) {
    tree.set(`${home}/${name}`, readable(`${bundle}/${name}`));
  }
  for (const { name, version, licenses } of packages) {
    for (const path of licenses) {
      const file = path.slice(path.lastIndexOf("/") + 1);
      tree.set(`${own}/npm/${name}@${version}/${file}`, readable(path));
    }
  }
  for (const name of codeCacheNames) {
    for (const file of await filesBelow(`${caches}/${name}`)) {
      tree.set(`${home}/${name}/${file}`, readable(`${caches}/${name}/${file}`));
    }
  }
  return tree;
}

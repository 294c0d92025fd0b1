/** The lowest layer: out of Debian's packages what AIDE, Deno and the launcher need, and nothing else. */
import { elfNeeds } from "./elf_needs.ts";
import type { UnpackedPackage } from "./fetch_package.ts";
import { imageUser } from "./image_config.ts";
import type { PinnedPackage } from "./image_lock.ts";
import { imagePaths } from "./image_paths.ts";
import { filesBelow, type Tree, type TreeEntry } from "./tree.ts";

// What is taken besides the libraries that these need. The launcher's shell uses nothing but what is built into it.
const wanted = [
  imagePaths.aide,
  ...["usr/bin/dash", "usr/bin/sh", "usr/bin/chrt"],
  ...["usr/lib/os-release", "etc/os-release", "etc/debian_version"],
];

// Debian's copyright files point to them.
const licences = "usr/share/common-licenses";

const merged = ["bin", "lib", "lib64", "sbin"];

const ownFiles: Readonly<Record<string, string>> = {
  "etc/passwd": [
    "root:x:0:0:root:/root:/usr/sbin/nologin",
    `file-integrity:x:${imageUser}:${imageUser}:File Integrity Operator:/:/usr/sbin/nologin`,
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
  ].join("\n"),
  "etc/group": `root:x:0:\nfile-integrity:x:${imageUser}:\nnogroup:x:65534:`,
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns",
};

const directories: Readonly<Record<string, number>> = {
  ...{ dev: 0o755, proc: 0o755, run: 0o755, sys: 0o755, "usr/sbin": 0o755, var: 0o755 },
  ...{ root: 0o700, tmp: 0o1777 },
};

/** The lowest layer. */
export interface Base {
  tree: Tree;
  /** The packages that something is from. */
  packages: PinnedPackage[];
}

/** A path as Debian's packages have it: those in /bin are in /usr/bin. */
function unmerged(path: string): string {
  const relative = path.replace(/^\/+/, "");
  return merged.some((name) => relative.startsWith(`${name}/`)) ? `usr/${relative}` : relative;
}

class BaseFiles {
  readonly tree = new Map<string, TreeEntry>();
  readonly used = new Set<UnpackedPackage>();
  readonly #packages: readonly UnpackedPackage[];

  constructor(packages: readonly UnpackedPackage[]) {
    this.#packages = packages;
  }

  /** Takes a file or link, what it leads to, and the libraries that it is linked with. */
  async take(path: string, why: string): Promise<void> {
    if (this.tree.has(path)) return;
    const found = await this.#find(path);
    if (found === undefined) {
      throw new Error(`Cannot make the image: ${why} needs ${path}, which is in no pinned package`);
    }
    const { owner, at } = found;
    this.used.add(owner);
    const from = `${owner.files}/${path}`;
    if (at.isSymlink) {
      const to = await Deno.readLink(from);
      this.tree.set(path, { kind: "link", to });
      const target = new URL(to, `file:///${path}`).pathname.slice(1);
      return await this.take(unmerged(target), path);
    }
    this.tree.set(path, { kind: "file", from, mode: (at.mode ?? 0) & 0o111 ? 0o755 : 0o644 });
    await this.takeLibraries(from, path);
  }

  /** Takes what a program of this machine, or of a package, is linked with. */
  async takeLibraries(from: string, why: string): Promise<void> {
    const needs = elfNeeds(await Deno.readFile(from));
    if (needs?.interpreter !== undefined) await this.take(unmerged(needs.interpreter), why);
    for (const library of needs?.libraries ?? []) {
      if ([...this.tree.keys()].some((path) => path.endsWith(`/${library}`))) continue;
      await this.take(await this.#library(library) ?? library, why);
    }
  }

  async takeLink(name: string): Promise<void> {
    const found = await this.#find(name);
    if (!found?.at.isSymlink) return; // lib64, say, is not on every architecture
    this.tree.set(name, { kind: "link", to: await Deno.readLink(`${found.owner.files}/${name}`) });
  }

  /** Takes the packages' copyright files, and those that they point to. */
  async takeCopyrights(): Promise<void> {
    for (const { pinned } of [...this.used]) {
      const place = `${imagePaths.documentation}/${pinned.name}`;
      const found = await this.#find(place);
      if (found?.at.isSymlink) {
        const to = await Deno.readLink(`${found.owner.files}/${place}`);
        this.tree.set(place, { kind: "link", to });
        await this.take(`${imagePaths.documentation}/${to}/copyright`, pinned.name);
      } else await this.take(`${place}/copyright`, pinned.name);
    }
    for (const { files } of this.#packages) {
      const there = await Deno.stat(`${files}/${licences}`).catch(() => undefined);
      for (const name of there ? await filesBelow(`${files}/${licences}`) : []) {
        await this.take(`${licences}/${name}`, "copyright files");
      }
    }
  }

  async #library(name: string): Promise<string | undefined> {
    for (const { files } of this.#packages) {
      for await (const entry of existing(`${files}/usr/lib`)) {
        const path = `usr/lib/${entry.name}/${name}`;
        if (entry.isDirectory && await this.#find(path) !== undefined) return path;
      }
    }
    return undefined;
  }

  async #find(
    path: string,
  ): Promise<{ owner: UnpackedPackage; at: Deno.FileInfo } | undefined> {
    for (const owner of this.#packages) {
      const at = await Deno.lstat(`${owner.files}/${path}`).catch(() => undefined);
      if (at !== undefined && !at.isDirectory) return { owner, at };
    }
    return undefined;
  }
}

async function* existing(directory: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(directory);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** The lowest layer, out of unpacked packages; `deno` is the path of the program that is to run on it. */
export async function baseTree(
  packages: readonly UnpackedPackage[],
  deno: string,
): Promise<Base> {
  const files = new BaseFiles(packages);
  for (const path of wanted) await files.take(path, "the image");
  await files.takeLibraries(deno, "Deno");
  await files.takeCopyrights();
  for (const name of merged) await files.takeLink(name);
  const { tree } = files;
  for (const [path, text] of Object.entries(ownFiles)) {
    tree.set(path, { kind: "text", text: `${text}\n`, mode: 0o644 });
  }
  for (const [path, mode] of Object.entries(directories)) {
    tree.set(path, { kind: "directory", mode });
  }
  const used = [...files.used].sort((a, b) => a.pinned.name < b.pinned.name ? -1 : 1);
  for (const { pinned, control } of used) {
    // Where programs that look for known faults find out which packages an image without a package manager has.
    const path = `var/lib/dpkg/status.d/${pinned.name}`;
    tree.set(path, { kind: "text", text: control, mode: 0o644 });
  }
  return { tree, packages: used.map(({ pinned }) => pinned) };
}

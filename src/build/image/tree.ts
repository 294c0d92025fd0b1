/** The files of an image, as they are to be. */

/** What is at a path. */
export type TreeEntry =
  | { kind: "directory"; mode: number }
  /** A copy of a file of this machine. */
  | { kind: "file"; from: string; mode: number }
  | { kind: "text"; text: string; mode: number }
  | { kind: "link"; to: string };

/** By path without a slash in front. Directories that others are in need not be named. */
export type Tree = ReadonlyMap<string, TreeEntry>;

const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** The tree with all its directories, in an order in which each comes before what is in it. */
export function wholeTree(tree: Tree): Map<string, TreeEntry> {
  const whole = new Map(tree);
  for (const path of tree.keys()) {
    for (let parent = above(path); parent !== "" && !whole.has(parent); parent = above(parent)) {
      whole.set(parent, { kind: "directory", mode: 0o755 });
    }
  }
  return new Map([...whole].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Writes a tree into a directory, with exactly its modes, whatever this process masks. */
export async function writeTree(tree: Tree, directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  for (const [path, entry] of wholeTree(tree)) {
    const target = `${directory}/${path}`;
    if (entry.kind === "link") {
      await Deno.symlink(entry.to, target);
      continue;
    }
    if (entry.kind === "directory") await Deno.mkdir(target, { recursive: true });
    else if (entry.kind === "file") await Deno.copyFile(entry.from, target);
    else await Deno.writeTextFile(target, entry.text);
    await Deno.chmod(target, entry.mode);
  }
}

/** The files below a directory, without the links: paths from it, sorted. */
export async function filesBelow(directory: string, path = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${directory}/${path}`)) {
    const below = path === "" ? name : `${path}/${name}`;
    if (isDirectory) found.push(...await filesBelow(directory, below));
    else if (isFile) found.push(below);
  }
  return found.sort();
}

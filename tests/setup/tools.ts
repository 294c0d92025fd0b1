/** The programs beside AIDE that tests run. */
import { cacheHome } from "../../src/build/cached_directory.ts";
import { debianPackages } from "../../src/build/debian_packages.ts";
import { writeWrapper } from "./unpacked_program.ts";

/** A program that tests run, the Debian package that has it, and where in the package. */
interface Tool {
  name: string;
  package: string;
  path: string;
}

const tools: readonly Tool[] = [
  { name: "jq", package: "jq", path: "usr/bin/jq" },
  { name: "setfacl", package: "acl", path: "usr/bin/setfacl" },
  { name: "getfacl", package: "acl", path: "usr/bin/getfacl" },
  { name: "setfattr", package: "attr", path: "usr/bin/setfattr" },
  { name: "getfattr", package: "attr", path: "usr/bin/getfattr" },
  { name: "busybox", package: "busybox", path: "bin/busybox" },
];

async function onPath(name: string, path: string): Promise<boolean> {
  for (const directory of path.split(":")) {
    const at = await Deno.stat(`${directory || "."}/${name}`).catch(() => undefined);
    if (at?.isFile && ((at.mode ?? 0) & 0o111) !== 0) return true;
  }
  return false;
}

/**
 * Makes every tool callable by its name: those that this machine lacks are unpacked from Debian packages into the
 * cache. Gives the `PATH` to run tests with; throws when a tool can't be had.
 */
export async function toolsPath(path: string = Deno.env.get("PATH") ?? ""): Promise<string> {
  const missing: Tool[] = [];
  for (const tool of tools) {
    if (!await onPath(tool.name, path)) missing.push(tool);
  }
  if (missing.length === 0) return path;
  const directory = `${cacheHome()}/tools/bin`;
  await Deno.mkdir(directory, { recursive: true });
  for (const tool of missing) {
    const root = await debianPackages("bookworm", [tool.package], `tools/${tool.package}`);
    await writeWrapper(root, tool.path, `${directory}/${tool.name}`);
  }
  return `${path}:${directory}`;
}

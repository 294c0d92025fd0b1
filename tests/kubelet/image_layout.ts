/** What a container finds where its image's files are to be: the image that is shipped, or this machine's own system. */
import { runConfig } from "../../src/build/image/image_config.ts";
import { imagePaths } from "../../src/build/image/image_paths.ts";
import { systemPath } from "../../src/node/find_program.ts";
import type { Mount } from "./container_script.ts";
import type { ProductImage } from "./product_image.ts";

/** The files of a container's image. */
export interface ImageFiles {
  mounts: Mount[];
  /** Symlinks of the root directory, by name. */
  links: Record<string, string>;
  /** The image's variables. */
  environment: Record<string, string>;
  /** The path, in the container, of what gives up its rights. */
  setpriv: string;
}

/** A directory of the machine that a container can read. */
export const readOnly = (source: string, path = source): Mount => ({
  ...{ source, path, readOnly: true },
});

/** A file of the machine that a container can read. */
export const readOnlyFile = (source: string, path = source): Mount => ({
  ...readOnly(source, path),
  file: true,
});

// What every container has of the machine, whatever its image.
const machine = (): Mount[] => [
  readOnly("/sys"),
  { source: "/dev", path: "/dev", readOnly: false },
];

const merged = ["bin", "sbin", "lib", "lib64"];

async function rootLinks(directory: string): Promise<Record<string, string>> {
  const links: Record<string, string> = {};
  for (const name of merged) {
    const at = await Deno.lstat(`${directory}/${name}`).catch(() => undefined);
    if (at?.isSymlink) links[name] = await Deno.readLink(`${directory}/${name}`);
  }
  return links;
}

/** The image that is shipped. */
export async function productFiles(image: ProductImage): Promise<ImageFiles> {
  const { base, home, program, deno, setpriv } = image;
  const variables = runConfig.Env.map((variable) => variable.split(/=(.*)/s, 2));
  return {
    mounts: [
      ...machine(),
      ...["/usr", "/etc"].map((path) => readOnly(base + path, path)),
      readOnly(home, `/${imagePaths.home}`),
      readOnlyFile(deno, `/${imagePaths.deno}`),
      readOnlyFile(program, `/${imagePaths.program}`),
      readOnlyFile(setpriv, "/.setpriv"),
    ],
    links: await rootLinks(base),
    environment: { ...Object.fromEntries(variables), HOME: "/" },
    setpriv: "/.setpriv",
  };
}

const place = "/image";

/** This machine's own system, with Deno, which has the directory `cache` for itself. */
export async function machineFiles(cache: string): Promise<ImageFiles> {
  const links = await rootLinks("/");
  // Where /usr is merged these are links.
  const unmerged = merged.filter((name) => links[name] === undefined).map((name) => `/${name}`);
  const there = await Promise.all(
    unmerged.map((path) => Deno.stat(path).then(() => [path], () => [])),
  );
  return {
    mounts: [
      ...machine(),
      ...["/usr", "/etc", ...there.flat()].map((path) => readOnly(path)),
      readOnlyFile(await Deno.realPath(Deno.execPath()), `${place}/bin/deno`),
      { source: cache, path: `${place}/cache`, readOnly: false },
    ],
    links,
    environment: {
      ...{ PATH: `${place}/bin:${systemPath}`, HOME: "/root", DENO_DIR: `${place}/cache` },
      ...{ DENO_NO_UPDATE_CHECK: "1", DENO_NO_PACKAGE_JSON: "1" },
    },
    setpriv: "/usr/bin/setpriv",
  };
}

/** What stands in for the container image: the machine's own system, read-only, and the program in it. */
import { engineFlag, permissionFlags, subcommandOf } from "../../src/build/permissions.ts";
import { findProgram, systemPath } from "../../src/node/find_program.ts";
import { aideBinaries } from "../aide_binaries.ts";
import type { Mount } from "./container_script.ts";
import type { Pod } from "./kinds.ts";
import { productBundle } from "./product_bundle.ts";

/** Gives the command line, in the container, for a container's arguments; undefined for the product's own. */
export type Program = (args: readonly string[], pod: Pod) => readonly string[] | undefined;

/** How the programs of pods are made. */
export interface ImageOptions {
  /** Takes the product's place. `deno` is on its PATH, with a DENO_DIR of its own. */
  program?: Program;
  /** Paths of the machine that the program finds under the same name in its container, read-only. */
  binds?: readonly string[];
  /** Version of AIDE that is there as `aide`: "0.19", or "0.18". */
  aide?: string;
  /** Variables of all containers, which a pod's spec may set otherwise. */
  environment?: Readonly<Record<string, string>>;
}

/** What a container has of its image. */
export interface ImagePart {
  mounts: Mount[];
  links: Record<string, string>;
  environment: Record<string, string>;
}

const place = "/image";
const deno = `${place}/bin/deno`;
const aide = `${place}/bin/aide`;
const main = `${place}/app/main.js`;
const cache = `${place}/cache`;

const readOnly = (source: string, path = source): Mount => ({ source, path, readOnly: true });

// Directories of the system; those that are links, as /bin is where /usr is merged, stay links.
async function system(): Promise<Pick<ImagePart, "mounts" | "links">> {
  const mounts = ["/usr", "/etc", "/sys"].map((path) => readOnly(path));
  mounts.push({ source: "/dev", path: "/dev", readOnly: false });
  const links: Record<string, string> = {};
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    const at = await Deno.lstat(`/${name}`).catch(() => undefined);
    if (at?.isSymlink) links[name] = await Deno.readLink(`/${name}`);
    else if (at !== undefined) mounts.push(readOnly(`/${name}`));
  }
  return { mounts, links };
}

const isDirectory = async (path: string): Promise<boolean> => (await Deno.stat(path)).isDirectory;

/** The image of all pods of a test; each part of it is made when a pod first needs it. */
export class ProgramImage {
  readonly #options: ImageOptions;
  readonly #home: string;
  readonly #chrt = findProgram("chrt", systemPath);
  #product: Promise<Mount[]> | undefined;

  /** `home` is a directory of the test's own, which it may write to. */
  constructor(home: string, options: ImageOptions) {
    this.#home = home;
    this.#options = options;
  }

  /** What a pod's container finds there. */
  async part(args: readonly string[], pod: Pod): Promise<ImagePart> {
    const { binds = [], environment = {}, program } = this.#options;
    const { mounts, links } = await system();
    const executable = { ...readOnly(await Deno.realPath(Deno.execPath()), deno), file: true };
    const bound = await Promise.all(binds.map(async (path) => ({
      ...readOnly(path),
      ...!await isDirectory(path) && { file: true },
    })));
    const own = program?.(args, pod) === undefined
      ? await (this.#product ??= this.#makeProduct())
      : [{ source: await this.#ownCache(), path: cache, readOnly: false }];
    return {
      mounts: [...mounts, executable, ...bound, ...own],
      links,
      environment: {
        PATH: `${place}/bin:${systemPath}`,
        HOME: "/root",
        DENO_DIR: cache,
        DENO_NO_UPDATE_CHECK: "1",
        DENO_NO_PACKAGE_JSON: "1",
        ...environment,
      },
    };
  }

  /** The command line of a container with these variables, its image's entry point included. */
  async command(
    args: readonly string[],
    pod: Pod,
    variables: Readonly<Record<string, string>>,
  ): Promise<readonly string[]> {
    const chrt = await this.#chrt;
    const machine = {
      find: (name: string): string | undefined => name === "aide" ? aide : chrt,
      env: (name: string): string | undefined => variables[name],
    };
    return this.#options.program?.(args, pod) ?? [
      ...[deno, "run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote"],
      ...["--no-npm", "--cached-only", engineFlag],
      ...permissionFlags(subcommandOf(args), args, machine),
      ...[main, ...args],
    ];
  }

  async #ownCache(): Promise<string> {
    const directory = `${this.#home}/deno`;
    await Deno.mkdir(directory, { recursive: true });
    return directory;
  }

  async #makeProduct(): Promise<Mount[]> {
    const { directory, cache: warm } = await productBundle();
    await Deno.mkdir(warm, { recursive: true });
    const wanted = this.#options.aide ?? "0.19";
    const binary = (await aideBinaries()).find(({ version }) =>
      `${version}.`.startsWith(`${wanted}.`)
    );
    if (binary === undefined) throw new Error(`There is no AIDE ${wanted} to test with`);
    const { path } = binary;
    const script = `${this.#home}/aide`;
    await Deno.writeTextFile(script, `#!/bin/sh\nexec '${path}' "$@"\n`);
    await Deno.chmod(script, 0o755);
    return [
      readOnly(directory, `${place}/app`),
      { source: warm, path: cache, readOnly: false },
      { ...readOnly(script, aide), file: true },
      // The unpacked program has its libraries beside it.
      ...path.startsWith("/usr/") ? [] : [readOnly(path.slice(0, path.lastIndexOf("/")))],
    ];
  }
}

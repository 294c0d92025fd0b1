/** What stands in for the container image: the machine's own system, read-only, and the program in it. */
import { permissionFlags, subcommandOf } from "../../src/build/permissions.ts";
import { findProgram, systemPath } from "../../src/node/find_program.ts";
import { aideBinaries } from "../aide_binaries.ts";
import type { Mount } from "./container_script.ts";
import { imageEnvironment, inImage, readOnly, runBundle, systemMounts } from "./image_layout.ts";
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
    const { mounts, links } = await systemMounts();
    const bound = await Promise.all(binds.map(async (path) => ({
      ...readOnly(path),
      ...!await isDirectory(path) && { file: true },
    })));
    const own = program?.(args, pod) === undefined
      ? await this.prepare()
      : [{ source: await this.#ownCache(), path: inImage.cache, readOnly: false }];
    return {
      mounts: [...mounts, ...bound, ...own],
      links,
      environment: { ...imageEnvironment, ...environment },
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
      find: (name: string): string | undefined => name === "aide" ? inImage.aide : chrt,
      env: (name: string): string | undefined => variables[name],
    };
    return this.#options.program?.(args, pod) ?? [
      ...runBundle(args),
      ...permissionFlags(subcommandOf(args), args, machine),
      ...[inImage.main, ...args],
    ];
  }

  async #ownCache(): Promise<string> {
    const directory = `${this.#home}/deno`;
    await Deno.mkdir(directory, { recursive: true });
    return directory;
  }

  /** Makes what the product's own program needs. */
  prepare(): Promise<Mount[]> {
    return this.#product ??= this.#makeProduct();
  }

  async #makeProduct(): Promise<Mount[]> {
    const { directory, cache } = await productBundle();
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
      readOnly(directory, inImage.app),
      readOnly(cache, inImage.cache),
      { ...readOnly(script, inImage.aide), file: true },
      // The unpacked program has its libraries beside it.
      ...path.startsWith("/usr/") ? [] : [readOnly(path.slice(0, path.lastIndexOf("/")))],
    ];
  }
}

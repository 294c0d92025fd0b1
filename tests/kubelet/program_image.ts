/** The image of a test's pods: the one that is shipped, or what a test puts in its place. */
import { runConfig } from "../../src/build/image/image_config.ts";
import {
  type ImageFiles,
  machineFiles,
  productFiles,
  readOnly,
  readOnlyFile,
} from "./image_layout.ts";
import type { Pod } from "./kinds.ts";
import { productImage } from "./product_image.ts";

/** Gives the command line, in the container, for a container's arguments; undefined for the product's own. */
export type Program = (args: readonly string[], pod: Pod) => readonly string[] | undefined;

/** How the programs of pods are made. */
export interface ImageOptions {
  /** Takes the product's place, in this machine's own system. `deno` is on its PATH, with a DENO_DIR of its own. */
  program?: Program;
  /** Paths of the machine that the program finds under the same name in its container, read-only. */
  binds?: readonly string[];
  /** Variables of all containers, which a pod's spec may set otherwise. */
  environment?: Readonly<Record<string, string>>;
}

const isDirectory = async (path: string): Promise<boolean> => (await Deno.stat(path)).isDirectory;

/** The image of all pods of a test; each part of it is made when a pod first needs it. */
export class ProgramImage {
  readonly #options: ImageOptions;
  readonly #home: string;
  #product: Promise<ImageFiles> | undefined;
  #machine: Promise<ImageFiles> | undefined;

  /** `home` is a directory of the test's own, which it may write to. */
  constructor(home: string, options: ImageOptions) {
    this.#home = home;
    this.#options = options;
  }

  /** What a pod's container finds there. */
  async part(args: readonly string[], pod: Pod): Promise<ImageFiles> {
    const { binds = [], environment = {}, program } = this.#options;
    const files = program?.(args, pod) === undefined
      ? await this.prepare()
      : await (this.#machine ??= this.#makeMachine());
    const bound = await Promise.all(
      binds.map(async (path) => await isDirectory(path) ? readOnly(path) : readOnlyFile(path)),
    );
    return {
      ...files,
      mounts: [...files.mounts, ...bound],
      environment: { ...files.environment, ...environment },
    };
  }

  /** The command line of a container, its image's entry point included. */
  command(args: readonly string[], pod: Pod): readonly string[] {
    return this.#options.program?.(args, pod) ?? [...runConfig.Entrypoint, ...args];
  }

  /** Makes what the product's own program needs. */
  prepare(): Promise<ImageFiles> {
    return this.#product ??= productImage().then(productFiles);
  }

  async #makeMachine(): Promise<ImageFiles> {
    const cache = `${this.#home}/deno`;
    await Deno.mkdir(cache, { recursive: true });
    return await machineFiles(cache);
  }
}

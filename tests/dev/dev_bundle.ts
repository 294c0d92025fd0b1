/** The program of the daemons' pods, bundled from source again and again. */
import { bundle } from "../../src/build/bundle.ts";
import { codeCacheNames } from "../../src/build/image/code_cache.ts";

/** Bundles in a directory; new containers find the last one that could be made, running ones keep theirs. */
export class DevBundle {
  /** Where the last one is: a link. */
  readonly path: string;
  readonly #directory: string;
  readonly #made: string[] = [];
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.path = `${directory}/bundle`;
  }

  /** Makes one of the sources as they are; where it can't, the one before stays. */
  async make(): Promise<void> {
    const name = `bundle-${++this.#count}`;
    const made = `${this.#directory}/${name}`;
    await bundle(made);
    await Deno.writeTextFile(`${made}/deno`, ""); // where a container's own is mounted
    for (const cache of codeCacheNames) await Deno.mkdir(`${made}/${cache}`);
    await Deno.symlink(name, `${this.path}.next`);
    await Deno.rename(`${this.path}.next`, this.path);
    this.#made.push(made);
    // The last but one is still what containers run that have not ended yet.
    for (const old of this.#made.splice(0, this.#made.length - 2)) {
      await Deno.remove(old, { recursive: true });
    }
  }
}

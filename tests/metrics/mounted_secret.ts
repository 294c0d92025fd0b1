/** A Secret as the kubelet mounts it: files behind a link that changes as a whole. */
export class MountedSecret implements AsyncDisposable {
  #version = 0;

  private constructor(readonly directory: string) {}

  /** An empty one, as of an optional Secret that is not there. */
  static async mount(): Promise<MountedSecret> {
    return new MountedSecret(await Deno.makeTempDir({ prefix: "serving-cert-" }));
  }

  /** Gives the Secret these files, and no others. */
  async set(files: Record<string, string>): Promise<void> {
    const { directory } = this;
    const before = this.#version++;
    const version = `..version_${this.#version}`;
    await Deno.mkdir(`${directory}/${version}`);
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${version}/${name}`, text);
    }
    await Deno.symlink(version, `${directory}/..data_tmp`);
    await Deno.rename(`${directory}/..data_tmp`, `${directory}/..data`);
    for (const name of Object.keys(files)) {
      await Deno.symlink(`..data/${name}`, `${directory}/${name}`).catch((error) => {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      });
    }
    for await (const { name, isSymlink } of Deno.readDir(directory)) {
      if (isSymlink && name !== "..data" && !(name in files)) {
        await Deno.remove(`${directory}/${name}`);
      }
    }
    if (before > 0) await Deno.remove(`${directory}/..version_${before}`, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** The directory of a volume whose files change together, laid out as a kubelet does it. */

/** Contents by path below the directory. */
export type VolumeFiles = ReadonlyMap<string, Uint8Array>;

const data = "..data";
const encoder = new TextEncoder();

function same(a: VolumeFiles, b: VolumeFiles): boolean {
  return a.size === b.size && [...a].every(([path, bytes]) => {
    const other = b.get(path);
    return other !== undefined && other.length === bytes.length &&
      other.every((byte, at) => byte === bytes[at]);
  });
}

const stamp = (): string => {
  const [date = "", time = ""] = new Date().toISOString().split(/[T.Z]/);
  const digits = Math.floor(Math.random() * 1e9).toString().padStart(9, "0");
  return `..${date.replaceAll("-", "_")}_${time.replaceAll(":", "_")}.${digits}`;
};

const topOf = (path: string): string => path.split("/")[0] ?? path;

/** The bytes of a text. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/**
 * A directory with `key -> ..data/key` and `..data -> ..<time>`: a new `..<time>` is filled, then one rename of `..data`
 * puts all its files in place at once.
 */
export class AtomicDirectory {
  #files: VolumeFiles | undefined;
  #current: string | undefined;

  constructor(readonly path: string, readonly mode = 0o644) {}

  /** Puts these files in the place of those before; false when they are the same. */
  async write(files: VolumeFiles): Promise<boolean> {
    if (this.#files !== undefined && same(this.#files, files)) return false;
    await Deno.mkdir(this.path, { recursive: true, mode: 0o755 });
    const made = stamp();
    await Deno.mkdir(`${this.path}/${made}`, { mode: 0o755 });
    for (const [path, bytes] of files) {
      const at = `${this.path}/${made}/${path}`;
      if (path.includes("/")) {
        await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true, mode: 0o755 });
      }
      await Deno.writeFile(at, bytes);
      await Deno.chmod(at, this.mode);
    }
    await Deno.symlink(made, `${this.path}/${data}_tmp`);
    await Deno.rename(`${this.path}/${data}_tmp`, `${this.path}/${data}`);
    const before = new Set([...this.#files?.keys() ?? []].map(topOf));
    const after = new Set([...files.keys()].map(topOf));
    for (const name of after.difference(before)) {
      await Deno.symlink(`${data}/${name}`, `${this.path}/${name}`);
    }
    for (const name of before.difference(after)) await Deno.remove(`${this.path}/${name}`);
    if (this.#current !== undefined) {
      await Deno.remove(`${this.path}/${this.#current}`, { recursive: true });
    }
    this.#files = files;
    this.#current = made;
    return true;
  }
}

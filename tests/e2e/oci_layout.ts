/** Images as OCI layouts: directories with an index and blobs, and archives of them. */
import { runCommand } from "../setup/run_command.ts";

/** How one blob names another. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  platform?: { architecture: string; os: string };
}

/** An index of images, or of one image for several architectures. */
export interface Index {
  schemaVersion: 2;
  mediaType?: string;
  manifests: Descriptor[];
}

/** An image's manifest. */
export interface Manifest {
  schemaVersion: 2;
  mediaType?: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations?: Record<string, string>;
}

/** An image's configuration, as far as it is looked at. */
export interface ImageConfig {
  architecture: string;
  os: string;
  config: {
    User?: string;
    Env?: string[];
    Entrypoint?: string[];
    Cmd?: string[];
    Labels?: Record<string, string>;
  };
  rootfs: { type: "layers"; diff_ids: string[] };
  history?: { created_by?: string; empty_layer?: boolean }[];
}

/** Media types of what this test makes. */
export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** The digest of some bytes, as "sha256:…". */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
}

/** A layout in a directory. */
export class OciLayout {
  private constructor(readonly directory: string) {}

  /** A new, empty one. */
  static async create(directory: string): Promise<OciLayout> {
    await Deno.mkdir(`${directory}/blobs/sha256`, { recursive: true });
    await Deno.writeTextFile(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    return new OciLayout(directory);
  }

  /** That of an archive, which is unpacked into the directory. */
  static async unpack(archive: string, directory: string): Promise<OciLayout> {
    await Deno.mkdir(directory, { recursive: true });
    await runCommand("tar", ["--extract", "--file", archive, "--directory", directory]);
    return new OciLayout(directory);
  }

  #path(digest: string): string {
    return `${this.directory}/blobs/${digest.replace(":", "/")}`;
  }

  /** Adds a blob. */
  async add(mediaType: string, bytes: Uint8Array<ArrayBuffer>): Promise<Descriptor> {
    const digest = await digestOf(bytes);
    await Deno.writeFile(this.#path(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Adds a blob of JSON. */
  async addJson(mediaType: string, value: unknown): Promise<Descriptor> {
    return await this.add(mediaType, new TextEncoder().encode(JSON.stringify(value)));
  }

  /** Reads a blob of JSON. */
  async json<T>({ digest }: Descriptor): Promise<T> {
    return JSON.parse(await Deno.readTextFile(this.#path(digest))) as T;
  }

  /** The index. */
  async index(): Promise<Index> {
    return JSON.parse(await Deno.readTextFile(`${this.directory}/index.json`)) as Index;
  }

  /** Replaces the index. */
  async writeIndex(manifests: Descriptor[]): Promise<void> {
    const index: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
    await Deno.writeTextFile(`${this.directory}/index.json`, JSON.stringify(index));
  }

  /** Packs the layout. */
  async pack(archive: string): Promise<void> {
    const names = ["oci-layout", "index.json", "blobs"];
    await runCommand("tar", [
      ...["--create", "--file", archive, "--directory", this.directory, ...names],
    ]);
  }
}

/** A layer of one directory's files, all of them root's. */
export async function layerOf(directory: string): Promise<Uint8Array<ArrayBuffer>> {
  const archive = `${directory}.tar`;
  await runCommand("tar", [
    ...["--create", "--file", archive, "--sort=name", "--mtime=@0", "--numeric-owner"],
    ...["--owner=0", "--group=0", "--directory", directory, "."],
  ]);
  const bytes = await Deno.readFile(archive);
  await Deno.remove(archive);
  return bytes;
}

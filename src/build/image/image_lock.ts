/** What an image is made of, exactly: `lock.json`, which `deno task image --update` writes. */

/** The architectures that images are built for, as OCI and Debian name them. */
export const architectures = ["amd64", "arm64"] as const;

/** One of them. */
export type Architecture = typeof architectures[number];

/** One Debian package. */
export interface PinnedPackage {
  name: string;
  version: string;
  /** The package's own: "all" for one that is the same on every machine. */
  architecture: string;
  /** The source package that it was built from, with its version. */
  source: string;
  /** Where it is on a mirror: "pool/main/a/aide/…". */
  path: string;
  /** Of the package's file. */
  sha256: string;
}

/** The whole lock. */
export interface ImageLock {
  deno: {
    version: string;
    /** Of the program, for each architecture. */
    sha256: Record<Architecture, string>;
  };
  packages: Record<Architecture, PinnedPackage[]>;
}

const path = new URL("lock.json", import.meta.url);

/** Reads the lock. */
export async function readLock(): Promise<ImageLock> {
  return JSON.parse(await Deno.readTextFile(path)) as ImageLock;
}

/** Writes the lock, as `deno fmt` would. */
export async function writeLock(lock: ImageLock): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(lock, null, 2)}\n`);
}

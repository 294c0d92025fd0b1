/** Pinned Debian packages, fetched from a mirror and unpacked. */
import { cachedDirectory } from "../cached_directory.ts";
import { command } from "../command.ts";
import type { PinnedPackage } from "./image_lock.ts";

/** A package's contents on this machine. */
export interface UnpackedPackage {
  pinned: PinnedPackage;
  /** The directory with its files. */
  files: string;
  /** Its entry in Debian's database of packages, without the state. */
  control: string;
}

const aptHelper = "/usr/lib/apt/apt-helper";

/** A pinned package is on none of the mirrors, or differs there; the message says what to do. */
export class PackageGone extends Error {
  override name = "PackageGone";

  constructor({ name, version, path }: PinnedPackage, faults: readonly string[]) {
    super([
      `Cannot fetch ${name} ${version}, which src/build/image/lock.json pins:`,
      ...faults.map((fault) => `  ${fault}`),
      "Mirrors drop a version when the next one comes. Either pin what they have now (deno task image --update, and",
      "commit the lock), or name a mirror that keeps it: a snapshot of Debian's archive, as",
      `  deno task image --mirror URL     (it is looked for at URL/${path})`,
    ].join("\n"));
  }
}

const joined = (mirror: string, path: string): string => `${mirror.replace(/\/+$/, "")}/${path}`;

/** Whether a URL leads to apt's own way of saying where files are; it also knows proxies and passwords for them. */
async function download(url: string, to: string, sha256: string): Promise<void> {
  await command(aptHelper, ["download-file", url, to, `SHA256:${sha256}`]);
}

/**
 * Fetches a package from the first of the mirrors that has it and unpacks it into the cache; needs neither when it is
 * there already. Throws `PackageGone`.
 */
export async function fetchPackage(
  pinned: PinnedPackage,
  mirrors: readonly string[],
): Promise<UnpackedPackage> {
  const place = await cachedDirectory(`image/${pinned.sha256}`, async (directory) => {
    const archive = `${directory}/package.deb`;
    const faults: string[] = [];
    for (const mirror of mirrors) {
      try {
        await download(joined(mirror, pinned.path), archive, pinned.sha256);
        await command("dpkg-deb", ["--extract", archive, `${directory}/files`]);
        const control = await command("dpkg-deb", ["--field", archive]);
        await Deno.writeFile(`${directory}/control`, control);
        await Deno.remove(archive);
        return;
      } catch (cause) {
        if (cause instanceof Deno.errors.NotFound) throw cause; // a program is missing
        faults.push(cause instanceof Error ? cause.message : String(cause));
      }
    }
    throw new PackageGone(pinned, faults);
  });
  return {
    pinned,
    files: `${place}/files`,
    control: await Deno.readTextFile(`${place}/control`),
  };
}

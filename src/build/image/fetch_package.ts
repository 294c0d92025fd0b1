/** Pinned Debian packages, fetched from a mirror and unpacked. */
import { cachedDirectory } from "../cached_directory.ts";
import { command, CommandFailed } from "../command.ts";
import type { PinnedPackage } from "./image_lock.ts";
import { ImageUnavailable } from "./image_unavailable.ts";

/** A package's contents on this machine. */
export interface UnpackedPackage {
  pinned: PinnedPackage;
  /** The directory with its files. */
  files: string;
  /** Its entry in Debian's database of packages, without the state. */
  control: string;
}

const aptHelper = "/usr/lib/apt/apt-helper";

function gone({ name, version, path }: PinnedPackage, faults: readonly string[]): ImageUnavailable {
  return new ImageUnavailable([
    `Cannot fetch ${name} ${version}, which src/build/image/lock.json pins:`,
    ...faults.map((fault) => `  ${fault}`),
    "Mirrors drop a version when the next one comes. Pin what they have now with",
    "  deno task image --update",
    "or name a mirror that keeps every version, as the snapshots of Debian's archive do:",
    `  deno task image --mirror URL     (it is looked for at URL/${path})`,
  ].join("\n"));
}

const joined = (mirror: string, path: string): string => `${mirror.replace(/\/+$/, "")}/${path}`;

/** By apt's own helper: it knows the machine's proxies and passwords, and every kind of mirror. */
async function download(url: string, to: string, sha256: string): Promise<void> {
  // The directory need not be readable for apt's own user.
  const options = ["-qq", "-o", "APT::Sandbox::User=root"];
  await command(aptHelper, [...options, "download-file", url, to, `SHA256:${sha256}`]);
}

/**
 * Fetches a package from the first of the mirrors that has it and unpacks it into the cache; needs neither when it is
 * there already. Throws `ImageUnavailable` when none has.
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
        const said = cause instanceof CommandFailed ? cause.said : String(cause);
        faults.push(/^E: (.*)$/m.exec(said)?.[1] ?? said);
      }
    }
    throw gone(pinned, faults);
  });
  return {
    pinned,
    files: `${place}/files`,
    control: await Deno.readTextFile(`${place}/control`),
  };
}

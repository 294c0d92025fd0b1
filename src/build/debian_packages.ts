/** Debian packages with all that they depend on, unpacked into the cache; nothing is installed. */
import {
  apt,
  aptIndex,
  isKnown,
  machineArchitecture,
  type Release,
  sayProgress,
  updateIndex,
} from "./apt_index.ts";
import { cachedDirectory, cacheHome, locked } from "./cached_directory.ts";
import { command } from "./command.ts";

const keyringPath = "usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * The path of the keys that sign a release. A machine's own may be older than trixie, so those come out of bookworm's
 * package, which the machine's own keys vouch for.
 */
export async function debianKeyring(release: Release): Promise<string> {
  if (release === "bookworm") return `/${keyringPath}`;
  const unpacked = await debianPackages("bookworm", ["debian-archive-keyring"], "keyring");
  return `${unpacked}/${keyringPath}`;
}

/** Downloads packages with what they depend on; with an index of an earlier run first, with a fresh one if that fails. */
async function download(release: Release, packages: readonly string[]): Promise<string[]> {
  const index = await aptIndex(release, await machineArchitecture());
  const archives = `${index.directory}/archives`;
  await Deno.remove(archives, { recursive: true });
  await Deno.mkdir(`${archives}/partial`, { recursive: true });
  const install = (): Promise<string> =>
    apt(index, "apt-get", ["--yes", "--download-only", "install", ...packages]);
  const known = await isKnown(index);
  if (!known) await updateIndex(index, await debianKeyring(release));
  await sayProgress(`Debian ${release}: downloading ${packages.join(", ")}`);
  try {
    await install();
  } catch (cause) {
    if (!known) throw cause;
    await updateIndex(index, await debianKeyring(release));
    await install();
  }
  const names = (await Array.fromAsync(Deno.readDir(archives))).map(({ name }) => name);
  return names.filter((name) => name.endsWith(".deb")).sort().map((name) => `${archives}/${name}`);
}

/**
 * Unpacks packages of a Debian release, with all that they depend on, into the cache directory `name` and gives
 * its path. The mirror is this machine's own; apt checks the archive's signature and every package's digest.
 */
export async function debianPackages(
  release: Release,
  packages: readonly string[],
  name: string,
): Promise<string> {
  return await cachedDirectory(name, async (directory) => {
    if (release !== "bookworm") await debianKeyring(release); // before the lock: it takes another
    await locked(`${cacheHome()}/apt/${release}.lock`, async () => {
      for (const archive of await download(release, packages)) {
        await command("dpkg", ["--extract", archive, directory]);
      }
    });
  });
}

/** Debian packages with all that they depend on, unpacked into the cache; nothing is installed. */
import { cachedDirectory, cacheHome, locked } from "./cached_directory.ts";
import {
  debianMirrors,
  parseRepositories,
  repositoriesArguments,
  sourcesList,
} from "./debian_sources.ts";
import { runCommand } from "./run_command.ts";

/** The Debian releases whose packages the tests use. */
export type Release = "bookworm" | "trixie";

const progress = (text: string): void => {
  Deno.stderr.writeSync(new TextEncoder().encode(`set-up: ${text}\n`));
};

const keyringPath = "usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * The keys that sign a release. A machine's own may be older than trixie, so those come out of bookworm's
 * package, which the machine's own keys vouch for.
 */
async function keyring(release: Release): Promise<string> {
  if (release === "bookworm") return `/${keyringPath}`;
  return `${await debianPackages(
    "bookworm",
    ["debian-archive-keyring"],
    "keyring",
  )}/${keyringPath}`;
}

/** Options that keep an apt-get run to its own directory, with the machine's proxies and none of its sources. */
function isolated(directory: string): string[] {
  const options = {
    "Dir::Etc::sourcelist": `${directory}/sources.list`,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State": directory,
    "Dir::State::lists": `${directory}/lists`,
    "Dir::State::status": `${directory}/status`,
    "Dir::Cache": directory,
    "Dir::Cache::archives": `${directory}/archives`,
    "Dir::Log": directory,
    "APT::Sandbox::User": "root", // the cache need not be readable for apt's own user
    "APT::Install-Recommends": "false",
    "APT::Install-Suggests": "false",
    "APT::Get::AllowUnauthenticated": "false",
    "APT::Update::Error-Mode": "any",
    "Acquire::AllowInsecureRepositories": "false",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Acquire::Retries": "3",
  };
  return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** Brings the index of a release, trying each mirror of this machine with and without its security archive. */
async function updateIndex(release: Release, directory: string): Promise<void> {
  const mirrors = debianMirrors(parseRepositories(
    await runCommand("apt-get", repositoriesArguments),
  ));
  if (mirrors.main.length === 0) {
    throw new Error("Cannot find a Debian mirror: apt's sources on this machine name none");
  }
  const architecture = (await runCommand("dpkg", ["--print-architecture"])).trim();
  const signedBy = await keyring(release);
  const faults: string[] = [];
  for (const main of mirrors.main) {
    for (const security of [...mirrors.security, undefined]) {
      const at = { main, keyring: signedBy, architecture, ...(security && { security }) };
      await Deno.writeTextFile(`${directory}/sources.list`, sourcesList(release, at));
      progress(`reading the package index of Debian ${release}`);
      try {
        await runCommand("apt-get", [...isolated(directory), "update"]);
        return;
      } catch (cause) {
        faults.push(`${main}${security ? ` with ${security}` : ""}: ${cause}`);
      }
    }
  }
  throw new Error(`Cannot read the package index of Debian ${release}:\n${faults.join("\n")}`);
}

async function files(directory: string, suffix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (name.endsWith(suffix)) paths.push(`${directory}/${name}`);
  }
  return paths.sort();
}

/** Downloads packages with what they depend on; with an index of an earlier run first, with a fresh one if that fails. */
async function download(release: Release, packages: readonly string[]): Promise<string[]> {
  const directory = `${cacheHome()}/apt/${release}`;
  await Deno.mkdir(`${directory}/lists/partial`, { recursive: true });
  await Deno.remove(`${directory}/archives`, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${directory}/archives/partial`, { recursive: true });
  await Deno.writeTextFile(`${directory}/status`, ""); // nothing counts as installed
  const install = async (): Promise<string> =>
    await runCommand("apt-get", [
      ...isolated(directory),
      "--yes",
      "--download-only",
      "install",
      ...packages,
    ]);
  const known = (await files(`${directory}/lists`, "_InRelease")).length > 0;
  if (!known) await updateIndex(release, directory);
  progress(`downloading ${packages.join(", ")} of Debian ${release}`);
  try {
    await install();
  } catch (cause) {
    if (!known) throw cause;
    await updateIndex(release, directory);
    await install();
  }
  return await files(`${directory}/archives`, ".deb");
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
    if (release !== "bookworm") await keyring(release); // before the lock: it takes another
    await locked(`${cacheHome()}/apt/${release}.lock`, async () => {
      for (const archive of await download(release, packages)) {
        await runCommand("dpkg", ["--extract", archive, directory]);
      }
    });
  });
}

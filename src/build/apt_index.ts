/** A Debian release's package index, kept apart from this machine's own; nothing is installed. */
import { cacheHome } from "./cached_directory.ts";
import { command } from "./command.ts";
import {
  debianMirrors,
  type Mirrors,
  parseRepositories,
  repositoriesArguments,
  sourcesList,
} from "./debian_sources.ts";

/** The Debian releases whose packages are used. */
export type Release = "bookworm" | "trixie";

/** Where an index is, and what it is of. */
export interface AptIndex {
  release: Release;
  /** As Debian names it: "amd64", "arm64". */
  architecture: string;
  /** Its own, below the cache. */
  directory: string;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Says on the terminal what is under way. */
export async function sayProgress(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
}

/** The architecture of this machine's own packages. */
export async function machineArchitecture(): Promise<string> {
  return decode(await command("dpkg", ["--print-architecture"])).trim();
}

/** The Debian mirrors that this machine is set up to use; throws where there is none. */
export async function machineMirrors(): Promise<Mirrors> {
  const mirrors = debianMirrors(
    parseRepositories(decode(await command("apt-get", repositoriesArguments))),
  );
  if (mirrors.main.length > 0) return mirrors;
  throw new Error("Cannot find a Debian mirror: apt's sources on this machine name none");
}

/** The index of a release for an architecture, as it was last brought; it may be empty. */
export async function aptIndex(release: Release, architecture: string): Promise<AptIndex> {
  const own = architecture === await machineArchitecture();
  const directory = `${cacheHome()}/apt/${own ? release : `${release}-${architecture}`}`;
  await Deno.mkdir(`${directory}/lists/partial`, { recursive: true });
  await Deno.mkdir(`${directory}/archives/partial`, { recursive: true });
  await Deno.writeTextFile(`${directory}/status`, ""); // nothing counts as installed
  return { release, architecture, directory };
}

/** Options that keep a run of apt to its own directory, with the machine's proxies and none of its sources. */
function isolated({ directory, architecture }: AptIndex): string[] {
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
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
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

/** Runs a program of apt on an index and gives what it printed. */
export async function apt(
  index: AptIndex,
  program: "apt-get" | "apt-cache",
  args: readonly string[],
): Promise<string> {
  return decode(await command(program, [...isolated(index), ...args]));
}

/** Brings an index anew, trying each mirror of this machine with and without its security archive. */
export async function updateIndex(index: AptIndex, keyring: string): Promise<void> {
  const { release, architecture, directory } = index;
  const mirrors = await machineMirrors();
  const faults: string[] = [];
  for (const main of mirrors.main) {
    for (const security of [...mirrors.security, undefined]) {
      const at = { main, keyring, architecture, ...(security && { security }) };
      await Deno.writeTextFile(`${directory}/sources.list`, sourcesList(release, at));
      await sayProgress(`Debian ${release}: reading the package index for ${architecture}`);
      try {
        await apt(index, "apt-get", ["update"]);
        return;
      } catch (cause) {
        faults.push(`${main}${security ? ` with ${security}` : ""}: ${cause}`);
      }
    }
  }
  throw new Error(`Cannot read the package index of Debian ${release}:\n${faults.join("\n")}`);
}

/** Whether an index was ever brought. */
export async function isKnown({ directory }: AptIndex): Promise<boolean> {
  for await (const { name } of Deno.readDir(`${directory}/lists`)) {
    if (name.endsWith("_InRelease")) return true;
  }
  return false;
}

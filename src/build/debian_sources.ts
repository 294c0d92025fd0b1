/** Which Debian mirrors this machine is set up to use. */

/** One repository that apt's configuration names. */
export interface Repository {
  uri: string;
  /** A release's code name or alias, with its suffix: "bookworm", "trixie-security", "stable-updates". */
  release: string;
  component: string;
}

/** The mirrors of the two archives, in the order in which apt's configuration names them. */
export interface Mirrors {
  main: string[];
  security: string[];
}

const debian = /^(bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)(-[a-z-]+)?$/;

/** Picks Debian's own archives out of all repositories; those of others are left out by name of release or component. */
export function debianMirrors(repositories: readonly Repository[]): Mirrors {
  const mirrors: Mirrors = { main: [], security: [] };
  for (const { uri, release, component } of repositories) {
    const suffix = debian.exec(release);
    if (suffix === null || component !== "main") continue;
    const list = suffix[2] === "-security" ? mirrors.security : mirrors.main;
    if (!list.includes(uri)) list.push(uri);
  }
  return mirrors;
}

/** Reads apt's answer to `indextargets` with the format that `repositoriesArguments` ask for. */
export function parseRepositories(output: string): Repository[] {
  return output.split("\n").filter((line) => line !== "").map((line) => {
    const [uri = "", release = "", component = ""] = line.split("|");
    return { uri, release, component };
  });
}

/** The arguments of `apt-get` whose output `parseRepositories` reads; needs no index, so no earlier `update`. */
export const repositoriesArguments: readonly string[] = [
  "indextargets",
  "--no-release-info", // else only what an update has brought before is listed
  "--format",
  "$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
  "Created-By: Packages",
];

/** The lines of a `sources.list` for one release: the main archive and, where there is a mirror of it, security. */
export function sourcesList(
  release: string,
  at: { main: string; security?: string; keyring: string; architecture: string },
): string {
  const options = `[arch=${at.architecture} signed-by=${at.keyring}]`;
  const lines = [`deb ${options} ${at.main} ${release} main\n`];
  if (at.security !== undefined) {
    lines.push(`deb ${options} ${at.security} ${release}-security main\n`);
  }
  return lines.join("");
}

/** The programs of a control plane, and which of those that are there go together. */

/** The programs that a cluster is made of and used with. */
export const programNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
] as const;

/** One of the programs. */
export type ProgramName = typeof programNames[number];

/** The programs of one release of Kubernetes: they have to be of one minor version. */
export const releasePrograms = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const satisfies readonly ProgramName[];

/** A version, as programs name it. */
export interface Version {
  major: number;
  minor: number;
  patch: number;
}

/** A program that was found. */
export interface FoundProgram {
  name: ProgramName;
  path: string;
  version: Version;
  /** Where it was found, for a person: "PATH". */
  from: string;
}

/** One path for each program. */
export interface Programs {
  paths: Record<ProgramName, string>;
  /** Of Kubernetes: "1.36.2". */
  version: string;
  /** Where each came from, for a person. */
  origin: string;
}

/** What can be made of the programs that were found. */
export interface Choice {
  programs?: Programs;
  /** The programs that are still missing, given those that would be taken. */
  missing: ProgramName[];
  /** Why programs that were found first are not taken, each a line. */
  passedOver: string[];
}

const oldestRelease: Version = { major: 1, minor: 32, patch: 0 };
const oldestEtcd: Version = { major: 3, minor: 5, patch: 0 };

/** A version as text: "1.36.2". */
export const versionText = ({ major, minor, patch }: Version): string =>
  `${major}.${minor}.${patch}`;

/** The first version in what a program says of itself: "Kubernetes v1.36.2", "etcd Version: 3.6.8". */
export function parseVersion(text: string): Version | undefined {
  const match = /\bv?(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  return { major, minor, patch };
}

const isOlder = (a: Version, b: Version): boolean =>
  a.major !== b.major ? a.major < b.major : a.minor < b.minor;

const series = ({ major, minor }: Version): string => `${major}.${minor}`;

const isRelease = (name: ProgramName): boolean =>
  (releasePrograms as readonly ProgramName[]).includes(name);

function tooOld({ name, version }: FoundProgram): string | undefined {
  const oldest = isRelease(name) ? oldestRelease : name === "etcd" ? oldestEtcd : undefined;
  if (oldest === undefined || !isOlder(version, oldest)) return undefined;
  return `it is older than ${series(oldest)}`;
}

const called = ({ name, version, from }: FoundProgram): string =>
  `${name} ${versionText(version)} of ${from}`;

/** The minor version whose programs stand first in the list, of those that there are all programs of. */
function commonSeries(found: readonly FoundProgram[]): string | undefined {
  const released = found.filter(({ name }) => isRelease(name));
  return released.map(({ version }) => series(version)).find((one) =>
    releasePrograms.every((name) =>
      released.some((other) => other.name === name && series(other.version) === one)
    )
  );
}

/** Picks from programs in order of preference; says what is missing, and what was passed over and why. */
export function choosePrograms(found: readonly FoundProgram[]): Choice {
  const passedOver: string[] = [];
  const usable = found.filter((program) => {
    const fault = tooOld(program);
    if (fault !== undefined) passedOver.push(`${called(program)} is not used: ${fault}`);
    return fault === undefined;
  });
  const common = commonSeries(usable);
  const chosen = new Map<ProgramName, FoundProgram>();
  for (const program of usable) {
    if (chosen.has(program.name)) continue;
    if (isRelease(program.name) && series(program.version) !== common) {
      const lacking = releasePrograms.filter((name) =>
        !usable.some((one) => one.name === name && series(one.version) === series(program.version))
      );
      const why = lacking.length > 0
        ? `there is no ${lacking.join(" and no ")} of ${series(program.version)}`
        : `${common} is preferred, to have all of one minor version`;
      passedOver.push(`${called(program)} is not used: ${why}`);
    } else chosen.set(program.name, program);
  }
  const missing = programNames.filter((name) => !chosen.has(name));
  if (missing.length > 0) return { missing, passedOver };
  return { programs: chosenPrograms([...chosen.values()]), missing, passedOver };
}

function chosenPrograms(chosen: readonly FoundProgram[]): Programs {
  const paths = Object.fromEntries(chosen.map(({ name, path }) => [name, path]));
  const apiServer = chosen.find(({ name }) => name === "kube-apiserver");
  const origins = [...new Set(chosen.map(({ from }) => from))].map((origin) => {
    const names = chosen.filter(({ from }) => from === origin).map(({ name }) => name);
    return names.length === chosen.length ? origin : `${names.join(", ")}: ${origin}`;
  });
  return {
    paths: paths as Record<ProgramName, string>,
    version: apiServer === undefined ? "" : versionText(apiServer.version),
    origin: origins.join("; "),
  };
}

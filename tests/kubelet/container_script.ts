/** A container as a shell script that makes it: a root directory of its own, of which the script becomes the program. */

/** A directory or file of the machine in a container. */
export interface Mount {
  source: string;
  /** In the container. */
  path: string;
  readOnly: boolean;
  /** The source is a file; a directory where absent. */
  file?: boolean;
}

/** A container to be. */
export interface ContainerPlan {
  /** An empty directory on the machine, on which the container's root is built; nobody outside sees what is there. */
  root: string;
  hostname: string;
  mounts: readonly Mount[];
  /** Symlinks of the root directory, by name. */
  links: Readonly<Record<string, string>>;
  readOnlyRoot: boolean;
  /** The path of setpriv in the container. */
  setpriv: string;
  /** Its arguments. */
  privileges: readonly string[];
  workingDirectory: string;
  environment: Readonly<Record<string, string>>;
  /** Paths in the container. */
  command: readonly string[];
}

/** Begins the line that the script prints when the program is about to run: then the process id on the machine. */
export const startedMark = "test-kubelet-container-started";

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const list = (words: readonly string[]): string => words.map(quoted).join(" ");

const octal = (character: string): string =>
  `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
const field = (path: string): string => path.replace(/[\s\\#]/g, octal);

const isBelow = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);

/** In the order in which they are to be mounted: what is below another one comes after it. */
export function mountOrder(mounts: readonly Mount[]): Mount[] {
  return [...mounts].sort((a, b) => a.path.split("/").length - b.path.split("/").length);
}

/** The mount that a path of the container is in; undefined where that is the root itself. */
export function mountAbove(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mountOrder(mounts).findLast((mount) => isBelow(path, mount.path));
}

function table({ root, mounts }: ContainerPlan): string {
  const line = ({ source, path, readOnly }: Mount): string =>
    `${field(source)} ${field(root + path)} none bind${readOnly ? ",ro" : ""} 0 0`;
  return mountOrder(mounts).map(line).join("\n");
}

/** The script. Run in new namespaces for mounts, processes and the host's name, and with a /proc of the old ones. */
export function containerScript(plan: ContainerPlan): string {
  const { root, mounts, links } = plan;
  // What is in another mount is there already, or the container can't be.
  const own = mounts.filter(({ path }) => mountAbove(path, mounts) === undefined);
  const directories = [
    ...own.flatMap(({ path, file }) => file ? path.slice(0, path.lastIndexOf("/")) : path),
    ...["/proc", "/run", "/root", "/var/run", "/var/lib"],
  ];
  const variables = Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`);
  const at = (paths: readonly string[]): string => list(paths.map((path) => root + path));
  const from = plan.workingDirectory;
  const command = from === "/"
    ? plan.command
    : ["/bin/sh", "-c", 'cd "$0" && exec "$@"', from, ...plan.command];
  return [
    "set -eu",
    // A built-in command, so that it is this process whose number it reads.
    "read -r pid rest </proc/self/stat",
    `mount -t tmpfs -o mode=0755 container ${quoted(root)}`,
    `mkdir -p ${at(directories)}`,
    `mkdir -p -m 1777 ${at(["/tmp"])}`,
    ...Object.entries(links).map(([name, target]) => `ln -s ${list([target, `${root}/${name}`])}`),
    ...own.filter(({ file }) => file).map(({ path }) => `: >${quoted(root + path)}`),
    `printf %s\\\\n ${quoted(table(plan))} >${at(["/table"])}`,
    `mount --all --fstab ${at(["/table"])}`,
    `rm ${at(["/table"])}`,
    `mount -t proc proc ${at(["/proc"])}`,
    ...plan.readOnlyRoot ? [`mount -o remount,ro ${quoted(root)}`] : [],
    `echo ${quoted(plan.hostname.slice(0, 63))} >/proc/sys/kernel/hostname`,
    `echo "${startedMark} $pid"`,
    "exec 2>&1",
    // The container's variables, PATH among them, are not to decide which programs of the machine are run.
    "chroot=$(command -v chroot)",
    `exec env -i ${list(variables)} "$chroot" ${quoted(root)} ${plan.setpriv} ${
      list(plan.privileges)
    } \\`,
    `  ${list(command)}`,
    "",
  ].join("\n");
}

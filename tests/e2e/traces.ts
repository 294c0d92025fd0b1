/** What programs of a node leave on a machine: looked for before and after. */

const directories = [
  ...["/etc", "/opt", "/run", "/usr/local/bin", "/usr/libexec"],
  ...["/var/cache", "/var/lib", "/var/log", "/var/run", "/var/tmp"],
];

const telling = /containerd|kube|cni|runc|netns|^pods$|^containers$|file-integrity|^aide|^oci-/i;

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) =>
      `${directory}/${name}`
    );
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}

/** Paths, mounts and network interfaces that look like a node's; sorted. */
export async function nodeTraces(): Promise<string[]> {
  const paths = (await Promise.all(directories.map(namesIn))).flat()
    .filter((path) => telling.test(path.slice(path.lastIndexOf("/") + 1)));
  const mounts = (await Deno.readTextFile("/proc/self/mountinfo")).trimEnd().split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => telling.test(path)).map((path) => `mount of ${path}`);
  const interfaces = (await namesIn("/sys/class/net")).map((path) => `interface ${path.slice(15)}`);
  const values = [
    "vm/overcommit_memory",
    "kernel/panic",
    "kernel/panic_on_oops",
    "net/ipv4/ip_forward",
  ];
  const sysctls = await Promise.all(
    values.map(async (name) =>
      `${name} is ${(await Deno.readTextFile(`/proc/sys/${name}`)).trim()}`
    ),
  );
  return [...paths, ...mounts, ...interfaces, ...sysctls].sort();
}

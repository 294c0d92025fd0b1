/** What this machine must permit, tried out: each fault names what is missing and what helps. */
import { hierarchies, isUnified } from "./cgroups.ts";
import { places } from "./e2e_place.ts";
import { foreignPaths } from "./owned_paths.ts";

/** A line for a person. */
export type Fault = string;

async function run(args: readonly string[]): Promise<string | undefined> {
  const [program = "", ...rest] = args;
  try {
    const { code, stderr } = await new Deno.Command(program, {
      args: rest,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    return code === 0
      ? undefined
      : new TextDecoder().decode(stderr).trim() || `it ended with ${code}`;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "it is not on PATH";
    throw cause;
  }
}

const programs: readonly [program: string, packageName: string][] = [
  ["unshare", "util-linux"],
  ["mount", "mount"],
  ["ip", "iproute2"],
  ["openssl", "openssl"],
  ["tar", "tar"],
  ["bash", "bash"],
];

async function programFaults(): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const [program, name] of programs) {
    const path = (Deno.env.get("PATH") ?? "").split(":").map((one) => `${one}/${program}`);
    const there = await Promise.all(
      path.map((one) => Deno.stat(one).then(() => true, () => false)),
    );
    if (!there.includes(true)) {
      faults.push(`${program} is not on PATH: install the package ${name}`);
    }
  }
  return faults;
}

// Each in a namespace that ends with it.
const trials: readonly [what: string, script: string][] = [
  ["namespaces of its own (mount, network, PID, UTS, IPC)", "true"],
  ["to mount a tmpfs", "mount -t tmpfs tmpfs /mnt"],
  [
    "to mount an overlay, which containerd's snapshots are",
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/a /mnt/b /mnt/c /mnt/d && " +
    "mount -t overlay overlay -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c /mnt/d",
  ],
  ["to share mounts with pods", "mount --make-rshared /"],
  ["network interfaces for pods (veth)", "ip link add e2e0 type veth peer name e2e1"],
];

const inNamespaces = [
  ...["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--mount-proc"],
  ...["--propagation", "private"],
];

async function cgroupFaults(): Promise<Fault[]> {
  const found = await hierarchies().catch(() => []);
  const needed = await isUnified() ? [] : ["cpu", "cpuset", "memory", "pids", "devices", "freezer"];
  const names = found.map((path) => path.slice(path.lastIndexOf("/") + 1));
  const missing = needed.filter((name) => !names.some((one) => one.split(",").includes(name)));
  if (found.length === 0 || missing.length > 0) {
    const which = missing.length > 0 ? ` for ${missing.join(", ")}` : "";
    return [`There are no cgroups${which} in /sys/fs/cgroup: mount them there`];
  }
  // Another run may try it at the same time.
  const trial = `${found[0]}/file-integrity-operator-e2e-trial-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await Deno.mkdir(trial);
    await Deno.remove(trial);
  } catch (cause) {
    return [`No cgroup can be made in ${found[0]}: ${cause}`];
  }
  return [];
}

/** What this machine lacks, or does not permit. */
export async function machineFaults(): Promise<Fault[]> {
  if (Deno.build.os !== "linux") return [`This is ${Deno.build.os}: a node needs Linux`];
  if (Deno.uid() !== 0) return ["It is not run as root: containers, mounts and cgroups need that"];
  const faults = await programFaults();
  if (faults.length > 0) return faults;
  for (const [what, script] of trials) {
    const fault = await run([...inNamespaces, "sh", "-c", script]);
    if (fault === undefined) continue;
    faults.push(`This machine does not permit ${what}: ${fault}`);
    if (script === "true") break; // there is nothing to try the others in
  }
  faults.push(...await cgroupFaults());
  return faults;
}

/** Everything that keeps the test from running on this machine; nothing where it can. */
export async function preconditionFaults(): Promise<Fault[]> {
  const foreign = await foreignPaths(places);
  return [
    ...await machineFaults(),
    ...foreign.map((path) =>
      `${path} is there and is not this test's: move it away, or test on another machine`
    ),
  ];
}

/** The programs of a node: containerd, runc, CNI plugins and a kubelet. */
import { goBuild } from "../cluster/go_build.ts";
import type { ProgressLine } from "../cluster/progress_line.ts";
import { debianPackages } from "../../src/build/debian_packages.ts";
import { runCommand } from "../setup/run_command.ts";

/** Paths of the programs of a node. */
export interface NodePrograms {
  containerd: string;
  /** Directory of containerd's shim, for `PATH`. */
  shims: string;
  ctr: string;
  runc: string;
  /** Directory of the CNI plugins. */
  cni: string;
  /** Program and first arguments. */
  kubelet: string[];
  /** What there is, for a person. */
  versions: string;
}

/** That a node's programs can't be had; the message says which, what was tried and what helps. */
export class NoNodePrograms extends Error {
  override name = "NoNodePrograms";
}

const plugins = ["ptp", "host-local", "loopback"];

interface Runtime extends Omit<NodePrograms, "kubelet" | "versions"> {
  version: string;
}

async function checked(runtime: Omit<Runtime, "version">): Promise<Runtime> {
  const first = (text: string): string => text.trim().split("\n")[0] ?? "";
  const version = [
    first(await runCommand(runtime.containerd, ["--version"])),
    first(await runCommand(runtime.runc, ["--version"])),
  ].join(", ");
  await Deno.stat(`${runtime.shims}/containerd-shim-runc-v2`);
  await runCommand(runtime.ctr, ["--version"]);
  for (const plugin of plugins) await Deno.stat(`${runtime.cni}/${plugin}`);
  return { ...runtime, version };
}

/** Debian bookworm's: they run on its libc and on every later one. */
async function unpacked(): Promise<Runtime> {
  const packages = ["containerd", "runc", "containernetworking-plugins"];
  const root = await debianPackages("bookworm", packages, "node/bookworm");
  return await checked({
    containerd: `${root}/usr/bin/containerd`,
    shims: `${root}/usr/bin`,
    ctr: `${root}/usr/bin/ctr`,
    runc: `${root}/usr/sbin/runc`,
    cni: `${root}/usr/lib/cni`,
  });
}

async function onPath(name: string): Promise<string> {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${directory}/${name}`;
    const at = await Deno.stat(path).catch(() => undefined);
    if (directory.startsWith("/") && at?.isFile) return path;
  }
  throw new Error(`There is no ${name} on PATH`);
}

async function cniDirectory(): Promise<string> {
  for (const directory of ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"]) {
    if (await Deno.stat(`${directory}/ptp`).then(() => true, () => false)) return directory;
  }
  throw new Error("There are no CNI plugins in /opt/cni/bin, /usr/lib/cni or /usr/libexec/cni");
}

async function installed(): Promise<Runtime> {
  const shim = await onPath("containerd-shim-runc-v2");
  return await checked({
    containerd: await onPath("containerd"),
    shims: shim.slice(0, shim.lastIndexOf("/")),
    ctr: await onPath("ctr"),
    runc: await onPath("runc"),
    cni: await cniDirectory(),
  });
}

const reason = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
};

async function runtime(): Promise<Runtime> {
  const faults: string[] = [];
  for (
    const [what, get] of [["Debian bookworm's packages", unpacked], [
      "those that are installed",
      installed,
    ]] as const
  ) {
    try {
      return await get();
    } catch (cause) {
      faults.push(`  ${what}: ${reason(cause)}`);
    }
  }
  throw new NoNodePrograms(
    `There is no containerd with runc and CNI plugins. What was tried:\n${faults.join("\n")}\n` +
      "Either of these helps: access to a Debian mirror (see apt's sources), or containerd 1.6 or newer with its shim and ctr, " +
      "runc, and the CNI plugins ptp, host-local and loopback, installed",
  );
}

async function kubelet(
  version: string,
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<string[]> {
  const faults: string[] = [];
  try {
    return [`${await goBuild({ progress, signal })}/control-plane`, "kubelet"];
  } catch (cause) {
    signal.throwIfAborted();
    faults.push(`  a build by Go: ${reason(cause)}`);
  }
  try {
    const path = await onPath("kubelet");
    const said = (await runCommand(path, ["--version"])).trim();
    const series = version.split(".").slice(0, 2).join(".");
    if (said.startsWith(`Kubernetes v${series}.`)) return [path];
    faults.push(`  ${path}: it says "${said}", and the control plane is ${version}`);
  } catch (cause) {
    faults.push(`  one that is installed: ${reason(cause)}`);
  }
  throw new NoNodePrograms(
    `There is no kubelet. What was tried:\n${faults.join("\n")}\n` +
      `Either of these helps: Go with access to a module proxy, or a kubelet of ${version} on PATH`,
  );
}

/** Gives the programs for a node of a cluster of this version of Kubernetes; throws `NoNodePrograms`. */
export async function nodePrograms(
  { version, progress, signal }: { version: string; progress: ProgressLine; signal: AbortSignal },
): Promise<NodePrograms> {
  const { version: versions, ...paths } = await runtime();
  return { ...paths, versions, kubelet: await kubelet(version, progress, signal) };
}

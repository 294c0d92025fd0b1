/** What the pods may do on the machine, as its kernel has it. */
import { assert, assertEquals } from "@std/assert";
import { documentedName, productState } from "../e2e_place.ts";
import type { KubeObject } from "./admin.ts";
import { containerID, processesOf } from "./processes.ts";
import type { Walk } from "./walk.ts";

// From linux/capability.h, as a bit of the masks in /proc.
const readEverything = 1n << 2n; // CAP_DAC_READ_SEARCH

interface Mount {
  path: string;
  writable: boolean;
}

function mountsOf(mountinfo: string): Mount[] {
  return mountinfo.trimEnd().split("\n").map((line) => {
    const [, , , , path = "", options = ""] = line.split(" ");
    return { path, writable: options.split(",").includes("rw") };
  });
}

interface Confinement {
  user: number;
  capabilities: bigint;
  mounts: Mount[];
}

async function confinementOf(pod: KubeObject): Promise<Confinement> {
  const pids = await processesOf(containerID(pod));
  assert(pids.length > 0, `${pod.metadata.name} has no process`);
  const seen = await Promise.all(pids.map(async (pid) => {
    const read = (name: string): Promise<string | undefined> =>
      Deno.readTextFile(`/proc/${pid}/${name}`).catch(() => undefined);
    const [status, mountinfo] = [await read("status"), await read("mountinfo")];
    if (status === undefined || mountinfo === undefined) return undefined; // ended just now
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";
    assertEquals(field("NoNewPrivs"), "1");
    assertEquals(field("Seccomp"), "2"); // a filter
    return {
      user: Number(field("Uid")),
      capabilities: BigInt(`0x${field("CapEff")}`) | BigInt(`0x${field("CapBnd")}`),
      mounts: mountsOf(mountinfo),
    };
  }));
  const [first] = seen.filter((one) => one !== undefined);
  assert(first !== undefined, `${pod.metadata.name} has no process any more`);
  return first;
}

const writable = (mounts: readonly Mount[], path: string): boolean | undefined =>
  mounts.findLast((mount) => mount.path === path)?.writable;

/** The daemon reads the host and writes its own directory; the operator has nothing of the host. */
export async function confinement({ admin, say }: Walk): Promise<void> {
  const [daemon] = await admin.list("pods", "-l", `app=aide-${documentedName}`);
  const [operator] = await admin.list("pods", "-l", "name=file-integrity-operator");
  assert(daemon !== undefined && operator !== undefined);

  const ofDaemon = await confinementOf(daemon);
  assertEquals(ofDaemon.user, 0);
  assertEquals(ofDaemon.capabilities, readEverything);
  assertEquals(writable(ofDaemon.mounts, "/"), false);
  assertEquals(writable(ofDaemon.mounts, "/hostroot"), false);
  assertEquals(writable(ofDaemon.mounts, `/hostroot${productState}/${documentedName}`), true);

  const ofOperator = await confinementOf(operator);
  assert(ofOperator.user !== 0);
  assertEquals(ofOperator.capabilities, 0n);
  assertEquals(writable(ofOperator.mounts, "/"), false);
  assertEquals(writable(ofOperator.mounts, "/hostroot"), undefined);
  say("The daemon can read the host and write its own directory, and the operator neither");
}

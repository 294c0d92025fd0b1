/** The processes of a container, as the node's own machine sees them. */
import type { KubeObject } from "./admin.ts";

/** The id of a pod's first container that runs; throws where none does. */
export function containerID(pod: KubeObject): string {
  const id = pod.status?.containerStatuses?.[0]?.containerID?.replace(/^containerd:\/\//, "");
  if (!/^[0-9a-f]{64}$/.test(id ?? "")) {
    throw new Error(`The pod ${pod.metadata.name} has no container that containerd knows`);
  }
  return id;
}

/** Numbers, here, of all processes of a container. */
export async function processesOf(container: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const groups = await Deno.readTextFile(`/proc/${name}/cgroup`).catch(() => "");
    if (groups.includes(`/${container}`)) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}

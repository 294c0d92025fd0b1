/** Our API on a cluster: the CRDs, and what the manifests say. */
import { readManifests } from "./manifests.ts";
import { type KubectlOutput, runKubectl } from "./kubectl.ts";
import { untilServed } from "./served_definitions.ts";

const root = new URL("../..", import.meta.url).pathname;

/** The cluster to install on. */
export interface InstallTarget {
  home: string;
  /** Path of kubectl. */
  program: string;
  signal: AbortSignal;
}

async function kubectl(
  target: InstallTarget,
  args: string[],
  stdin?: string,
): Promise<KubectlOutput> {
  target.signal.throwIfAborted();
  const all = ["--kubeconfig", `${target.home}/admin.kubeconfig`, ...args];
  return await runKubectl({ ...target, args: all, stdin });
}

async function demand(target: InstallTarget, args: string[], stdin?: string): Promise<void> {
  const { code, stderr } = await kubectl(target, args, stdin);
  if (code !== 0) throw new Error(`"kubectl ${args.join(" ")}" ended with ${code}: ${stderr}`);
}

/** Applies `crds/` and `manifests/`, without the operator itself, and waits until our API is served. */
export async function installApi(target: InstallTarget): Promise<void> {
  await demand(target, ["apply", "--server-side", "--filename", `${root}crds`]);
  await untilServed((args) => kubectl(target, args));
  // No operator: its image is not there, and tests start their own.
  const items = (await readManifests()).filter(({ kind }) => kind !== "Deployment");
  items.sort((a, b) => Number(b.kind === "Namespace") - Number(a.kind === "Namespace"));
  if (items.length > 0) {
    const all = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await demand(target, ["apply", "--server-side", "--filename", "-"], all);
  }
}

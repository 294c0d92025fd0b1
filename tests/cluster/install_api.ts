/** Our API on a cluster: the CRDs, and what the manifests say. */
import { readManifests } from "./manifests.ts";
import { runKubectl } from "./kubectl.ts";

const root = new URL("../..", import.meta.url).pathname;

interface Crd {
  spec: { group: string; names: { plural: string } };
}

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
): Promise<{ code: number; stdout: string; stderr: string }> {
  target.signal.throwIfAborted();
  const all = ["--kubeconfig", `${target.home}/admin.kubeconfig`, ...args];
  return await runKubectl({ ...target, args: all, stdin });
}

async function demand(target: InstallTarget, args: string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(target, args, stdin);
  if (code !== 0) throw new Error(`"kubectl ${args.join(" ")}" ended with ${code}: ${stderr}`);
  return stdout;
}

/** A CRD that is Established still answers 429 for a moment: it serves when a list is answered. */
async function serves(target: InstallTarget, resource: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (true) {
    const { code, stderr } = await kubectl(target, ["get", resource, "--all-namespaces"]);
    if (code === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`${resource} is not served a minute after its CRD was applied: ${stderr}`);
    }
  }
}

/** Applies `crds/` and `manifests/`, without the operator itself, and waits until our API is served. */
export async function installApi(target: InstallTarget): Promise<void> {
  await demand(target, ["apply", "--server-side", "--filename", `${root}crds`]);
  await demand(target, ["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  const list = await demand(target, ["get", "crd", "--output", "json"]);
  for (const { spec } of (JSON.parse(list) as { items: Crd[] }).items) {
    await serves(target, `${spec.names.plural}.${spec.group}`);
  }
  // No operator: its image is not there, and tests start their own.
  const items = (await readManifests()).filter(({ kind }) => kind !== "Deployment");
  items.sort((a, b) => Number(b.kind === "Namespace") - Number(a.kind === "Namespace"));
  if (items.length > 0) {
    const all = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await demand(target, ["apply", "--server-side", "--filename", "-"], all);
  }
}

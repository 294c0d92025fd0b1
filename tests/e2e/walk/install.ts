/** Installs the product as its documentation says. */
import { nodeName } from "../e2e_place.ts";
import type { RealNode } from "../real_node.ts";
import type { Admin } from "./admin.ts";

/** The directory of a kustomization of this test. */
export const kustomization = (name: "installation" | "upgrade"): string =>
  new URL(`../${name}`, import.meta.url).pathname;

/** Loads an archive's image, which a user pushes to a registry, under the name that the kustomization has. */
export async function loadImage(node: RealNode, archive: string, name: string): Promise<void> {
  const [loaded = ""] = await node.load(archive);
  if (loaded !== name) await node.ctr("images", "tag", "--force", loaded, name);
}

/** Installs, and waits until the operator's pod is ready. */
export async function install(admin: Admin, say: (text: string) => void): Promise<void> {
  await admin.run("label", "node", nodeName, "node-role.kubernetes.io/worker=");
  await admin.run("apply", "-k", kustomization("installation"));
  say("kubectl apply -k is through");
  await admin.run("rollout", "status", "deployment/file-integrity-operator", "--timeout=120s");
  say("The operator's pod is ready");
}

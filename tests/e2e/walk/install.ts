/** Installs the product as its documentation says. */
import { imageNames, nodeName } from "../e2e_place.ts";
import type { RealNode } from "../real_node.ts";
import type { Walk } from "./walk.ts";

/** The directory of a kustomization of this test. */
export const kustomization = (name: "installation" | "upgrade"): string =>
  new URL(`../${name}`, import.meta.url).pathname;

/** Loads an archive's image, which a user pushes to a registry, under the name that a kustomization has. */
async function load(node: RealNode, archive: string, name: string): Promise<void> {
  const [loaded = ""] = await node.load(archive);
  if (loaded !== name) await node.ctr("images", "tag", "--force", loaded, name);
}

/** Loads the images, installs, and waits until the operator's pod is ready. */
export async function install({ admin, node, plan, say }: Walk): Promise<void> {
  await load(node, plan.archives.pause, imageNames.pause);
  await load(node, plan.archives.product, imageNames.installed);
  await load(node, plan.archives.upgraded, imageNames.upgraded);
  say("The images are loaded");
  await admin.run("label", "node", nodeName, "node-role.kubernetes.io/worker=");
  await admin.run("apply", "-k", kustomization("installation"));
  say("kubectl apply -k is through");
  await admin.run("rollout", "status", "deployment/file-integrity-operator", "--timeout=120s");
  say("The operator's pod is ready");
}

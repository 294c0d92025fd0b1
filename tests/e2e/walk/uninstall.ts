/** Everything is deleted, and nothing of it is left in the cluster or on the node. */
import { assertEquals } from "@std/assert";
import { manifestNamespace } from "../../cluster/manifests.ts";
import { documentedName, everythingName, productState } from "../e2e_place.ts";
import { kustomization } from "./install.ts";
import { UserShell } from "./user_shell.ts";
import type { Walk } from "./walk.ts";

const kinds = "daemonsets,fileintegritynodestatuses,pods,configmaps";
const ofOurs = "file-integrity.openshift.io/owner";

const ofCluster = [
  ...["namespaces", "customresourcedefinitions", "clusterroles", "clusterrolebindings"],
  ...["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
];

/** Deletes the FileIntegrities, then the installation. */
export async function uninstall(walk: Walk): Promise<void> {
  const { admin, node, say } = walk;
  const editor = await UserShell.open(walk, "editor");
  await editor.run("oc delete fileintegrities --all");
  await admin.run("wait", "--for=delete", kinds, "-l", ofOurs, "--timeout=90s");
  say("The FileIntegrities are deleted, and what was made for them");
  // The token of an account goes with the account, before kubectl comes to it.
  const args = ["delete", "-k", kustomization("installation"), "--ignore-not-found"];
  await admin.run(...args, "--timeout=90s");
  const left = (await admin.run("get", ofCluster.join(","), "-o", "name")).trim().split("\n")
    .filter((name) => /file-?integrit/.test(name));
  assertEquals(left, []);
  assertEquals((await admin.try("get", "namespace", manifestNamespace)).code, 1);
  assertEquals((await node.ctr("tasks", "ls", "-q")).trim(), "");
  // What the documentation says stays: a later installation goes on with it, or a person removes it.
  const state = await Array.fromAsync(Deno.readDir(productState));
  assertEquals(
    state.map(({ name }) => name).filter((name) => [documentedName, everythingName].includes(name))
      .sort(),
    [everythingName, documentedName].sort(),
  );
  say(`The installation is deleted: ${productState} is all that is left of it on the node`);
}

/** The way through the documentation, from an empty cluster to an empty cluster. */
import { imageNames } from "../e2e_place.ts";
import type { Plan } from "../plan.ts";
import type { RealNode } from "../real_node.ts";
import type { Admin } from "./admin.ts";
import { bootNode } from "./boot_node.ts";
import { confinement } from "./confinement.ts";
import { failure, firstResult, largeLog } from "./documentation.ts";
import { everythingFileIntegrity, workerFileIntegrity } from "./documented_files.ts";
import { beginEverything, wholeScan } from "./everything.ts";
import { install, loadImage } from "./install.ts";
import { operatorKilled } from "./operator_killed.ts";
import { restartNode } from "./restart_node.ts";
import { uninstall } from "./uninstall.ts";
import { upgrade } from "./upgrade.ts";
import { UserShell } from "./user_shell.ts";
import type { Walk } from "./walk.ts";

/** What the way begins with. */
export interface Start {
  admin: Admin;
  node: RealNode;
  plan: Plan;
  say: (text: string) => void;
  server: string;
  authority: string;
}

/** Goes the whole way; throws at the first thing that is not as it should be. */
export async function walk({ admin, node, plan, say, server, authority }: Start): Promise<void> {
  const { status } = await bootNode(node, admin);
  const { kubeletVersion, containerRuntimeVersion, osImage } = status.nodeInfo;
  say(`The node is ready: kubelet ${kubeletVersion}, ${containerRuntimeVersion}, ${osImage}`);
  await node.load(plan.archives.pause);
  await loadImage(node, plan.archives.product, imageNames.installed);
  await loadImage(node, plan.archives.upgraded, imageNames.upgraded);
  say("The images are loaded");
  await install(admin, say);

  const shell = { admin, server, authority, kubectl: plan.programs.paths.kubectl, path: plan.path };
  const files = {
    "worker-fileintegrity.yaml": await workerFileIntegrity(),
    "everything.yaml": everythingFileIntegrity,
  };
  const all: Walk = {
    ...{ admin, node, plan, say },
    editor: await UserShell.open({ ...shell, account: "editor", files }),
    viewer: await UserShell.open({ ...shell, account: "viewer" }),
  };
  await beginEverything(all);
  await firstResult(all);
  await confinement(all);
  await failure(all);
  await largeLog(all);
  await operatorKilled(all);
  await wholeScan(all);
  await restartNode(all);
  await upgrade(all);
  await uninstall(all);
}

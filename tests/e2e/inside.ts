// deno-lint-ignore-file no-console -- a command line tool
/**
 * The test itself, inside the enclosure: the cluster, the node, and the way through the documentation. Its argument
 * is the path of the plan. It needs no end but its own: whatever it started goes with it.
 */
import { serverUrl } from "../cluster/components.ts";
import { manifestNamespace } from "../cluster/manifests.ts";
import { startCluster } from "../cluster/start_cluster.ts";
import { place } from "./e2e_place.ts";
import { explain } from "./explain.ts";
import { writeNodeFiles } from "./node_files.ts";
import { forwardService, network, setUpNetwork } from "./node_network.ts";
import { writeOutcome } from "./outcome.ts";
import type { Plan } from "./plan.ts";
import { RealNode } from "./real_node.ts";
import { Admin } from "./walk/admin.ts";
import { steps } from "./walk/all_steps.ts";
import { bootNode } from "./walk/boot_node.ts";
import type { Walk } from "./walk/walk.ts";

const began = performance.now();

const say = (text: string): void =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

/** Fires when whoever runs this is gone or has had enough, and when the time is over. */
function untilOver(deadline: number): AbortSignal {
  const controller = new AbortController();
  const read = async (): Promise<void> => {
    for await (const _ of Deno.stdin.readable); // nothing comes
    console.error("The test was ended from outside");
    Deno.exit(1);
  };
  void read();
  const left = Math.max(0, deadline - Date.now());
  setTimeout(() => controller.abort(new Error("The test's time is over")), left);
  // Whoever waits for a program that hangs does not hear of that.
  setTimeout(() => Deno.exit(1), left + 60_000);
  return controller.signal;
}

async function start(plan: Plan, signal: AbortSignal): Promise<Walk> {
  await setUpNetwork();
  const { ports } = await startCluster({
    ...{ name: "e2e", home: place.cluster, programs: plan.programs, network, signal },
    api: false, // a user applies the manifests
    progress: (text) => say(`cluster: ${text.trim()}`),
  });
  if (ports === undefined) throw new Error("The cluster has no ports");
  forwardService(ports.apiServer);
  const pki = `${place.cluster}/state/pki`;
  const server = serverUrl(ports);
  await writeNodeFiles(plan.node, { pki, server });
  const program = plan.programs.paths.kubectl;
  const admin = new Admin({ home: place.cluster, program, namespace: manifestNamespace, signal });
  const node = new RealNode(plan.node);
  const { status } = await bootNode(node, admin);
  const { kubeletVersion, containerRuntimeVersion, osImage } = status.nodeInfo;
  say(`The node is ready: kubelet ${kubeletVersion}, ${containerRuntimeVersion}, ${osImage}`);
  return { admin, node, plan, server, authority: `${pki}/ca.crt`, say };
}

async function run(plan: Plan): Promise<void> {
  const signal = untilOver(plan.deadline);
  const walk = await start(plan, signal);
  let passed = 0;
  for (const { name, run } of steps) {
    await writeOutcome({ passed, failed: 1 });
    try {
      await Promise.race([walk.node.failed, run(walk)]);
    } catch (error) {
      say(`FAILED: ${name}`);
      await explain(walk.admin);
      throw error;
    }
    say(`passed: ${name}`);
    await writeOutcome({ passed: ++passed, failed: 0 });
  }
}

const [path = place.plan] = Deno.args;
try {
  await run(JSON.parse(await Deno.readTextFile(path)) as Plan);
} catch (error) {
  console.error(error instanceof Error ? error.stack ?? error.message : String(error));
  Deno.exit(1);
}
Deno.exit(0);

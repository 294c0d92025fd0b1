// deno-lint-ignore-file no-console -- a command line tool
/**
 * The test itself, inside the enclosure: the cluster, the node, and the way through the documentation. Its argument
 * is the path of the plan. It needs no end but its own: whatever it started goes with it.
 */
import { serverUrl } from "../cluster/components.ts";
import { manifestNamespace } from "../cluster/manifests.ts";
import { startCluster } from "../cluster/start_cluster.ts";
import { explain } from "./explain.ts";
import { place } from "./e2e_place.ts";
import { writeNodeFiles } from "./node_files.ts";
import { forwardService, network, setUpNetwork } from "./node_network.ts";
import type { Plan } from "./plan.ts";
import { RealNode } from "./real_node.ts";
import { Admin } from "./walk/admin.ts";
import { walk } from "./walk/all_steps.ts";

const began = performance.now();

const say = (text: string): void =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

/** Fires when whoever runs this is gone or has had enough, and when the time is over. */
function untilOver(deadline: number): AbortSignal {
  const controller = new AbortController();
  const read = async (): Promise<void> => {
    for await (const _ of Deno.stdin.readable);
    controller.abort(new Error("The test was ended from outside"));
    // Whoever waits for something that can't be interrupted is not waited for.
    setTimeout(() => Deno.exit(1), 5_000);
  };
  void read();
  setTimeout(
    () => controller.abort(new Error("The test's time is over")),
    Math.max(0, deadline - Date.now()),
  );
  return controller.signal;
}

async function run(plan: Plan): Promise<void> {
  const signal = untilOver(plan.deadline);
  await setUpNetwork();
  const record = await startCluster({
    ...{ name: "e2e", home: place.cluster, programs: plan.programs, network, signal },
    api: false, // a user applies the manifests
    progress: (text) => say(`cluster: ${text}`),
  });
  if (record.ports === undefined) throw new Error("The cluster has no ports");
  forwardService(record.ports.apiServer);
  const server = serverUrl(record.ports);
  const pki = `${place.cluster}/state/pki`;
  await writeNodeFiles(plan.node, { pki, server });
  const node = new RealNode(plan.node);
  const admin = new Admin({
    ...{ home: place.cluster, program: plan.programs.paths.kubectl, signal },
    namespace: manifestNamespace,
  });
  try {
    await Promise.race([
      node.failed,
      walk({ admin, node, plan, say, server, authority: `${pki}/ca.crt` }),
    ]);
  } catch (error) {
    if (!signal.aborted || signal.reason?.message?.includes("time")) await explain(admin);
    throw error;
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

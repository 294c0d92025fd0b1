/** That nothing is left of pods and nodes, however a test ends. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { identify, isRunning, type ProcessIdentity } from "../../cluster/process_identity.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { noPods } from "./no_pods.ts";
import { apply, probedNodes, probeWorkload } from "./probing_pods.ts";

/** Processes of this machine that have something mounted from or below a path. */
async function mountedBy(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const table = await Deno.readTextFile(`/proc/${name}/mountinfo`).catch(() => "");
    if (table.includes(path)) found.push(name);
  }
  return found;
}

const homeOf = (hostRoot: string): string => hostRoot.slice(0, hostRoot.indexOf("/hosts/"));

const there = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

clusterTest("nothing is left of a test that throws", async (cluster) => {
  await using namespace = await cluster.namespace("kubelet");
  const thrown = new Error("The test failed");
  const seen = { pods: [] as string[], home: "", names: [] as string[] };
  const processes: ProcessIdentity[] = [];
  const error = await assertRejects(async () => {
    const probed = await probedNodes(cluster, namespace, 2);
    await using nodes = probed.nodes;
    await apply(cluster, namespace, probeWorkload("DaemonSet", probed));
    await nodes.until("both pods", () => nodes.containers().length === 2 || undefined);
    for (const container of nodes.containers()) {
      seen.pods.push(container.pod);
      for (const pid of await container.pids()) {
        const process = await identify(pid);
        if (process !== undefined) processes.push(process);
      }
    }
    seen.names = probed.names;
    seen.home = homeOf(nodes.hostRoot(probed.names[0] ?? ""));
    assert((await mountedBy(seen.home)).length >= 2, "what runs has mounts");
    assert(!(await mountedBy(seen.home)).includes(String(Deno.pid)), "the test itself has none");
    throw thrown;
  });
  assertEquals(error, thrown);
  assert(processes.length >= 2);
  for (const process of processes) assertEquals(await isRunning(process), false);
  assertEquals(await mountedBy(seen.home), []);
  assertEquals(await there(seen.home), false);
  for (const name of seen.names) {
    const { code, stderr } = await cluster.kubectl(["get", "node", name]);
    assertEquals(code, 1);
    assert(stderr.includes("NotFound"), stderr);
  }
  await noPods(cluster, namespace, seen.pods);
});

// The process is no child of this one, which so can't wait for its end but by looking.
async function untilGone(process: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (await isRunning(process)) {
    assert(performance.now() < deadline, "the pod's program still runs");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  throw new Error(`It ended before it said what it started: ${text}`);
}

clusterTest("no process outlives a test process that is killed", async (cluster) => {
  await using namespace = await cluster.namespace("kubelet");
  const program = new URL("abandoned_program.ts", import.meta.url).pathname;
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--quiet", program, cluster.home, namespace.name],
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const said = JSON.parse(await firstLine(child.stdout));
  const { node, hostRoot, pids } = said as { node: string; hostRoot: string; pids: number[] };
  try {
    const [pid = 0] = pids;
    const process = await identify(pid);
    assert(process !== undefined);
    child.kill("SIGKILL");
    await child.status;
    await untilGone(process);
    assertEquals(await mountedBy(homeOf(hostRoot)), []);
  } finally {
    await Deno.remove(homeOf(hostRoot), { recursive: true });
    await cluster.kubectl(["delete", "node", node]);
    await cluster.kubectl(["delete", "pods", "--all", "--force", "--grace-period=0"], {
      namespace: namespace.name,
    });
  }
});

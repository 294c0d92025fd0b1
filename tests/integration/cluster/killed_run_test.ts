import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { recordedComponents, runDirectory } from "../../cluster/component_process.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import {
  clusterDirectories,
  type ClusterPlace,
  clusterPlace,
  isThere,
  until,
} from "./cluster_command.ts";

const program = new URL("../../cluster/test_run_program.ts", import.meta.url).pathname;

function begin(place: ClusterPlace): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "-A", "--quiet", program, "cluster"],
    env: place.env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function recorded(home: string): Promise<number[]> {
  return (await recordedComponents(runDirectory(home))).map(({ process: { pid } }) => pid);
}

async function end(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
  await child.stdin.close().catch(() => {});
  await child.stdout.cancel().catch(() => {});
}

clusterTest(
  "a test run that is killed while it starts its cluster leaves nothing",
  async (cluster) => {
    await using place = await clusterPlace(cluster);
    const run = begin(place);
    await until("the API server is started", async () => {
      const [home] = await clusterDirectories(place.home);
      return home !== undefined && (await recorded(home).catch(() => [])).length >= 2;
    });
    const [home] = await clusterDirectories(place.home);
    const pids = await recorded(home ?? "");
    for (const pid of pids) assert(await isThere(pid));
    await end(run);
    await until(
      "the cluster's files are gone",
      async () => (await clusterDirectories(place.home)).length === 0,
    );
    for (const pid of pids) assertEquals(await isThere(pid), false);
    await until(
      "its lock is gone too",
      async () => (await Array.fromAsync(Deno.readDir(`${place.home}/clusters`))).length === 0,
    );
  },
);

clusterTest(
  "the cluster of a test run that is killed with its keeper is ended by the next to look",
  async (cluster) => {
    await using place = await clusterPlace(cluster);
    const run = begin(place);
    const reader = run.stdout.getReader();
    const home = JSON.parse(new TextDecoder().decode((await reader.read()).value)) as string;
    reader.releaseLock();
    const pids = await recorded(home);
    assertEquals(pids.length, 4);
    const { stdout: table } = await place.command("status");
    assertStringIncludes(table, " running "); // while its run is there, it is left alone

    const { owners } = JSON.parse(await Deno.readTextFile(`${home}/cluster.json`)) as {
      owners: { pid: number }[];
    };
    const keeper = owners.find(({ pid }) => pid !== run.pid)?.pid ?? 0;
    Deno.kill(keeper, "SIGKILL");
    await end(run);
    await until("the keeper is gone", async () => !await isThere(keeper));
    for (const pid of pids) assert(await isThere(pid));

    const { stdout, stderr } = await place.command("status");
    assertEquals(stdout, "There is no cluster\n");
    assertStringIncludes(stderr, "its test run is gone");
    for (const pid of pids) assertEquals(await isThere(pid), false);
    assertEquals(await Array.fromAsync(Deno.readDir(`${place.home}/clusters`)), []);
  },
);

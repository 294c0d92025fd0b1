import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import {
  clusterPlace,
  type ClusterStatus,
  isOpen,
  isThere,
  listening,
  until,
} from "./cluster_command.ts";

const loopback = "0100007F";
const pids = ({ processes }: ClusterStatus): number[] => processes.map(({ pid }) => pid);

async function ports(status: ClusterStatus): Promise<number[]> {
  const addresses = (await Promise.all(pids(status).map(listening))).flat();
  return addresses.map((address) => parseInt(address.split(":")[1] ?? "", 16));
}

clusterTest(
  "two clusters side by side: up, broken, down, and cleaned up after",
  async (cluster) => {
    await using place = await clusterPlace(cluster);
    const kubectl = (kubeconfig: string, ...args: string[]): Promise<string> =>
      cluster.kubectl(["--kubeconfig", kubeconfig, ...args]).then(({ stdout, stderr }) =>
        stdout + stderr
      );

    const [one, two] = await Promise.all([
      place.command("up", "one"),
      place.command("up", "two", "--bare"),
    ]);
    assertEquals([one.code, two.code], [0, 0], one.stderr + two.stderr);
    assertEquals(one.stdout, `export KUBECONFIG=${place.home}/clusters/one/admin.kubeconfig\n`);
    assertMatch(one.stderr, /\d+\.\d s {2}kube-apiserver is ready at https:\/\/127\.0\.0\.1:\d+/);
    assertMatch(one.stderr, /\d+\.\d s {2}Controllers work/);

    const [first, second] = [await place.status("one"), await place.status("two")];
    assert(first !== undefined && second !== undefined);
    assertEquals([first.state, second.state], ["running", "running"]);
    assertEquals(first.processes.map(({ name }) => name), [
      "etcd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
    ]);
    const table = await place.command("status");
    assertMatch(table.stdout, /^NAME +STATE +PROCESSES +VERSION +SERVER +SINCE\n/);
    assertMatch(
      table.stdout,
      new RegExp(`\none +running +4/4 +${first.version} +${first.server} `),
    );
    const { stdout: path } = await place.command("kubeconfig", "one");
    assertEquals(path.trim(), first.kubeconfig);
    const { stdout: raw } = await place.command("kubeconfig", "one", "--raw");
    assertEquals(raw.trim(), (await Deno.readTextFile(first.kubeconfig)).trim());

    // Nothing of them can be reached from another machine, and they share nothing.
    for (const pid of [...pids(first), ...pids(second)]) {
      const addresses = await listening(pid);
      assert(addresses.length > 0);
      for (const address of addresses) assertEquals(address.split(":")[0], loopback);
    }
    const [firstPorts, secondPorts] = [await ports(first), await ports(second)];
    assertEquals(firstPorts.filter((port) => secondPorts.includes(port)), []);
    assertStringIncludes(await kubectl(first.kubeconfig, "create", "namespace", "mine"), "created");
    assertStringIncludes(await kubectl(second.kubeconfig, "get", "namespace", "mine"), "NotFound");
    assertStringIncludes(await kubectl(first.kubeconfig, "get", "crd"), "fileintegrities.");
    assertStringIncludes(await kubectl(second.kubeconfig, "get", "crd"), "No resources found");

    const again = await place.command("up", "one");
    assertEquals([again.code, again.stdout], [0, one.stdout]);
    assertStringIncludes(again.stderr, "Cluster one runs already");
    assertEquals(await place.status("one"), first);

    // A part of it ends: it is said, and what is left stays until it is told to end.
    const scheduler = first.processes.find(({ name }) => name === "kube-scheduler")?.pid ?? 0;
    Deno.kill(scheduler, "SIGKILL");
    await until("the scheduler has ended", async () => !await isThere(scheduler));
    const broken = await place.command("status", "one");
    assertEquals(broken.code, 1);
    assertMatch(broken.stdout, /\none +broken +3\/4 /);
    assertStringIncludes(broken.stderr, `kube-scheduler (${scheduler}) has ended`);
    const refused = await place.command("up", "one");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, '"deno task cluster down one" ends what is left');
    assertEquals((await place.command("kubeconfig", "one")).code, 1);

    const down = await place.command("down", "one");
    assertEquals(down.code, 0, down.stderr);
    assertStringIncludes(down.stderr, "Cluster one is down");
    for (const pid of pids(first)) assertEquals(await isThere(pid), false);
    for (const port of firstPorts) assertEquals(await isOpen(port), false);
    assertEquals(await place.status("one"), undefined);
    assertEquals((await place.status("two"))?.state, "running");

    // All of it ends: what is left is files, which the next look removes.
    for (const pid of pids(second)) Deno.kill(pid, "SIGKILL");
    for (const pid of pids(second)) {
      await until(`${pid} has ended`, async () => !await isThere(pid));
    }
    const cleaned = await place.command("status");
    assertEquals(cleaned.stdout, "There is no cluster\n");
    assertStringIncludes(cleaned.stderr, "Removing what is left of cluster two");
    assertEquals(await Array.fromAsync(Deno.readDir(`${place.home}/clusters`)), []);
  },
);

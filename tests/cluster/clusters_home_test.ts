import { assert, assertEquals } from "@std/assert";
import { clusterDirectory, lockCluster, tryLockCluster } from "./clusters_home.ts";
import { ownClusterHome } from "./own_cluster_home.ts";

const neverWaits = (): never => {
  throw new Error("Someone else has the lock");
};

async function names(home: string): Promise<string[]> {
  const all = await Array.fromAsync(Deno.readDir(`${home}/clusters`), ({ name }) => name);
  return all.sort();
}

Deno.test("cluster: the lock of a cluster that there is stays, and goes with the cluster", async () => {
  await using home = await ownClusterHome();
  {
    await using _lock = await lockCluster("one", neverWaits);
    await Deno.mkdir(clusterDirectory("one"));
  }
  assertEquals(await names(home.path), ["one", "one.lock"]);
  {
    await using _lock = await lockCluster("one", neverWaits);
    await Deno.remove(clusterDirectory("one"));
  }
  assertEquals(await names(home.path), []);
});

Deno.test("cluster: a lock that is not got leaves that of its holder", async () => {
  await using home = await ownClusterHome();
  await using _lock = await lockCluster("one", neverWaits);
  assertEquals(await tryLockCluster("one"), undefined);
  assertEquals(await names(home.path), ["one.lock"]);
});

Deno.test("cluster: who waited for a lock that was removed keeps others out as any holder does", async () => {
  await using home = await ownClusterHome();
  const first = await lockCluster("one", neverWaits);
  const waits = Promise.withResolvers<void>();
  const waiting = lockCluster("one", waits.resolve);
  await waits.promise;
  await first[Symbol.asyncDispose](); // and the lock file that the other one waits for is gone
  {
    await using _second = await waiting;
    assertEquals(await names(home.path), ["one.lock"]);
    assertEquals(await tryLockCluster("one"), undefined);
  }
  assertEquals(await names(home.path), []);
  await using third = await tryLockCluster("one");
  assert(third !== undefined);
});

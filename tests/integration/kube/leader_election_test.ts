/** Leader election between processes, on a real API server. */
import { assert, assertEquals } from "@std/assert";
import type { KubeClient } from "../../../src/kube/kube_client.ts";
import { operatorLease } from "../../../src/kube/lease.ts";
import { resources } from "../../../src/kube/resource.ts";
import { auditEnd, auditEntries, type AuditEntry } from "../../cluster/audit_log.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { CandidateProcess } from "./candidate_process.ts";
import { directClient } from "./direct_client.ts";
import { configMap, rejection } from "./proxied_client.ts";

const { configMaps, leases } = resources;

/** Seconds. */
const patience = 180;

/** Who wrote, in the order in which the API server stored it, each name once for each time that it took over. */
class Writers implements AsyncDisposable {
  readonly order: string[] = [];
  readonly #stop = new AbortController();
  readonly #watching: Promise<unknown>;
  #changed = Promise.withResolvers<void>();
  #seen = 0;

  constructor(client: KubeClient, namespace: string, resourceVersion: string) {
    this.#watching = rejection(this.#watch(client, namespace, resourceVersion));
  }

  async #watch(client: KubeClient, namespace: string, resourceVersion: string): Promise<never> {
    const fieldSelector = "metadata.name=written";
    for (let from = resourceVersion;;) {
      const events = client.watch(configMaps, {
        ...{ namespace, fieldSelector, resourceVersion: from, signal: this.#stop.signal },
      });
      for await (const event of events) {
        if (event.type === "BOOKMARK") {
          from = event.resourceVersion;
          continue;
        }
        const { metadata, data } = event.object;
        from = metadata.resourceVersion ?? "";
        const writer = data?.writer ?? "";
        if (this.order.at(-1) !== writer) this.order.push(writer);
        this.#seen++;
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      }
    }
  }

  /** Waits until `count` more writes were seen. */
  async more(count: number): Promise<void> {
    const wanted = this.#seen + count;
    await this.#until(`${count} more writes`, () => this.#seen >= wanted);
  }

  /**
   * Waits until as many as `names` took over, and says whether it was them, in this order: what a program has said that
   * it wrote may still be on its way to here.
   */
  async are(names: readonly string[]): Promise<void> {
    await this.#until(names.join(), () => this.order.length >= names.length);
    assertEquals(this.order, names);
  }

  async #until(what: string, there: () => boolean): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`Waited ${patience} s for ${what}; seen were: ${this.order}`)),
      patience * 1_000,
    );
    const broken = this.#watching.then((error) => {
      throw error;
    });
    try {
      while (!there()) await Promise.race([this.#changed.promise, late.promise, broken]);
    } finally {
      clearTimeout(timer);
      broken.catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }
}

interface Election {
  cluster: TestCluster;
  namespace: TestNamespace;
  client: KubeClient;
  writers: Writers;
  candidate(identity: string, server?: string, ca?: string): Promise<CandidateProcess>;
}

function electionTest(name: string, run: (election: Election) => Promise<void>): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("election");
    using client = await directClient(cluster, namespace);
    const written = await client.create(configMaps, configMap(namespace, "written"));
    const { resourceVersion = "" } = written.metadata;
    await using writers = new Writers(client, namespace.name, resourceVersion);
    await run({
      ...{ cluster, namespace, client, writers },
      candidate: async (identity, server = cluster.server, ca) => {
        const credentials = await namespace.credentials("operator");
        if (ca !== undefined) await Deno.writeTextFile(`${credentials}/ca.crt`, ca);
        return new CandidateProcess(server, credentials, namespace.name, identity);
      },
    });
  });
}

electionTest(
  "a leader that is told to end gives the Lease back, and the other takes it",
  async (election) => {
    const { client, namespace, writers } = election;
    await using first = await election.candidate("first");
    await first.until("writes");
    await using second = await election.candidate("second");
    await second.until("candidate");
    first.kill("SIGTERM");
    await first.end();
    assertEquals(first.said.at(-1), "ended");
    await second.until("writes");
    await writers.are(["first", "second"]);
    const after = await client.get(leases, { namespace: namespace.name, name: operatorLease });
    assertEquals([after.spec?.holderIdentity, after.spec?.leaseTransitions], ["second", 1]);
    const wrong = /^(error |lost$|refused$)/;
    assertEquals([...first.said, ...second.said].filter((line) => wrong.test(line)), []);
  },
);

electionTest("a leader that is killed is followed by the other", async ({ candidate, writers }) => {
  await using first = await candidate("first");
  await first.until("writes");
  await using second = await candidate("second");
  await second.until("candidate");
  first.kill("SIGKILL");
  await second.until("writes");
  await writers.are(["first", "second"]);
});

electionTest("a leader that was frozen writes nothing more when it wakes up", async (election) => {
  const { cluster, writers, namespace } = election;
  const from = await auditEnd(cluster.auditLog);
  await using first = await election.candidate("first");
  await first.until("writes");
  await using second = await election.candidate("second");
  await second.until("candidate");
  first.kill("SIGUSR1"); // after which it freezes by itself
  await second.until("writes");
  await writers.are(["first", "second"]);
  const before = (await callsOf(cluster, namespace, "first", from)).length;
  assert(before > 0);
  first.kill("SIGCONT");
  await first.until("lost");
  assert(first.said.includes("refused"), first.said.join());
  await writers.more(20);
  assertEquals(writers.order, ["first", "second"]);
  assertEquals(second.said.includes("lost"), false);
  // The server was not even asked: nothing of it has come to the server since it woke up.
  assertEquals((await callsOf(cluster, namespace, "first", from)).length, before);
});

/** Writes of a program in a namespace that the API server has seen since `from`, of objects and of the Lease. */
async function callsOf(
  { auditLog }: TestCluster,
  { name }: TestNamespace,
  program: string,
  from: number,
): Promise<AuditEntry[]> {
  const agents = [program, `${program}-election`];
  const { entries } = await auditEntries(auditLog, from);
  return entries.filter(({ userAgent, verb, stage, objectRef }) =>
    agents.includes(userAgent) && objectRef?.namespace === name &&
    verb !== "get" && stage === "ResponseComplete"
  );
}

electionTest(
  "a leader that cannot renew ends its writes before the other begins",
  async (election) => {
    const { cluster, writers } = election;
    await using proxy = await FaultProxy.start(cluster);
    await using first = await election.candidate("first", proxy.server, proxy.authority.ca);
    await first.until("writes");
    await using second = await election.candidate("second");
    await second.until("candidate");
    // The Lease alone is out of reach: nothing but its own clock keeps the leader from writing.
    proxy.inject({ path: /\/leases/ }, { do: "stall" }, { times: Infinity });
    await first.until("lost");
    await second.until("writes");
    await writers.more(20);
    await writers.are(["first", "second"]);
  },
);

electionTest(
  "of many candidates one writes at a time, through one end after the other",
  async (election) => {
    const { writers, candidate } = election;
    const names = ["first", "second", "third"];
    const all = await Promise.all(names.map((name) => candidate(name)));
    await using _all = new AsyncDisposableStack();
    for (const one of all) _all.use(one);
    const left = new Set(all);
    const led: string[] = [];
    const signals: Deno.Signal[] = ["SIGTERM", "SIGKILL", "SIGTERM"];
    for (const signal of signals) {
      const leader = await Promise.any([...left].map(async (one) => {
        await one.until("writes");
        return one;
      }));
      left.delete(leader);
      led.push(leader.identity);
      leader.kill(signal);
      await leader.end();
    }
    assertEquals(led.toSorted(), names.toSorted());
    await writers.are(led);
  },
);

clusterTest("a Lease is what kubectl and other clients know", async (cluster) => {
  await using namespace = await cluster.namespace("election");
  const credentials = await namespace.credentials("operator");
  using client = await directClient(cluster, namespace);
  await client.create(configMaps, configMap(namespace, "written"));
  await using one = new CandidateProcess(cluster.server, credentials, namespace.name, "one");
  await one.until("writes");
  const { stdout } = await cluster.kubectl(["get", "leases"], { namespace: namespace.name });
  assertEquals(stdout.split("\n")[1]?.split(/\s+/).slice(0, 2), [operatorLease, "one"]);
});

import { assert, assertEquals } from "@std/assert";
import { LeaderElection } from "../../../src/kube/leader_election.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { kubeconfigConnection } from "../../../src/kube/kubeconfig.ts";
import { resources } from "../../../src/kube/resource.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { SkippingClock } from "../../daemon/skipping_clock.ts";
import { directClient } from "../kube/direct_client.ts";
import { oldLease } from "./old_objects.ts";

clusterTest(
  "moving over: while the existing operator holds the Lease, ours waits",
  async (cluster) => {
    await using namespace = await cluster.namespace("lease");
    using admin = new KubeClient(await kubeconfigConnection({ path: cluster.adminKubeconfig }));
    using electing = await directClient(cluster, namespace);
    const leaseSeconds = 300;
    const lease = oldLease(namespace.name, leaseSeconds);
    const { name } = lease.metadata;
    const theirs: string = lease.spec.holderIdentity;
    await admin.create(resources.leases, lease);
    const clock = new SkippingClock();
    const holders: string[] = [];
    const election = new LeaderElection({
      ...{ api: electing, namespace: namespace.name, name, identity: "ours" },
      ...{ clock, random: Math.random },
      onHolder: (holder) => holders.push(holder),
    });
    const stop = new AbortController();
    const running = election.run({ signal: stop.signal, onLeading: () => Promise.resolve() });
    /** Waits until ours has seen the Lease as it is now. */
    const looked = async (): Promise<void> => {
      const now = clock.monotonic();
      const end = performance.now() + 60_000;
      for (;;) {
        const { lastAttempt = 0, lastAnswer = 0 } = election;
        assert(!holders.includes("ours"), "ours has taken it");
        if (lastAttempt > now && lastAnswer > lastAttempt) return;
        if (performance.now() > end) throw new Error("Waited 60 s for a look at the Lease");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await looked();
    // It renews in time, and holds it for longer than the Lease lasts by itself.
    for (let time = 0; time < 6; time++) {
      const { spec } = oldLease(namespace.name);
      const address = { namespace: namespace.name, name };
      await admin.mergePatch(resources.leases, address, { spec: { renewTime: spec.renewTime } });
      const seen = looked();
      clock.skip(leaseSeconds * 500);
      await seen;
    }
    assertEquals([election.phase, holders], ["candidate", [theirs]]);
    clock.skip(leaseSeconds * 1_000); // it renews no more
    assertEquals(await running, "ended");
    assertEquals(holders.slice(0, 2), [theirs, "ours"]);
    const { spec } = await electing.get(resources.leases, { namespace: namespace.name, name });
    assertEquals(spec?.leaseTransitions, 4);
    stop.abort();
  },
);

import { assertEquals } from "@std/assert";
import { LeaderElection } from "../../../src/kube/leader_election.ts";
import { resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { directClient } from "../kube/direct_client.ts";
import { oldLease } from "./old_objects.ts";

clusterTest(
  "moving over: while the existing operator holds the Lease, ours waits",
  async (cluster) => {
    await using namespace = await cluster.namespace("lease");
    const admin = async (args: string[], stdin?: string): Promise<void> => {
      const { code, stderr } = await cluster.kubectl(args, {
        namespace: namespace.name,
        ...stdin !== undefined && { stdin },
      });
      assertEquals([code, stderr], [0, ""]);
    };
    const lease = oldLease(namespace.name, 4);
    const theirs: string = lease.spec.holderIdentity;
    await admin(["create", "-f", "-"], JSON.stringify(lease));
    // It renews whenever ours has looked, and so for longer than the Lease lasts by itself.
    let looks = 0;
    let looked = Promise.withResolvers<void>();
    using electing = await directClient(cluster, namespace, {
      report: ({ verb }) => {
        if (verb !== "get") return;
        looks++;
        looked.resolve();
        looked = Promise.withResolvers();
      },
    });
    const holders: string[] = [];
    const { name } = lease.metadata;
    const election = new LeaderElection({
      ...{ api: electing, namespace: namespace.name, name, identity: "ours" },
      ...{ clock: systemClock, random: Math.random },
      onHolder: (holder) => holders.push(holder),
    });
    const leading = Promise.withResolvers<void>();
    const stop = new AbortController();
    const running = election.run({
      signal: stop.signal,
      onLeading: () => Promise.resolve(leading.resolve()),
    });
    while (looks < 6) {
      await looked.promise;
      const { spec } = oldLease(namespace.name, 4);
      const patch = JSON.stringify({ spec: { renewTime: spec.renewTime } });
      await admin([
        "patch",
        "lease",
        name,
        "--type=merge",
        "-p",
        patch,
        "-o",
        "name",
        "--field-manager=old",
      ]);
    }
    assertEquals(holders, [theirs]);
    await leading.promise; // it renews no more
    assertEquals(await running, "ended");
    assertEquals(holders.slice(0, 2), [theirs, "ours"]);
    const { spec } = await electing.get(resources.leases, { namespace: namespace.name, name });
    assertEquals(spec?.leaseTransitions, 4);
    stop.abort();
  },
);

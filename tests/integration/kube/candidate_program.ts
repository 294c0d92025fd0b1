// deno-lint-ignore-file no-console -- tells the test what happens
/**
 * A candidate of an election, in a process of its own: `candidate_program.ts SERVER CREDENTIALS NAMESPACE IDENTITY`. As
 * long as it leads it writes to the ConfigMap "written" without a pause, who it is and how often it has written. Prints
 * a line for everything that happens. Ends on SIGTERM, or when it has lost the Lease.
 */
import { isKubeError } from "../../../src/kube/kube_error.ts";
import { LeaderElection } from "../../../src/kube/leader_election.ts";
import { operatorLease } from "../../../src/kube/lease.ts";
import { resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clientOf } from "./direct_client.ts";

const [server = "", credentials = "", namespace = "", identity = ""] = Deno.args;
const address = { namespace, name: "written" };

const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());

using electing = await clientOf(server, credentials, { userAgent: `${identity}-election` });
const election = new LeaderElection({
  ...{ api: electing, namespace, name: operatorLease, identity },
  ...{ clock: systemClock, random: Math.random },
  ...{ leaseSeconds: 3, renewDeadline: 2_000, retryPeriod: 500 },
  onError: (error) => console.log(`error ${error}`),
});
using writing = await clientOf(server, credentials, {
  guard: () => election.guard(),
  userAgent: identity,
});

async function work(signal: AbortSignal): Promise<void> {
  console.log("leads");
  for (let count = 1; !signal.aborted; count++) {
    const data = { writer: identity, count: `${count}` };
    try {
      await writing.mergePatch(resources.configMaps, address, { data }, { signal });
      if (count === 1) console.log("writes");
    } catch (error) {
      if (signal.aborted) break;
      console.log(isKubeError(error, "not-leader") ? "refused" : `error ${error}`);
      await systemClock.sleep(10, signal);
    }
  }
}

console.log("candidate");
console.log(await election.run({ onLeading: work, signal: stop.signal }));
Deno.exit(0);

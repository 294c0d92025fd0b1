// deno-lint-ignore-file no-console -- tells the test what happens
/**
 * A candidate of an election, in a process of its own: `candidate_program.ts SERVER CREDENTIALS NAMESPACE IDENTITY`. As
 * long as it leads it writes to the ConfigMap "written" without a pause, who it is and how often it has written. Prints
 * a line for everything that happens. Ends on SIGTERM, or when it has lost the Lease. On SIGUSR1 it freezes, as on
 * SIGSTOP, at a moment when nothing of it is on its way to the server: that nobody could hold back.
 */
import { isKubeError } from "../../../src/kube/kube_error.ts";
import { LeaderElection, type LeaderElectionOptions } from "../../../src/kube/leader_election.ts";
import { operatorLease } from "../../../src/kube/lease.ts";
import { resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clientOf } from "./direct_client.ts";

const [server = "", credentials = "", namespace = "", identity = ""] = Deno.args;
const address = { namespace, name: "written" };

const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());
let freezes = false;
Deno.addSignalListener("SIGUSR1", () => freezes = true);

using electing = await clientOf(server, credentials, { userAgent: `${identity}-election` });
let underWay = 0;
async function counted<R>(call: Promise<R>): Promise<R> {
  underWay++;
  try {
    return await call;
  } finally {
    underWay--;
  }
}
const api: LeaderElectionOptions["api"] = {
  get: (...call) => counted(electing.get(...call)),
  create: (...call) => counted(electing.create(...call)),
  replace: (...call) => counted(electing.replace(...call)),
};
const election = new LeaderElection({
  ...{ api, namespace, name: operatorLease, identity },
  ...{ clock: systemClock, random: Math.random },
  onError: (error) => console.log(`attempt failed: ${error}`), // the Lease is kept as long as the next one does not
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
      // To its end, even where the signal aborts: one that was given up might still reach the server after the next leader's.
      await writing.mergePatch(resources.configMaps, address, { data });
      if (count === 1) console.log("writes");
      if (freezes && underWay === 0) {
        freezes = false;
        Deno.kill(Deno.pid, "SIGSTOP");
      }
    } catch (error) {
      console.log(isKubeError(error, "not-leader") ? "refused" : `error ${error}`);
      await systemClock.sleep(10, signal);
    }
  }
}

console.log("candidate");
console.log(await election.run({ onLeading: work, signal: stop.signal }));
Deno.exit(0);

/** A cluster of a test's own, whose components it stops and starts as it likes. */

import { AdminClient } from "../../cluster/admin_client.ts";
import { readRecord } from "../../cluster/cluster_record.ts";
import { startComponent } from "../../cluster/component_process.ts";
import { componentArguments, type ComponentName } from "../../cluster/components.ts";
import { openCluster, type TestCluster } from "../../cluster/test_cluster.ts";
import { clusterPlace, isThere, until } from "./cluster_command.ts";

const name = "own";

/** The cluster. */
export interface OwnControlPlane extends AsyncDisposable {
  cluster: TestCluster;
  /** Kills a component, and waits until it is gone. */
  stop(component: ComponentName): Promise<void>;
  /** Starts it again, where it was and with what it had, and waits until the API server is ready. */
  start(component: ComponentName): Promise<void>;
}

/**
 * Starts a cluster beside the test cluster, of the same programs, with nothing of ours where it is to be bare; it ends
 * with its disposal, or with the test run.
 */
export async function ownControlPlane(
  besides: TestCluster,
  { bare = false } = {},
): Promise<OwnControlPlane> {
  const place = await clusterPlace(besides);
  try {
    const { code, stderr } = await place.command("up", name, ...bare ? ["--bare"] : []);
    if (code !== 0) throw new Error(`The cluster does not start: ${stderr}`);
    const home = `${place.home}/clusters/${name}`;
    const ports = (await readRecord(home))?.ports;
    if (ports === undefined) throw new Error("The cluster has no ports");
    const opened = await openCluster(home);
    return {
      cluster: opened,
      stop: async (component) => {
        const { processes = [] } = await place.status(name) ?? {};
        const pid = processes.find((one) => one.name === component)?.pid;
        if (pid === undefined) throw new Error(`There is no ${component} to stop`);
        Deno.kill(pid, "SIGKILL");
        await until(`${component} is gone`, async () => !await isThere(pid));
      },
      start: async (component) => {
        const args = componentArguments(component, `${home}/state`, ports);
        startComponent(home, component, `${home}/bin/${component}`, args);
        using client = await AdminClient.open(opened.server, `${home}/state/pki`);
        await until("the API server is ready", () => client.finds("/readyz"));
      },
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

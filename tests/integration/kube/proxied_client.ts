/** A client of the API server behind the fault proxy, with what a test looks at. */
import {
  type CallReport,
  KubeClient,
  type KubeClientOptions,
} from "../../../src/kube/kube_client.ts";
import type { Selection } from "../../../src/kube/kube_api.ts";
import type { Resource } from "../../../src/kube/resource.ts";
import { resources } from "../../../src/kube/resource.ts";
import {
  type Account,
  clusterTest,
  type TestCluster,
  type TestNamespace,
} from "../../cluster/test_cluster.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { HurriedClock } from "./hurried_clock.ts";

/** What a test of the transport has. */
export interface ProxiedClient {
  cluster: TestCluster;
  namespace: TestNamespace;
  proxy: FaultProxy;
  clock: HurriedClock;
  /** The operator's client through the proxy. */
  client: KubeClient;
  /** Every call that ended. */
  reports: CallReport[];
  /** Another client through the proxy; the test closes it. */
  open(options?: KubeClientOptions, account?: Account): Promise<KubeClient>;
}

/** A test with a client behind a proxy, in a namespace of its own. */
export function proxiedTest(name: string, run: (parts: ProxiedClient) => Promise<void>): void {
  test(name, 1, run);
}

/** The same with a clock that runs a hundred times as fast: pauses are short, and every call has an hour of it. */
export function hurriedTest(name: string, run: (parts: ProxiedClient) => Promise<void>): void {
  test(name, 100, run);
}

function test(name: string, speed: number, run: (parts: ProxiedClient) => Promise<void>): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("transport");
    await using proxy = await FaultProxy.start(cluster);
    const clock = new HurriedClock(speed);
    const reports: CallReport[] = [];
    const open = async (
      options: KubeClientOptions = {},
      account: Account = "operator",
    ): Promise<KubeClient> =>
      new KubeClient(proxy.connection(await namespace.token(account)), options);
    using client = await open({
      clock,
      deadline: speed === 1 ? 30_000 : 3_600_000,
      report: (report) => reports.push(report),
    });
    const parts = { cluster, namespace, proxy, clock, client, reports, open };
    // What waits for good fails here; leaving the test ends it.
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error("The test waits for what never comes")),
      180_000,
    );
    try {
      await Promise.race([run(parts), late]);
    } finally {
      clearTimeout(timer);
    }
  });
}

/** The type of the objects of a resource. */
export type ObjectOf<R> = R extends Resource<infer T> ? T : never;

/** A ConfigMap. */
export function configMap(
  { name: namespace }: { name: string },
  name: string,
  data: Record<string, string> = {},
): ObjectOf<typeof resources.configMaps> {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

/** The ConfigMaps of a test, without the one that the cluster makes in every namespace, whenever it comes to it. */
export function selectionOf({ name }: { name: string }): Selection {
  return { namespace: name, fieldSelector: "metadata.name!=kube-root-ca.crt" };
}

/** The rejection of a promise; throws where it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`);
}

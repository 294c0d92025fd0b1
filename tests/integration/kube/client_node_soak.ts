// deno-lint-ignore-file no-console -- prints what it sees
/**
 * The scenario of `soak_test.ts` with the informer of @kubernetes/client-node in the product's place, used as its
 * documentation says: `FIO_TEST_CLUSTER=DIRECTORY deno run -A client_node_soak.ts [SECONDS] [QUIET SECONDS] [--no-cuts]`. Prints what
 * was lost. No test: it is here to show that the scenario finds what it looks for.
 */
import {
  CoreV1Api,
  CustomObjectsApi,
  type Informer,
  KubeConfig,
  type KubernetesObject,
  makeInformer,
  type ObjectCache,
} from "@kubernetes/client-node";
import { testCluster } from "../../cluster/test_cluster.ts";
import {
  soak,
  type SoakedInformers,
  type SoakedKind,
  type SoakHandler,
  type SoakPlace,
} from "./soak.ts";

const cut = !Deno.args.includes("--no-cuts");
const [seconds = "60", quietSeconds = "40"] = Deno.args.filter((argument) =>
  argument !== "--no-cuts"
);
const began = performance.now();
const say = (line: string): void =>
  console.log(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${line}`);

const group = "fileintegrity.openshift.io";
const version = "v1alpha1";
const plural = "fileintegritynodestatuses";

type ListAnswer = { metadata: { resourceVersion: string }; items: KubernetesObject[] };

async function start(
  { proxy, token, namespace }: SoakPlace,
  handler: SoakHandler,
): Promise<SoakedInformers> {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "test", server: proxy.server, caData: btoa(proxy.authority.ca) }],
    users: [{ name: "test", token }],
    contexts: [{ name: "test", cluster: "test", user: "test" }],
    currentContext: "test",
  });
  const core = config.makeApiClient(CoreV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);
  const lists = {
    configMaps: {
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      list: () => core.listNamespacedConfigMap({ namespace }) as Promise<unknown>,
    },
    nodeStatuses: {
      path: `/apis/${group}/${version}/namespaces/${namespace}/${plural}`,
      list: () =>
        custom.listNamespacedCustomObject({ group, version, namespace, plural }) as Promise<
          unknown
        >,
    },
  };
  let ended = false;
  const begin = async (
    kind: SoakedKind,
  ): Promise<Informer<KubernetesObject> & ObjectCache<KubernetesObject>> => {
    const { path, list } = lists[kind];
    const informer = makeInformer(config, path, list as () => Promise<ListAnswer & object>);
    const changed = ({ metadata }: KubernetesObject): void =>
      handler.changed(kind, metadata?.name ?? "", metadata?.resourceVersion ?? "");
    informer.on("add", changed);
    informer.on("update", changed);
    informer.on(
      "delete",
      ({ metadata }) => handler.deleted(kind, metadata?.name ?? "", metadata?.uid ?? ""),
    );
    informer.on("error", (error: unknown) => {
      if (ended) return;
      const cause = error instanceof Error ? error.cause : undefined;
      say(`${kind}: error: ${error}${cause === undefined ? "" : `: ${cause}`}`);
      setTimeout(() => informer.start(), 5_000);
    });
    await informer.start();
    return informer;
  };
  const informers = {
    configMaps: await begin("configMaps"),
    nodeStatuses: await begin("nodeStatuses"),
  };
  return {
    synced: Promise.resolve(),
    cached: (kind) =>
      new Map(
        informers[kind].list().map(({ metadata }) => [
          metadata?.name ?? "",
          metadata?.resourceVersion ?? "",
        ]),
      ),
    [Symbol.asyncDispose]: async () => {
      ended = true;
      await Promise.all(Object.values(informers).map((informer) => informer.stop()));
    },
  };
}

const result = await soak(await testCluster(), start, {
  ...{ seconds: Number(seconds), quietSeconds: Number(quietSeconds), cut, say },
});
const { lost, different, ...figures } = result;
say(JSON.stringify(figures));
say(`${lost.length} of ${figures.writes} changes were lost`);
for (const one of lost.slice(0, 10)) say(`  lost: ${one}`);
say(`${different.length} objects of the cache are not what the server has`);
for (const one of different) say(`  different: ${one}`);
Deno.exit(0);

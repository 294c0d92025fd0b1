/** Watches that end every few seconds for ten minutes lose nothing. FIO_SOAK_SECONDS makes it shorter. */
import { assert, assertEquals } from "@std/assert";
import { Informer } from "../../../src/kube/informer.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import type { KubeObject } from "../../../src/kube/kube_object.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import {
  soak,
  type SoakedInformers,
  type SoakedKind,
  soakedResources,
  type SoakHandler,
  type SoakPlace,
} from "./soak.ts";

const seconds = Number(Deno.env.get("FIO_SOAK_SECONDS") ?? 600);
const quietSeconds = 40;

interface Kept {
  name: string;
  uid: string;
  version: string;
}

const errors: unknown[] = [];
const informers: Informer<KubeObject, Kept>[] = [];

/** The product's informers; no periodic list helps them. */
function start({ proxy, token, namespace }: SoakPlace, handler: SoakHandler): SoakedInformers {
  const client = new KubeClient(proxy.connection(token));
  const stop = new AbortController();
  const follow = (kind: SoakedKind): Informer<KubeObject, Kept> =>
    new Informer({
      ...{ reader: client, resource: soakedResources[kind], namespace },
      ...{ clock: systemClock, random: Math.random },
      keep: ({ metadata: { name, uid = "", resourceVersion = "" } }) => ({
        ...{ name, uid, version: resourceVersion },
      }),
      onChange: (_key, type, { name, uid, version }) =>
        type === "deleted"
          ? handler.deleted(kind, name, uid)
          : handler.changed(kind, name, version),
      onError: (error) => errors.push(error),
      relistInterval: 24 * 3_600_000,
    });
  const all = {
    configMaps: follow("configMaps"),
    nodeStatuses: follow("nodeStatuses"),
  };
  informers.push(...Object.values(all));
  const running = Promise.all(informers.map((informer) => informer.run(stop.signal)));
  return {
    synced: Promise.all(informers.map(({ synced }) => synced)),
    cached: (kind) => new Map([...all[kind].values()].map(({ name, version }) => [name, version])),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      client[Symbol.dispose]();
    },
  };
}

clusterTest(
  "watches that end every few seconds, for a long time, lose nothing",
  async (cluster) => {
    const result = await soak(cluster, start, {
      ...{ seconds, quietSeconds, cut: true, say: () => {} },
    });
    assertEquals([result.lost, result.different], [[], []], JSON.stringify(result));
    for (const { figures } of informers) {
      assertEquals([figures.lists, figures.missed], [1, 0]); // all of it came by watches
      assert(figures.watches > seconds / 8, `${figures.watches} watches`);
    }
    assert(result.writes > seconds / 2, `${result.writes} writes`);
    assert(result.cuts >= Math.floor(seconds / 100), `${result.cuts} cuts`);
    assert(
      errors.length <= 2 * (result.cuts + 4),
      `${errors.length} errors: ${errors.slice(0, 5)}`,
    );
  },
);

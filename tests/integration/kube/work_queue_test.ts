/** Informers and a queue together, as a controller has them, on a real API server. */
import { assert, assertEquals } from "@std/assert";
import { isKubeError } from "../../../src/kube/kube_error.ts";
import { resources } from "../../../src/kube/resource.ts";
import { type RunReport, WorkQueue } from "../../../src/kube/work_queue.ts";
import { Informer } from "../../../src/kube/informer.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { answer } from "../faults.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { directClient } from "./direct_client.ts";
import { configMap } from "./proxied_client.ts";

const { configMaps } = resources;
const names = Array.from({ length: 8 }, (_, at) => `${at}`);

clusterTest(
  "what a queue keeps in order comes back, through faults, and then nothing is written",
  async (cluster) => {
    await using namespace = await cluster.namespace("queue");
    using direct = await directClient(cluster, namespace);
    await using proxy = await FaultProxy.start(cluster);
    using client = new KubeClient(proxy.connection(await namespace.token("operator")));
    const stop = new AbortController();
    const reports: RunReport[] = [];
    let looked = Promise.withResolvers<void>();
    const informer = new Informer({
      ...{ reader: client, resource: configMaps, clock: systemClock, random: Math.random },
      namespace: namespace.name,
      keep: ({ metadata: { name }, data }) => ({ name, data }),
      onChange: (_key, _type, { name }) => queue.add(name.replace(/^copy-/, "original-")),
    });
    /** For each "original-x" there is a "copy-x" that says the same, and no other copy. */
    const different = (name: string): boolean => {
      const original = informer.get(`${namespace.name}/${name}`);
      const copy = informer.get(`${namespace.name}/${name.replace("original", "copy")}`);
      return original?.data?.value !== copy?.data?.value;
    };
    const queue: WorkQueue = new WorkQueue({
      handle: async (name, signal) => {
        await informer.synced;
        if (!name.startsWith("original-") || !different(name)) return;
        const copy = name.replace("original", "copy");
        const value = informer.get(`${namespace.name}/${name}`)?.data?.value;
        if (value === undefined) {
          const address = { namespace: namespace.name, name: copy };
          await client.delete(configMaps, address, { signal }).catch((error) => {
            if (!isKubeError(error, "not-found")) throw error;
          });
        } else {
          const wanted = configMap(namespace, copy, { value });
          await client.apply(configMaps, wanted, {
            ...{ fieldManager: "copier", force: true },
            signal,
          });
        }
      },
      ...{ workers: 3, clock: systemClock, random: Math.random },
      onRun: (report) => {
        reports.push(report);
        looked.resolve();
        looked = Promise.withResolvers();
      },
    });
    const running = Promise.all([informer.run(stop.signal), queue.run(stop.signal)]);
    await informer.synced;
    proxy.inject({ verb: "apply" }, answer(409, "Conflict"), { after: 3, times: 2 });
    proxy.inject({ verb: "apply" }, { do: "cut", at: "answered" }, { after: 5, times: 2 });
    proxy.inject({ verb: "watch" }, { do: "cut" }, { times: 2 });
    const owner = { fieldManager: "user", force: true };
    for (let turn = 0; turn < 4; turn++) {
      for (const name of names) {
        const value = `${turn}`;
        await direct.apply(configMaps, configMap(namespace, `original-${name}`, { value }), owner);
        if (turn === 1) proxy.cutAll();
        if (turn === 2) { // somebody meddles with the copies
          const copy = { name: `copy-${name}`, namespace: namespace.name };
          const meddled = configMap(namespace, copy.name, { value: "meddled" });
          if (Number(name) % 2 === 0) await direct.apply(configMaps, meddled, owner);
          else await direct.delete(configMaps, copy).catch(() => {});
        }
      }
    }
    await direct.delete(configMaps, { namespace: namespace.name, name: "original-0" });
    const wanted = Object.fromEntries(
      names.slice(1).flatMap((name) => [
        [`copy-${name}`, "3"],
        [`original-${name}`, "3"],
      ]),
    );
    const held = async (): Promise<Record<string, string | undefined>> => {
      const { items } = await direct.list(configMaps, { namespace: namespace.name });
      const own = items.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
      return Object.fromEntries(own.map(({ metadata, data }) => [metadata.name, data?.value]));
    };
    const late = AbortSignal.timeout(180_000);
    const isSo = async (): Promise<boolean> =>
      JSON.stringify(Object.entries(await held()).sort()) ===
        JSON.stringify(Object.entries(wanted).sort());
    while (!await isSo()) {
      late.throwIfAborted();
      await Promise.race([looked.promise, systemClock.sleep(1_000, stop.signal)]);
    }
    // Settled: a look at every key writes nothing.
    const writes = (): number => proxy.requests({ where: ({ method }) => method !== "GET" }).length;
    const settled = async (): Promise<boolean> => {
      const { depth, running, delayed } = queue.figures;
      return await isSo() && depth + running + delayed === 0 &&
        names.every((name) => !different(`original-${name}`));
    };
    while (!await settled()) late.throwIfAborted();
    const before = writes();
    const runs = reports.length;
    for (const name of names) queue.add(`original-${name}`);
    while (reports.length < runs + names.length) await looked.promise;
    assertEquals(writes(), before);
    stop.abort();
    await running;
    assert(reports.some(({ error }) => isKubeError(error, "conflict")));
    assertEquals(reports.filter(({ error }) => error !== undefined && !isKubeError(error)), []);
  },
);

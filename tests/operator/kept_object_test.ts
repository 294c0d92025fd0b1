import { getLogger } from "@logtape/logtape";
import { assertEquals } from "@std/assert";
import type { KubeApi } from "../../src/kube/kube_api.ts";
import { resources } from "../../src/kube/resource.ts";
import { KeptObject } from "../../src/operator/kept_object.ts";
import type { MetricsService } from "../../src/operator/metrics_service.ts";
import { settle, SimulatedClock } from "../kube/simulated_clock.ts";

type Spec = Record<string, unknown>;

const owner = { apiVersion: "v1", kind: "Service", name: "metrics", uid: "uid" };
const name = "file-integrity";
const namespace = "fio";

Deno.test("kept object: what somebody changes while it is written is put right, what the server drops is not", async () => {
  let version = 1;
  let spec: Spec = { groups: [] };
  const patches: Spec[] = [];
  let tell = Promise.withResolvers<void>();
  const object = (): unknown => ({
    metadata: {
      ...{ name, namespace, uid: "u", resourceVersion: String(version) },
      ownerReferences: [owner],
    },
    spec,
  });
  const api = {
    pages: async function* (): AsyncGenerator<unknown> {
      await Promise.resolve();
      yield { metadata: { resourceVersion: String(version) }, items: [object()] };
    },
    watch: async function* (): AsyncGenerator<unknown> {
      for (;;) {
        await tell.promise;
        tell = Promise.withResolvers();
        yield { type: "MODIFIED", object: object() };
      }
    },
    mergePatch: (_kind: unknown, _address: unknown, patch: { spec: Spec }) => {
      patches.push(patch.spec);
      // Somebody is there a moment before the first write, and the definition has no place for one field.
      const others = patches.length === 1 ? { jobLabel: "mine" } : {};
      const { unknown: _, ...kept }: Spec = { ...spec, ...others, ...patch.spec };
      spec = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null));
      version++;
      tell.resolve();
      return Promise.resolve(object());
    },
  } as unknown as KubeApi;
  let open = false;
  const kept = new KeptObject({
    ...{ api, clock: new SimulatedClock(), random: () => 0.5, log: getLogger("kept-object-test") },
    ...{ resource: resources.prometheusRules, namespace, name },
    service: { owner, look: () => Promise.resolve(owner) } as unknown as MetricsService,
    wanted: () =>
      Promise.resolve({
        ...{ name, namespace, labels: {}, owner },
        spec: { groups: [], unknown: 1 },
      }),
    changed: () => open = true,
    onError: (error) => {
      throw error;
    },
  });
  const stop = new AbortController();
  const running = kept.run(stop.signal);
  for (let calm = 0; calm < 5;) {
    await settle();
    if (!open) calm++;
    else {
      open = false;
      await kept.look(stop.signal);
    }
  }
  stop.abort();
  tell.resolve();
  await running;
  assertEquals(spec, { groups: [] });
  assertEquals(patches, [
    { unknown: 1 },
    { jobLabel: null, unknown: 1 },
    { unknown: 1 }, // and it is known not to be kept
  ]);
});

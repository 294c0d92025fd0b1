import { getLogger } from "@logtape/logtape";
import { assert, assertEquals } from "@std/assert";
import type { KubeApi, KubeDiscovery } from "../../src/kube/kube_api.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import { runMonitoring } from "../../src/operator/monitoring.ts";
import { SimulatedClock } from "../kube/simulated_clock.ts";

const minute = 60_000;

/** An API server whose watches tell nothing: the real one can't be made to. */
class SilentApi {
  readonly objects = new Map<string, KubeObject>();
  /** Plurals of the kinds that there are. */
  kinds = new Set(["prometheusrules"]);
  readonly asked: string[] = [];
  #version = 1;

  get api(): KubeApi & KubeDiscovery {
    const { objects, asked } = this;
    const version = (): string => String(this.#version++);
    return {
      kinds: () => {
        asked.push("kinds");
        return Promise.resolve(this.kinds);
      },
      get: (_: unknown, { name }: { name: string }) =>
        Promise.resolve({ metadata: { name, uid: "uid-of-the-service" } }),
      pages: async function* (): AsyncGenerator<unknown> {
        asked.push("list");
        yield { metadata: { resourceVersion: version() }, items: [...objects.values()] };
      },
      // deno-lint-ignore require-yield
      watch: async function* (
        _: unknown,
        { signal }: { signal: AbortSignal },
      ): AsyncGenerator<unknown> {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      create: (_: unknown, object: KubeObject) => {
        asked.push("create");
        const { metadata } = object;
        const made = {
          ...object,
          metadata: { ...metadata, uid: version(), resourceVersion: version() },
        };
        objects.set(metadata.name, made);
        return Promise.resolve(made);
      },
    } as unknown as KubeApi & KubeDiscovery;
  }

  count(what: string): number {
    return this.asked.filter((one) => one === what).length;
  }
}

/** Tells Prometheus of the operator while `test` runs, and sees that it comes to its end. */
async function monitored(
  api: KubeApi & KubeDiscovery,
  test: (clock: SimulatedClock) => Promise<void>,
): Promise<void> {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const running = runMonitoring({
    ...{ api, clock, random: () => 0.5, log: getLogger("monitoring-test"), namespace: "fio" },
    hasCertificateAuthority: () => false,
    plainMetrics: false,
  }, stop.signal);
  try {
    await test(clock);
  } finally {
    stop.abort();
    await running;
  }
  assertEquals(clock.sleepers, 0);
}

Deno.test("monitoring: it wakes about once a minute to look for the kinds, and asks for nothing else", async () => {
  const server = new SilentApi();
  server.kinds = new Set();
  await monitored(server.api, async (clock) => {
    await clock.advance(60 * minute);
  });
  assert(server.asked.length >= 50 && server.asked.length <= 70, `${server.asked.length}`);
  assertEquals(server.count("kinds"), server.asked.length);
});

Deno.test("monitoring: an object that is deleted before any watch told of it is made again", async () => {
  const server = new SilentApi();
  await monitored(server.api, async (clock) => {
    await clock.advance(minute);
    assertEquals([...server.objects.keys()], ["file-integrity"]);
    assertEquals(server.count("create"), 1);
    server.objects.clear();
    await clock.advance(5 * minute);
    assertEquals(server.count("create"), 1); // nobody can know yet
    await clock.advance(10 * minute);
    assertEquals(server.count("create"), 2);
    assertEquals([...server.objects.keys()], ["file-integrity"]);
    const lists = server.count("list");
    await clock.advance(60 * minute);
    assertEquals(server.count("create"), 2);
    assert(server.count("list") - lists <= 10);
  });
});

Deno.test("monitoring: whatever fails, it goes on, and does not end by itself", async () => {
  const failure = (): never => {
    throw new KubeError("server-error", "Cannot do it");
  };
  const server = new SilentApi();
  const api = new Proxy(server.api, {
    get: (of, name) => broken ? failure : Reflect.get(of, name),
  });
  let broken = true;
  await monitored(api, async (clock) => {
    await clock.advance(10 * minute);
    assertEquals(server.asked, []);
    broken = false;
    await clock.advance(2 * minute);
    assertEquals(server.count("create"), 1);
    broken = true;
    server.objects.clear();
    await clock.advance(30 * minute);
    broken = false;
    await clock.advance(30 * minute);
    assertEquals(server.count("create"), 2);
  });
});

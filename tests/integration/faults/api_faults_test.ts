/** The API server fails in every way that a client has to live with, while there is something to do. */

import { assertEquals } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { annotations } from "../../../src/api/labels.ts";
import type { FaultProxy, Injection } from "../fault_proxy.ts";
import { answer, expired, tooManyRequests } from "../faults.ts";
import type { Installation } from "../product/installation.ts";
import { routedTest } from "./routed_product.ts";

/** Puts faults in, before a FileIntegrity is applied; those that have not hit by its end are taken out. */
type Trouble = (proxy: FaultProxy) => Injection[];

const writes = ["create", "patch", "apply"] as const;

const troubles: Record<string, Trouble> = {
  "watches are closed": (proxy) => [
    proxy.inject({ verb: "watch" }, { do: "cut", at: { lines: 1 } }, { times: 12 }),
    proxy.inject({ verb: "watch" }, { do: "cut", at: { lines: 1, within: true } }, { times: 6 }),
  ],
  "watches and lists are too old": (proxy) => [
    proxy.inject({ verb: "watch" }, { ...expired, at: { lines: 1 } }, { times: 8 }),
    proxy.inject({ verb: "watch" }, answer(410, "Expired"), { after: 8, times: 4 }),
    proxy.inject({ verb: "list" }, answer(410, "Expired"), { times: 3 }),
  ],
  "writes conflict": (proxy) =>
    writes.map((verb) => proxy.inject({ verb }, answer(409, "Conflict"), { after: 1, times: 4 })),
  "there are too many requests": (proxy) =>
    writes.map((verb) => proxy.inject({ verb }, tooManyRequests("1"), { times: 5 })),
  "the server has errors": (proxy) =>
    writes.map((verb) =>
      proxy.inject({ verb }, answer(500, "InternalError"), { after: 1, times: 6 })
    ),
  "the server is not there": (proxy) =>
    writes.map((verb) => proxy.inject({ verb }, answer(503, "ServiceUnavailable"), { times: 6 })),
  "answers of writes are lost": (proxy) =>
    writes.map((verb) => proxy.inject({ verb }, { do: "cut", at: "answered" }, { times: 5 })),
  "answers are slow": (proxy) => [
    ...writes.map((verb) =>
      proxy.inject({ verb }, { do: "wait", milliseconds: 1_500 }, { times: 5 })
    ),
    proxy.inject({ verb: "get" }, { do: "dribble", bytes: 64, milliseconds: 20 }, { times: 5 }),
  ],
  "writes are answered late": (proxy) =>
    writes.map((verb) =>
      proxy.inject({ verb }, { do: "wait", milliseconds: 1_500, at: "answered" }, { times: 5 })
    ),
  // From here on, as those that are on go on so: a change is heard of when several writes have followed it.
  "watches are late": (proxy) => {
    const late = proxy.inject(
      ...[{ verb: "watch" }, { do: "dribble", bytes: 256, milliseconds: 100 }] as const,
      { times: Infinity },
    );
    proxy.cutAll();
    return [late];
  },
};

async function eventsOf(product: Installation, name: string, reason: string): Promise<string[]> {
  const selector = `reason=${reason},involvedObject.name=${name}`;
  const text = await product.kubectl([
    ...["get", "events", "--field-selector", selector],
    ...["-o", 'jsonpath={range .items[*]}{.message}{"\\n"}{end}'],
  ], "viewer");
  return text.trim().split("\n").filter((line) => line !== "");
}

/** From the first baseline to a change that a new one absorbs; what is left and told at the end. */
async function live(product: Installation, name: string): Promise<unknown> {
  const [node = ""] = product.workers;
  await product.applyConfig(name, { "aide.conf": `/etc/${name} p+sha256\n` });
  for (const worker of product.workers) {
    await Deno.mkdir(`${product.nodes.hostRoot(worker)}/etc/${name}`);
  }
  await product.apply(name, { config: { name, namespace: product.namespace.name } });
  await product.untilPhase(name, "Active");
  for (const worker of product.workers) await product.untilResult(name, worker, "Succeeded");
  await Deno.writeTextFile(`${product.nodes.hostRoot(node)}/etc/${name}/new`, "");
  await product.untilResult(name, node, "Failed");
  await product.until(
    "the change is told",
    async () =>
      (await eventsOf(product, name, "NodeIntegrityStatus")).length === product.workers.length + 1,
  );
  await product.kubectl(["annotate", "fileintegrity", name, `${annotations.reInit}=${node}`]);
  await product.untilResult(
    name,
    node,
    "Succeeded",
    ({ baseline }) => baseline?.reason === "requested",
  );
  await product.until(
    "all is told",
    async () =>
      (await eventsOf(product, name, "NodeIntegrityStatus")).length === product.workers.length + 2,
  );
  await product.until(
    "the new baseline is told",
    async () =>
      (await eventsOf(product, name, "NodeBaseline")).length === product.workers.length + 1,
  );
  // Events are told before the status says the same: it is read once it does.
  const { status } = await product.until("the status says what was told", async () => {
    const found: FileIntegrity | undefined = await product.get("fileintegrity", name);
    const { phase, nodes } = found?.status ?? {};
    return phase === "Active" && nodes?.succeeded === product.workers.length && found;
  });
  // A phase that is over before anybody looked is told by nobody; one that is told is told once.
  const phases = await eventsOf(product, name, "FileIntegrityStatus");
  assertEquals([phases[0], phases.at(-1)], ["Pending", "Active"]);
  assertEquals(phases.filter((phase, at) => phase === phases[at - 1]), []);
  return {
    nodes: status?.nodes,
    conditions: status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    results: (await eventsOf(product, name, "NodeIntegrityStatus")).sort(),
  };
}

routedTest(
  "faults: whatever the API server answers, nothing is lost, and nothing is told twice",
  async (product, proxy) => {
    const undisturbed = await live(product, "calm");
    let number = 0;
    for (const [trouble, inject] of Object.entries(troubles)) {
      const name = `storm-${number++}`;
      const injections = inject(proxy);
      const left = await live(product, name);
      for (const injection of injections) injection.remove();
      assertEquals(
        JSON.parse(JSON.stringify(left).replaceAll(name, "calm")),
        undisturbed,
        trouble,
      );
      const hits = injections.map((injection) => injection.hits);
      assertEquals(hits.some((one) => one > 0), true, `${trouble}: ${hits}`);
      await product.kubectl(["delete", "fileintegrity", name]);
    }
    const errors = product.nodes.logFaults()
      .filter(({ entry }) => entry === undefined || entry.level === "error")
      .map(({ pod, text }) => `${pod}: ${text}`);
    assertEquals(errors, []);
    assertEquals(product.nodes.containers().filter(({ restarts }) => restarts > 0), []);
  },
);

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { KubeError } from "../../../src/kube/kube_error.ts";
import type { KubeObject, WatchEvent } from "../../../src/kube/kube_object.ts";
import { resources } from "../../../src/kube/resource.ts";
import { SimulatedClock } from "../../kube/simulated_clock.ts";
import { answer, expired, type Fault } from "../faults.ts";
import { collectGarbage } from "./collect_garbage.ts";
import {
  configMap,
  type ProxiedClient,
  proxiedTest,
  rejection,
  selectionOf,
} from "./proxied_client.ts";

const { configMaps, nodeStatuses } = resources;

async function version({ client, namespace }: ProxiedClient): Promise<string> {
  const { metadata } = await client.list(configMaps, selectionOf(namespace));
  return metadata.resourceVersion ?? "";
}

const told = (event: WatchEvent<KubeObject>): string =>
  event.type === "BOOKMARK" ? event.type : `${event.type} ${event.object.metadata.name}`;

/** Takes the events of a watch up to its end; what ended it comes last. */
async function all(events: AsyncIterable<WatchEvent<KubeObject>>): Promise<unknown[]> {
  const seen: unknown[] = [];
  try {
    for await (const event of events) if (event.type !== "BOOKMARK") seen.push(told(event));
  } catch (error) {
    seen.push(error instanceof KubeError ? error.kind : error);
  }
  return seen;
}

proxiedTest("a watch tells what happens, and ends in good order", async (parts) => {
  const { client, namespace, proxy } = parts;
  const resourceVersion = await version(parts);
  const options = { ...selectionOf(namespace), resourceVersion };
  const three = async (): Promise<string[]> => {
    const seen: string[] = [];
    for await (const event of client.watch(configMaps, { ...options, timeoutSeconds: 60 })) {
      if (event.type !== "BOOKMARK") seen.push(told(event));
      if (seen.length === 3) break;
    }
    return seen;
  };
  const watched = three();
  const address = { name: "one", namespace: namespace.name };
  await client.create(configMaps, configMap(namespace, "one"));
  await client.mergePatch(configMaps, address, { data: { a: "1" } });
  await client.delete(configMaps, address);
  assertEquals(await watched, ["ADDED one", "MODIFIED one", "DELETED one"]);

  // One in whose time nothing happens.
  const quiet = { ...options, resourceVersion: await version(parts), timeoutSeconds: 2 };
  assertEquals(await all(client.watch(configMaps, quiet)), []);
  const request = proxy.requests({ verb: "watch" }).at(-1);
  assertEquals(request?.query.get("timeoutSeconds"), "2");
  assertEquals(request?.query.get("allowWatchBookmarks"), "true");
  assertEquals(await request?.over, false, "the server ended it, not the client");
});

proxiedTest("events carry their type, and a watch goes on where it was told to", async (parts) => {
  const { client, namespace } = parts;
  const resourceVersion = await version(parts);
  const options = { ...selectionOf(namespace), timeoutSeconds: 30 };
  await client.create(configMaps, configMap(namespace, "one"));
  const { metadata } = await client.create(configMaps, configMap(namespace, "two"));
  for await (const event of client.watch(configMaps, { ...options, resourceVersion })) {
    assert(event.type === "ADDED");
    assertEquals([event.object.kind, event.object.apiVersion], ["ConfigMap", "v1"]);
    if (event.object.metadata.name === "two") break;
  }
  await client.create(configMaps, configMap(namespace, "three"));
  const later = client.watch(configMaps, {
    ...options,
    resourceVersion: metadata.resourceVersion ?? "",
  });
  for await (const event of later) {
    assertEquals(told(event), "ADDED three", "nothing twice, nothing left out");
    break;
  }
});

proxiedTest("bookmarks bring the version up to date", async (parts) => {
  const { client, namespace } = parts;
  const resourceVersion = await version(parts);
  const bookmarks: string[] = [];
  // The server sends one shortly before it ends a watch, but does not promise to.
  const options = { namespace: namespace.name, resourceVersion, timeoutSeconds: 5 };
  for (const end = performance.now() + 60_000; bookmarks.length === 0;) {
    assert(performance.now() < end, "no bookmark came in a minute of watches");
    for await (const event of client.watch(nodeStatuses, options)) {
      assert(event.type === "BOOKMARK");
      bookmarks.push(event.resourceVersion);
    }
  }
  assert(bookmarks.every((bookmark) => /^\d+$/.test(bookmark)), String(bookmarks));
});

proxiedTest("leaving the loop closes the connection", async (parts) => {
  const { client, namespace, proxy } = parts;
  const resourceVersion = await version(parts);
  await client.create(configMaps, configMap(namespace, "one"));
  for await (
    const event of client.watch(configMaps, { ...selectionOf(namespace), resourceVersion })
  ) {
    assertEquals(told(event), "ADDED one");
    break;
  }
  assertEquals(await proxy.requests({ verb: "watch" })[0]?.over, true);
});

proxiedTest("a watch ends with its signal's reason", async (parts) => {
  const { client, namespace, proxy } = parts;
  const resourceVersion = await version(parts);
  const options = { ...selectionOf(namespace), resourceVersion };
  const stop = new AbortController();
  const reason = new Error("Enough");
  await client.create(configMaps, configMap(namespace, "one"));
  const events = client.watch(configMaps, { ...options, signal: stop.signal });
  assertEquals((await events.next()).done, false);
  const next = rejection(events.next());
  stop.abort(reason);
  assertEquals(await next, reason);
  assertEquals(await proxy.requests({ verb: "watch" })[0]?.over, true);
  const late = client.watch(configMaps, { ...options, signal: stop.signal });
  assertEquals(await rejection(late.next()), reason);
  assertEquals(proxy.requests({ verb: "watch" }).length, 1);
});

proxiedTest("a version that is too old is gone", async (parts) => {
  const { client, namespace, proxy } = parts;
  await client.create(configMaps, configMap(namespace, "one"));
  const options = { ...selectionOf(namespace), timeoutSeconds: 30 };
  // The cluster's first version, which no watch begins at any more.
  assertEquals(await all(client.watch(configMaps, { ...options, resourceVersion: "1" })), ["gone"]);
  const resourceVersion = await version(parts);
  proxy.inject({ verb: "watch" }, answer(410, "Expired"));
  assertEquals(await all(client.watch(configMaps, { ...options, resourceVersion })), ["gone"]);
  const event: Fault = { ...expired, at: { lines: 1 } };
  proxy.inject({ verb: "watch" }, event);
  const watched = all(client.watch(configMaps, { ...options, resourceVersion }));
  await client.create(configMaps, configMap(namespace, "two"));
  assertEquals(await watched, ["ADDED two", "gone"]);
});

proxiedTest("a watch that breaks says so", async (parts) => {
  const { client, namespace, proxy } = parts;
  const resourceVersion = await version(parts);
  await client.create(configMaps, configMap(namespace, "one"));
  await client.create(configMaps, configMap(namespace, "two"));
  const options = { ...selectionOf(namespace), resourceVersion, timeoutSeconds: 30 };
  const cases: [Fault, string[]][] = [
    [{ do: "cut", at: { lines: 1 } }, ["ADDED one", "network"]],
    [{ do: "cut", at: { lines: 1, within: true } }, ["ADDED one", "network"]],
    [{ do: "line", line: '{"type":"ADD', at: { lines: 1 } }, ["ADDED one", "protocol"]],
    [{ do: "line", line: '{"type":"RENAMED","object":{}}', at: { lines: 1 } }, [
      "ADDED one",
      "protocol",
    ]],
    [{ do: "line", line: '{"type":"ADDED","object":{}}', at: { lines: 1 } }, [
      "ADDED one",
      "protocol",
    ]],
    [{
      do: "line",
      line: '{"type":"ERROR","object":{"kind":"Status","code":500}}',
      at: { lines: 1 },
    }, ["ADDED one", "server-error"]],
  ];
  for (const [fault, expected] of cases) {
    proxy.inject({ verb: "watch" }, fault);
    assertEquals(await all(client.watch(configMaps, options)), expected, JSON.stringify(fault));
  }
});

proxiedTest("events arrive whole, in whatever pieces they come", async (parts) => {
  const { client, namespace, proxy } = parts;
  const resourceVersion = await version(parts);
  const text = "ä€𝄞\n".repeat(50);
  await client.create(configMaps, configMap(namespace, "one", { text }));
  proxy.inject({ verb: "watch" }, { do: "dribble", bytes: 11, milliseconds: 0 });
  const options = { ...selectionOf(namespace), resourceVersion, timeoutSeconds: 30 };
  for await (const event of client.watch(configMaps, options)) {
    assert(event.type === "ADDED");
    assertEquals(event.object.data, { text });
    break;
  }
});

proxiedTest("a watch that falls silent is given up 15 seconds after its time", async (parts) => {
  const { namespace, proxy, open } = parts;
  const resourceVersion = await version(parts);
  const clock = new SimulatedClock();
  using client = await open({ clock });
  const stalled = proxy.inject({ verb: "watch" }, { do: "stall", at: { lines: 1 } });
  const options = { ...selectionOf(namespace), resourceVersion, timeoutSeconds: 20 };
  const events = client.watch(configMaps, options);
  await client.create(configMaps, configMap(namespace, "one"));
  assertEquals((await events.next()).done, false);
  await stalled.spent;
  await client.create(configMaps, configMap(namespace, "two"));
  collectGarbage();
  let over = false;
  const next = rejection(events.next()).finally(() => over = true);
  await clock.advance(34_999);
  assertEquals(over, false);
  await clock.advance(1);
  const error = await next;
  assertInstanceOf(error, KubeError);
  assertEquals(error.kind, "deadline");
  assertEquals(
    error.message,
    `Cannot watch configmaps in namespace ${namespace.name}: the server fell silent`,
  );
  assertEquals(await proxy.requests({ verb: "watch" })[0]?.over, true);
});

proxiedTest("a watch that is never answered ends with the client's deadline", async (parts) => {
  const { namespace, proxy, open } = parts;
  const clock = new SimulatedClock();
  using client = await open({ clock });
  const stalled = proxy.inject({ verb: "watch" }, { do: "stall" });
  const options = { ...selectionOf(namespace), resourceVersion: "0" };
  const next = rejection(client.watch(configMaps, options).next());
  await stalled.spent;
  await clock.advance(30_000);
  const error = await next;
  assertInstanceOf(error, KubeError);
  assertEquals(error.kind, "deadline");
});

proxiedTest("many watches and calls go side by side", async (parts) => {
  const { client, namespace } = parts;
  const resourceVersion = await version(parts);
  const options = { ...selectionOf(namespace), resourceVersion, timeoutSeconds: 60 };
  const watches = Array.from({ length: 20 }, async () => {
    const names = new Set<string>();
    for await (const event of client.watch(configMaps, options)) {
      if (event.type === "ADDED") names.add(event.object.metadata.name);
      if (names.size === 10) return names.size;
    }
    return names.size;
  });
  await Promise.all(
    Array.from(
      { length: 10 },
      (_, at) => client.create(configMaps, configMap(namespace, `n${at}`)),
    ),
  );
  assertEquals(await Promise.all(watches), Array(20).fill(10));
});

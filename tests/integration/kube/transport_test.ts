import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { isKubeError, KubeError } from "../../../src/kube/kube_error.ts";
import { resources } from "../../../src/kube/resource.ts";
import { SimulatedClock } from "../../kube/simulated_clock.ts";
import { answer, type Fault, tooManyRequests } from "../faults.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { configMap, hurriedTest, type ProxiedClient, rejection } from "./proxied_client.ts";

const { configMaps, nodes } = resources;

async function refusal(promise: Promise<unknown>): Promise<KubeError> {
  const error = await rejection(promise);
  assertInstanceOf(error, KubeError);
  return error;
}

const transient: Record<string, Fault> = {
  "429": tooManyRequests("1"),
  "500": answer(500, "InternalError"),
  "502": answer(502, "BadGateway"),
  "503": answer(503, "ServiceUnavailable"),
  "504": answer(504, "Timeout"),
  "a connection cut before the server saw the request": { do: "cut" },
  "an answer that was lost": { do: "cut", at: "answered" },
  "an answer cut in the middle": { do: "cut", at: "body" },
};

/** What can be said twice, with what it leaves behind. */
const repeatable: Record<string, (parts: ProxiedClient, name: string) => Promise<unknown>> = {
  get: ({ client, namespace }, name) => client.get(configMaps, { name, namespace: namespace.name }),
  list: ({ client, namespace }) => client.list(configMaps, { namespace: namespace.name }),
  apply: ({ client, namespace }, name) =>
    client.apply(configMaps, configMap(namespace, name, { a: "1" }), { fieldManager: "test" }),
  patch: ({ client, namespace }, name) =>
    client.mergePatch(configMaps, { name, namespace: namespace.name }, { data: { a: "1" } }),
  delete: ({ client, namespace }, name) =>
    client.delete(configMaps, { name, namespace: namespace.name }),
};

hurriedTest("what can be said twice is said until it is heard", async (parts) => {
  const { client, namespace, proxy, reports } = parts;
  for (const [what, fault] of Object.entries(transient)) {
    for (const [verb, call] of Object.entries(repeatable)) {
      await client.apply(configMaps, configMap(namespace, "one"), { fieldManager: "test" });
      const before = proxy.seen.length;
      proxy.inject({}, fault, { times: 2 });
      await call(parts, "one");
      assertEquals(proxy.seen.length - before, 3, `${verb} after ${what}`);
      assertEquals(reports.at(-1)?.outcome, "ok");
    }
  }
});

hurriedTest("a create whose answer was lost is not sent again", async (parts) => {
  const { client, namespace, proxy } = parts;
  const lost: Record<string, Fault> = {
    cut: { do: "cut", at: "answered" },
    body: { do: "cut", at: "body" },
    "500": { ...answer(500, "InternalError"), at: "answered" },
    "503": { ...answer(503, "ServiceUnavailable"), at: "answered" },
    "504": { ...answer(504, "Timeout", { "retry-after": "1" }), at: "answered" },
  };
  for (const [name, fault] of Object.entries(lost)) {
    proxy.inject({ verb: "create" }, fault);
    const error = await refusal(client.create(configMaps, configMap(namespace, `lost-${name}`)));
    assert(isKubeError(error, "network", "server-error", "unavailable"), error.message);
    const made = proxy.requests({ verb: "create", where: ({ body }) => body.includes(name) });
    assertEquals(made.length, 1, name);
    await client.get(configMaps, { name: `lost-${name}`, namespace: namespace.name });
  }
});

hurriedTest("a kept connection that breaks sends no write twice", async (parts) => {
  const { client, namespace, proxy } = parts;
  const { metadata } = await client.create(configMaps, configMap(namespace, "first"));
  const address = { name: "first", namespace: namespace.name };
  const calls: Record<string, () => Promise<unknown>> = {
    create: () => client.create(configMaps, configMap(namespace, "second")),
    replace: () => client.replace(configMaps, { ...configMap(namespace, "first"), metadata }),
  };
  for (const [verb, call] of Object.entries(calls)) {
    await client.get(configMaps, address); // leaves a connection behind for the next call
    const before = proxy.seen.length;
    proxy.inject({}, { do: "cut" }, { times: 1 });
    assertEquals((await refusal(call())).kind, "network", verb);
    assertEquals(proxy.seen.length - before, 1, verb);
  }
  // Even where the client would send it again, it looks whether it may, each time.
  let looks = 0;
  using guarded = await parts.open({
    ...{ clock: parts.clock, deadline: 3_600_000 },
    guard: () => void looks++,
  });
  await guarded.get(configMaps, address);
  const before = proxy.seen.length;
  proxy.inject({}, { do: "cut" }, { times: 3 });
  await guarded.delete(configMaps, address);
  assertEquals([proxy.seen.length - before, looks], [4, 4]);
});

hurriedTest(
  "a create is tried again where the server asks for it, or was never reached",
  async (parts) => {
    const { client, namespace, proxy } = parts;
    proxy.inject({ verb: "create" }, tooManyRequests("1"));
    proxy.inject({ verb: "create" }, answer(503, "ServiceUnavailable", { "retry-after": "2" }));
    proxy.inject({ verb: "create" }, answer(429, "TooManyRequests"));
    await client.create(configMaps, configMap(namespace, "one"));
    assertEquals(proxy.requests({ verb: "create" }).length, 4);

    const { promise, resolve } = Promise.withResolvers<void>();
    let looks = 0;
    using guarded = await parts.open({
      clock: parts.clock,
      deadline: 3_600_000,
      guard: () => {
        if (++looks === 3) resolve();
      },
    });
    proxy.down();
    const made = guarded.create(configMaps, configMap(namespace, "two"));
    await promise;
    await proxy.up();
    assertEquals((await made).metadata.name, "two");
  },
);

hurriedTest("a client waits as long as the server asks it to", async (parts) => {
  const { client, proxy, clock } = parts;
  const before = Date.now();
  const moment = Math.ceil(before / 1_000) * 1_000 + 60_000; // a header says whole seconds
  proxy.inject({}, tooManyRequests("7"));
  proxy.inject({}, tooManyRequests(new Date(moment).toUTCString()));
  clock.slept.length = 0;
  await client.list(nodes);
  const after = Date.now();
  const [, first = 0, second = 0] = clock.slept; // after the call's own time
  assert(first >= 7_000 && first <= 7_700, `${first}`);
  assert(
    second >= moment - after && second <= (moment - before) * 1.1,
    `${second} from ${before} to ${after} of ${moment}`,
  );
});

hurriedTest(
  "a wait that is longer than the call's time is told at once",
  async ({ open, proxy }) => {
    using client = await open({ clock: new SimulatedClock() }); // no sleep ever ends
    proxy.inject({}, tooManyRequests("31"));
    const error = await refusal(client.list(nodes));
    assertEquals([error.kind, error.retryAfter, error.code], ["too-many-requests", 31_000, 429]);
    assertEquals(proxy.seen.length, 1);
  },
);

hurriedTest("what the server means is not asked again", async ({ client, namespace, proxy }) => {
  const meant: [Fault, string][] = [
    [answer(400, "BadRequest"), "bad-request"],
    [answer(403, "Forbidden"), "forbidden"],
    [answer(404, "NotFound"), "not-found"],
    [answer(405, "MethodNotAllowed"), "bad-request"],
    [answer(409, "Conflict"), "conflict"],
    [answer(410, "Expired"), "gone"],
    [answer(413, "RequestEntityTooLarge"), "bad-request"],
    [answer(422, "Invalid"), "invalid"],
    [answer(501, "NotImplemented"), "server-error"],
    [{ do: "answer", code: 200, body: "{garbage" }, "protocol"],
    [{ do: "answer", code: 200, body: "[]" }, "protocol"],
    [{ do: "answer", code: 200, body: '{"metadata":{}}' }, "protocol"],
    [{ do: "answer", code: 200, body: "" }, "protocol"],
  ];
  for (const [fault, kind] of meant) {
    const before = proxy.seen.length;
    proxy.inject({}, fault);
    const error = await refusal(
      client.get(configMaps, { name: "one", namespace: namespace.name }),
    );
    assertEquals([error.kind, proxy.seen.length - before], [kind, 1], error.message);
    assert(error.message.startsWith(`Cannot get ConfigMap ${namespace.name}/one: `), error.message);
  }
});

hurriedTest("a redirect takes the token nowhere", async ({ client, namespace, proxy }) => {
  for (const code of [301, 302, 303, 307, 308]) {
    const location = `${proxy.server}/elsewhere`;
    proxy.inject({ path: /nodes/ }, { do: "answer", code, headers: { location } });
    const error = await refusal(client.list(nodes));
    assertEquals([error.kind, error.code], ["protocol", code]);
    proxy.inject({ verb: "create" }, { do: "answer", code, headers: { location } });
    const written = await refusal(client.create(configMaps, configMap(namespace, "one")));
    assertEquals([written.kind, written.code], ["protocol", code]);
  }
  assertEquals(proxy.requests({ path: /elsewhere/ }), []);
});

hurriedTest("an answer without end is not taken", async ({ client, proxy }) => {
  proxy.inject({}, { do: "flood" });
  const error = await refusal(client.list(nodes));
  assertEquals(error.kind, "protocol");
  assertEquals(await proxy.seen[0]?.over, true);
});

hurriedTest("a slow answer is an answer", async ({ client, namespace, proxy }) => {
  await client.create(configMaps, configMap(namespace, "one", { a: "ä€𝄞" }));
  proxy.inject({}, { do: "dribble", bytes: 7, milliseconds: 0 });
  const read = await client.get(configMaps, { name: "one", namespace: namespace.name });
  assertEquals(read.data, { a: "ä€𝄞" });
});

const stalls: Record<string, Fault> = {
  "before the server sees the request": { do: "stall" },
  "before the answer": { do: "stall", at: "answered" },
  "in the middle of the answer": { do: "stall", at: "body" },
};

for (const [when, fault] of Object.entries(stalls)) {
  hurriedTest(`a connection that stalls ${when} ends its own call alone`, async (parts) => {
    const { namespace, proxy, open } = parts;
    const address = { name: "one", namespace: namespace.name };
    await parts.client.create(configMaps, configMap(namespace, "one"));
    const clock = new SimulatedClock();
    using client = await open({ clock });
    const stalled = proxy.inject({ verb: "get" }, fault);
    let over = false;
    const call = refusal(client.get(configMaps, address)).finally(() => over = true);
    await stalled.spent;
    collectGarbage();
    await clock.advance(29_999);
    assertEquals(over, false);
    assertEquals((await client.get(configMaps, address)).metadata.name, address.name);
    await clock.advance(1);
    const error = await call;
    assertEquals(error.kind, "deadline");
    assert(
      error.message.startsWith(
        `Cannot get ConfigMap ${namespace.name}/one: no answer`,
      ),
    );
    const [given] = proxy.requests({ verb: "get" });
    assertEquals(await given?.over, true, "the connection is given up");
    assertEquals((await client.get(configMaps, address)).metadata.name, address.name);
  });
}

hurriedTest("a call's own deadline goes before the client's", async ({ proxy, open }) => {
  const clock = new SimulatedClock();
  using client = await open({ clock });
  const stalled = proxy.inject({}, { do: "stall" });
  const call = refusal(client.list(nodes, { deadline: 5_000 }));
  await stalled.spent;
  await clock.advance(5_000);
  assertEquals((await call).kind, "deadline");
});

hurriedTest("a caller who gives up gets his own reason, at once", async (parts) => {
  const { proxy, client, namespace, reports } = parts;
  const reason = new Error("Changed my mind");
  const during = new AbortController();
  const stalled = proxy.inject({}, { do: "stall" });
  const call = rejection(client.list(nodes, { signal: during.signal }));
  await stalled.spent;
  during.abort(reason);
  assertEquals(await call, reason);
  assertEquals(await proxy.seen[0]?.over, true);

  const signal = AbortSignal.abort(reason);
  assertEquals(
    await rejection(client.create(configMaps, configMap(namespace, "a"), { signal })),
    reason,
  );
  assertEquals(proxy.seen.length, 1);
  assertEquals(reports.map(({ outcome }) => outcome), ["aborted", "aborted"]);

  // In the pause between two attempts as well.
  const waiting = new AbortController();
  using patient = await parts.open({ clock: new SimulatedClock() });
  const asked = proxy.inject({}, tooManyRequests("20"));
  const paused = rejection(patient.list(nodes, { signal: waiting.signal }));
  await asked.spent;
  await proxy.seen.at(-1)?.over;
  waiting.abort(reason);
  assertEquals(await paused, reason);
});

hurriedTest("a client that is closed ends everything", async ({ proxy, open, namespace }) => {
  const client = await open();
  const stalled = proxy.inject({ verb: "get" }, { do: "stall" });
  const address = { name: "a", namespace: namespace.name };
  const call = rejection(client.get(configMaps, address));
  const { metadata } = await client.list(configMaps, { namespace: namespace.name });
  const events = client.watch(configMaps, {
    namespace: namespace.name,
    resourceVersion: metadata.resourceVersion ?? "",
  });
  const watched = rejection(events.next());
  await stalled.spent;
  while (proxy.requests({ verb: "watch", where: ({ code }) => code === 200 }).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  client[Symbol.dispose]();
  for (const error of [await call, await watched, await rejection(client.list(nodes))]) {
    assertInstanceOf(error, DOMException);
    assertEquals([error.name, error.message], [
      "AbortError",
      "The client of the API server was closed",
    ]);
  }
  const over = await Promise.all(
    proxy.seen.filter(({ verb }) => verb !== "list").map((request) => request.over),
  );
  assertEquals(over, [true, true]);
});

hurriedTest(
  "a write that may not be made is not sent",
  async ({ proxy, open, namespace, clock }) => {
    let looks = 0;
    using client = await open({
      clock,
      deadline: 3_600_000,
      guard: () => {
        if (++looks > 2) throw new KubeError("not-leader", "Cannot write: the lease is lost");
      },
    });
    await client.create(configMaps, configMap(namespace, "one"));
    // The lease goes while a write waits for its next attempt.
    proxy.inject({ verb: "apply" }, tooManyRequests("1"));
    const late = await refusal(
      client.apply(configMaps, configMap(namespace, "one"), { fieldManager: "test" }),
    );
    assertEquals(late.kind, "not-leader");
    const address = { name: "one", namespace: namespace.name };
    for (
      const write of [
        client.create(configMaps, configMap(namespace, "two")),
        client.replace(configMaps, configMap(namespace, "one")),
        client.mergePatch(configMaps, address, { data: {} }),
        client.delete(configMaps, address),
      ]
    ) assertEquals((await refusal(write)).kind, "not-leader");
    assertEquals(proxy.seen.map(({ verb }) => verb), ["create", "apply"]);
    await client.get(configMaps, address);
  },
);

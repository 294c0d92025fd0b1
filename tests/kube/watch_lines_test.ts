import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import type { Call } from "../../src/kube/call.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import type { KubeObject, WatchEvent } from "../../src/kube/kube_object.ts";
import { resources } from "../../src/kube/resource.ts";
import { WatchLines } from "../../src/kube/watch_lines.ts";

const call: Call = {
  verb: "watch",
  resource: resources.configMaps,
  address: { namespace: "a" },
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function lines(limit?: number): WatchLines<KubeObject> {
  return new WatchLines<KubeObject>(call, resources.configMaps, limit);
}

/** The whole stream in these pieces: its events, and what ended it. */
function read(pieces: Iterable<Uint8Array>): { events: WatchEvent<KubeObject>[]; error?: unknown } {
  const watch = lines();
  const all: WatchEvent<KubeObject>[] = [];
  for (const piece of pieces) {
    const { events, error } = watch.push(piece);
    all.push(...events);
    if (error !== undefined) return { events: all, error };
  }
  return { events: all };
}

function* cut(whole: Uint8Array, at: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (const end of [...at].map((place) => place % (whole.length + 1)).sort((a, b) => a - b)) {
    yield whole.slice(start, end);
    start = end;
  }
  yield whole.slice(start);
}

const event = fc.record({
  type: fc.constantFrom("ADDED", "MODIFIED", "DELETED"),
  object: fc.record({
    metadata: fc.record({
      name: fc.string({ unit: "binary" }),
      resourceVersion: fc.string({ minLength: 1 }),
    }),
    data: fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })),
  }),
});

Deno.test("events are the same in whatever pieces their bytes come", () => {
  fc.assert(fc.property(
    fc.array(event, { maxLength: 5 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    (sent, places) => {
      const whole = bytes(sent.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const { events, error } = read(cut(whole, places));
      assertEquals(error, undefined);
      const expected = sent.map(({ type, object }) => ({
        type,
        object: { ...object, apiVersion: "v1", kind: "ConfigMap" },
      }));
      assertEquals(JSON.stringify(events.map(sorted)), JSON.stringify(expected.map(sorted)));
    },
  ));
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, one]) => [key, sorted(one)])
    .sort(([a], [b]) => String(a) < String(b) ? -1 : 1);
}

Deno.test("bytes of any kind end in events or in one error", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
    const { error } = read(pieces);
    if (error !== undefined) assertInstanceOf(error, KubeError);
  }));
});

Deno.test("a bookmark is its version", () => {
  const line =
    '{"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"12"}}}\n';
  assertEquals(read([bytes(line)]).events, [{ type: "BOOKMARK", resourceVersion: "12" }]);
});

Deno.test("an error comes after the events before it, and nothing after it", () => {
  const added = '{"type":"ADDED","object":{"metadata":{"name":"x","resourceVersion":"1"}}}\n';
  const gone =
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n';
  const { events, error } = read([bytes(added + gone + added)]);
  assertEquals(events.length, 1);
  assertInstanceOf(error, KubeError);
  assertEquals([error.kind, error.code, error.status?.reason], ["gone", 410, "Expired"]);
  assertEquals(error.message, "Cannot watch configmaps in namespace a: too old (code 410)");
});

Deno.test("each thing that is no event has its kind of error", () => {
  const cases: [string, string][] = [
    ["{", "protocol"],
    ["null", "protocol"],
    ["[]", "protocol"],
    ['{"type":"ADDED"}', "protocol"],
    ['{"type":"ADDED","object":null}', "protocol"],
    ['{"type":"ADDED","object":{"metadata":{"name":"x"}}}', "protocol"],
    ['{"type":"ADDED","object":{"metadata":{"name":"x","resourceVersion":""}}}', "protocol"],
    ['{"type":"ADDED","object":{"metadata":{"name":1,"resourceVersion":"1"}}}', "protocol"],
    ['{"type":"BOOKMARK","object":{"metadata":{}}}', "protocol"],
    ['{"type":"OTHER","object":{}}', "protocol"],
    ['{"type":"ERROR","object":{}}', "protocol"],
    ['{"type":"ERROR","object":{"kind":"Status"}}', "protocol"],
    ['{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Gone"}}', "gone"],
    ['{"type":"ERROR","object":{"kind":"Status","code":500}}', "server-error"],
    ['{"type":"ERROR","object":{"kind":"Status","code":429}}', "too-many-requests"],
    ['{"type":"ERROR","object":{"kind":"Status","code":403,"reason":"Forbidden"}}', "forbidden"],
    ["\xff", "protocol"],
  ];
  for (const [line, kind] of cases) {
    const { error } = read([bytes(`${line}\n`)]);
    assertInstanceOf(error, KubeError, line);
    assertEquals(error.kind, kind, line);
  }
});

Deno.test("bytes that are no UTF-8 are no event", () => {
  const { error } = read([new Uint8Array([0x22, 0xff, 0x22, 0x0a])]);
  assert(error instanceof KubeError && error.kind === "protocol");
});

Deno.test("a line that is too long is not kept", () => {
  const watch = lines(100);
  assertEquals(watch.push(bytes("x".repeat(99))).error, undefined);
  const { error } = watch.push(bytes("x".repeat(2)));
  assert(error instanceof KubeError && error.kind === "protocol", String(error));
  assert(error.message.includes("more than 100 bytes"), error.message);
});

Deno.test("a stream that ends within an event has not ended well", () => {
  const watch = lines();
  assertEquals(watch.ended(), true);
  watch.push(bytes('{"type":'));
  assertEquals(watch.ended(), false);
});

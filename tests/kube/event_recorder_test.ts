import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { isObjectName } from "../../src/api/names.ts";
import type { KubeApi } from "../../src/kube/kube_api.ts";
import { eventName, EventRecorder, type KubeEvent } from "../../src/kube/event_recorder.ts";
import { KubeError, type KubeErrorKind } from "../../src/kube/kube_error.ts";
import { SimulatedClock } from "./simulated_clock.ts";

const about = {
  apiVersion: "fileintegrity.openshift.io/v1alpha1",
  kind: "FileIntegrity",
  metadata: { name: "example-fileintegrity", namespace: "openshift-file-integrity", uid: "1-2-3" },
};
const occurrence = {
  ...{ about, type: "Normal" as const, reason: "NodeIntegrityStatus" },
  ...{ message: "no changes to node node-a", transition: "node-a/Succeeded" },
};

/** Events as the server keeps them: one of a name. */
class Events implements Pick<KubeApi, "create"> {
  readonly made = new Map<string, KubeEvent>();
  calls = 0;
  fault: KubeErrorKind | undefined;

  create<T>(_resource: unknown, object: T): Promise<T> {
    this.calls++;
    if (this.fault !== undefined) return Promise.reject(new KubeError(this.fault, "scripted"));
    const event = object as unknown as KubeEvent;
    const { namespace, name } = event.metadata;
    if (this.made.has(`${namespace}/${name}`)) {
      return Promise.reject(new KubeError("already-exists", "there is one"));
    }
    this.made.set(`${namespace}/${name}`, event);
    return Promise.resolve(object);
  }
}

const clock = new SimulatedClock();
const recorder = (api: Events): EventRecorder =>
  new EventRecorder({ api, component: "file-integrity-operator", instance: "pod-1", clock });

Deno.test("an Event has what kubectl prints, and says who tells it", async () => {
  const api = new Events();
  assertEquals(await recorder(api).record(occurrence), true);
  const [event] = api.made.values();
  assertEquals(event, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: eventName(occurrence), namespace: "openshift-file-integrity" },
    involvedObject: { ...about.metadata, apiVersion: about.apiVersion, kind: about.kind },
    type: "Normal",
    reason: "NodeIntegrityStatus",
    message: "no changes to node node-a",
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    count: 1,
    source: { component: "file-integrity-operator" },
    reportingComponent: "file-integrity-operator",
    reportingInstance: "pod-1",
  });
});

Deno.test("an occurrence is told once, by this process and by the next", async () => {
  const api = new Events();
  const first = recorder(api);
  assertEquals(await first.record(occurrence), true);
  assertEquals(await first.record(occurrence), false);
  assertEquals(api.calls, 1); // a settled operator does not even ask
  assertEquals(await recorder(api).record({ ...occurrence, message: "said otherwise" }), false);
  assertEquals([api.calls, api.made.size], [2, 1]);
  assertEquals(await first.record({ ...occurrence, transition: "node-a/Failed" }), true);
  assertEquals(api.made.size, 2);
});

Deno.test("what could not be told is told when it is recorded again", async () => {
  const api = new Events();
  const events = recorder(api);
  api.fault = "unavailable";
  await assertRejects(() => events.record(occurrence), KubeError);
  api.fault = undefined;
  assertEquals(await events.record(occurrence), true);
});

Deno.test("an Event about an object without a namespace is in default", async () => {
  const api = new Events();
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "node-a", uid: "4" } };
  await recorder(api).record({ ...occurrence, about: node });
  const [event] = api.made.values();
  assertEquals(event?.metadata.namespace, "default");
  assertEquals(event?.involvedObject, { apiVersion: "v1", kind: "Node", name: "node-a", uid: "4" });
});

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/);
const objectName = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join("."))
  .filter(isObjectName);
const part = fc.string({ unit: "grapheme", maxLength: 40 });

Deno.test("names follow from uid, reason and transition, differ with each, and are valid", () => {
  fc.assert(fc.property(
    fc.tuple(objectName, part, part, part),
    fc.tuple(part, part, part),
    ([name, uid, reason, transition], [otherUid, otherReason, otherTransition]) => {
      const make = (uid: string, reason: string, transition: string): string =>
        eventName({
          ...occurrence,
          about: { ...about, metadata: { name, uid: `u${uid}` } },
          ...{ reason, transition },
        });
      const event = make(uid, reason, transition);
      assert(isObjectName(event), event);
      assertEquals(event, make(uid, reason, transition));
      const other = make(otherUid, otherReason, otherTransition);
      const same = uid === otherUid && reason === otherReason && transition === otherTransition;
      assertEquals(event === other, same);
    },
  ));
  // Parts are told apart, wherever one ends and the next begins.
  const shifted = { ...occurrence, reason: "NodeIntegrityStatusn", transition: "ode-a/Succeeded" };
  assertNotEquals(eventName(occurrence), eventName(shifted));
});

Deno.test("a name that is cut at the end of a label is valid", () => {
  for (const end of ["a", ".", "-a", "--a"]) {
    for (let at = 210; at < 225; at++) {
      const labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(63)].join(".");
      const name = `${labels.slice(0, at)}${end}${"e".repeat(20)}`;
      if (!isObjectName(name)) continue; // two dots
      const event = eventName({ ...occurrence, about: { ...about, metadata: { name, uid: "1" } } });
      assert(isObjectName(event), event);
    }
  }
});

Deno.test("a message is cut at 1024 bytes, never within a character", async () => {
  const encoder = new TextEncoder();
  for (
    const text of [
      "a".repeat(1024),
      "é".repeat(512),
      "x".repeat(1025),
      "€".repeat(900),
      "a" + "😀".repeat(400),
    ]
  ) {
    const api = new Events();
    await recorder(api).record({ ...occurrence, message: text });
    const message = [...api.made.values()][0]?.message ?? "";
    const { length } = encoder.encode(message);
    assert(length <= 1024, `${length} bytes`);
    if (encoder.encode(text).length <= 1024) assertEquals(message, text);
    else {
      assert(length > 1016 && message.endsWith("…"));
      assert(text.startsWith(message.slice(0, -1)) && message.isWellFormed());
    }
  }
});

Deno.test("an object without a uid is refused", () => {
  const metadata = { name: "a", namespace: "b" };
  assertThrows(() => eventName({ ...occurrence, about: { ...about, metadata } }), TypeError, "uid");
});

Deno.test("what was told is remembered without an end of memory", async () => {
  const api = new Events();
  const events = recorder(api);
  for (let turn = 0; turn < 10_001; turn++) {
    await events.record({ ...occurrence, transition: `${turn}` });
  }
  const { calls } = api;
  await events.record({ ...occurrence, transition: "10000" });
  assertEquals(api.calls, calls);
  await events.record({ ...occurrence, transition: "0" });
  assertEquals(api.calls, calls + 1);
});

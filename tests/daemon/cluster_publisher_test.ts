/** What becomes of each failure of the API server, and of the program, while a result is published. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { nextNodeStatus } from "../../src/api/next_node_status.ts";
import type { LastResult, StoredNodeStatus } from "../../src/api/node_status.ts";
import { ApiHealth } from "../../src/daemon/api_health.ts";
import { Bell } from "../../src/daemon/bell.ts";
import { ClusterPublisher } from "../../src/daemon/cluster_publisher.ts";
import type { Applied, MergePatch } from "../../src/kube/kube_api.ts";
import { KubeError, type KubeErrorKind, kubeErrorKinds } from "../../src/kube/kube_error.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import type { Resource } from "../../src/kube/resource.ts";
import { NodeFault } from "../../src/node/fault.ts";
import { type Publication, PublishLater } from "../../src/node/publisher.ts";
import { settle, SimulatedClock } from "../kube/simulated_clock.ts";
import { CollectedLog } from "./collected_log.ts";

const time = "2026-01-01T00:00:00Z";

const failed: Publication = {
  result: {
    condition: "Failed",
    lastProbeTime: time,
    filesChanged: 1,
    changes: { added: 0, changed: 1, removed: 0, digest: "sha256:1", truncated: false, items: [] },
  },
  log: {
    counts: { added: 0, changed: 1, removed: 0 },
    open: () => ReadableStream.from([new TextEncoder().encode("the log\n")]),
  },
};

const { log: _, ...withoutLog } = failed;

/** The status as the cluster has it before. */
const before: StoredNodeStatus = {
  apiVersion: "fileintegrity.openshift.io/v1alpha1",
  kind: "FileIntegrityNodeStatus",
  metadata: { name: "fi-n1", uid: "uid-1" },
  nodeName: "n1",
  results: [{ condition: "Succeeded", lastProbeTime: "2025-12-31T00:00:00Z" }],
  lastResult: {
    condition: "Succeeded",
    lastProbeTime: "2025-12-31T00:00:00Z",
    lastTransitionTime: "2025-12-31T00:00:00Z",
  },
};

/** A publisher before an API that fails as a test says. */
class Published {
  readonly calls: string[] = [];
  readonly patches: MergePatch[] = [];
  readonly clock = new SimulatedClock();
  readonly better = new Bell();
  target: string | undefined = "uid-1";
  /** What the next calls reject with. */
  failures: { apply?: unknown; patch?: unknown; get?: unknown; always?: boolean } = {};
  /** What is there to be read. */
  stored: StoredNodeStatus | undefined;
  readonly publisher: ClusterPublisher;

  constructor(readonly log: CollectedLog, previous?: StoredNodeStatus) {
    this.publisher = new ClusterPublisher({
      api: this,
      namespace: "ns",
      fileIntegrity: "fi",
      uid: "uid-of-fi",
      node: "n1",
      clock: this.clock,
      random: () => 1,
      log: log.logger,
      health: new ApiHealth(log.logger),
      target: () => this.target,
      better: (signal) => this.better.heard(signal),
    }, previous);
  }

  apply<T extends KubeObject>(_resource: Resource<T>, object: Applied<T>): Promise<T> {
    this.calls.push(`apply ${object.metadata.name}`);
    return this.#answer("apply", object as unknown as T);
  }

  mergePatch<T extends KubeObject>(
    _resource: Resource<T>,
    address: { name: string },
    patch: MergePatch,
  ): Promise<T> {
    this.calls.push(`patch ${address.name}`);
    const answer = this.#answer("patch", patch as unknown as T);
    answer.then(() => this.patches.push(patch), () => {});
    return answer;
  }

  get<T extends KubeObject>(_resource: Resource<T>, address: { name: string }): Promise<T> {
    this.calls.push(`get ${address.name}`);
    return this.#answer("get", this.stored as unknown as T);
  }

  #answer<T>(call: "apply" | "get" | "patch", value: T): Promise<T> {
    const error = this.failures[call];
    if (!this.failures.always) delete this.failures[call];
    return error === undefined ? Promise.resolve(value) : Promise.reject(error);
  }

  publish(publication: Publication, signal = new AbortController().signal): Promise<void> {
    return this.publisher.publish(publication, signal);
  }
}

const make = async (): Promise<Published> => new Published(await CollectedLog.make());

const error = (kind: KubeErrorKind, code?: number): KubeError =>
  new KubeError(kind, `It is ${kind}`, code === undefined ? {} : { code });

const forGood: readonly KubeErrorKind[] = ["invalid", "bad-request"];

Deno.test("logs first, then the status that names them, of the object that is there", async () => {
  const published = await make();
  await published.publish(failed);
  assertEquals(published.calls, ["apply aide-ds-fi-n1-failed", "patch fi-n1"]);
  const [patch] = published.patches as { metadata: object; lastResult: Record<string, unknown> }[];
  assertEquals(patch?.metadata, { uid: "uid-1" });
  assertEquals(patch?.lastResult.resultConfigMapName, "aide-ds-fi-n1-failed");
});

const answered: readonly KubeErrorKind[] = [
  ...["unauthorized", "forbidden", "not-found", "already-exists", "conflict", "gone"] as const,
  ...["too-many-requests", "not-capable", "not-leader"] as const,
];

for (const kind of kubeErrorKinds.filter((kind) => !forGood.includes(kind))) {
  Deno.test(`a status that meets "${kind}" stays to be published`, async () => {
    const published = await make();
    published.stored = before;
    published.failures = { patch: error(kind) };
    await assertRejects(() => published.publish(withoutLog), PublishLater, `It is ${kind}`);
    await published.publish(withoutLog);
    assertEquals(published.patches.length, 1);
    assertEquals(published.log.find(/API server is back/).length, 1);
    assertEquals(published.calls, [
      "patch fi-n1",
      ...answered.includes(kind) ? [] : ["get fi-n1"],
      "patch fi-n1",
    ]);
  });
}

/** Publishes a failure whose patch nobody answers; then what the next scan found. */
async function afterLostAnswer(
  stored: (patched: StoredNodeStatus) => StoredNodeStatus | undefined,
  next: Publication,
): Promise<Published> {
  const published = new Published(await CollectedLog.make(), before);
  const { results, lastResult } = nextNodeStatus(before, {
    fileIntegrity: { metadata: { name: "fi" } },
    node: "n1",
    result: failed.result,
  });
  published.failures = { patch: error("network") };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
  published.stored = stored({ ...before, results, lastResult });
  await published.publish(next);
  return published;
}

const later = "2026-01-01T00:00:10Z";
const failedAgain: Publication = { result: { ...failed.result, lastProbeTime: later } };
const transitions = ({ patches }: Published): unknown[] =>
  (patches as { lastResult: LastResult }[]).map(({ lastResult }) => lastResult.lastTransitionTime);

Deno.test("a result that was taken, and whose answer was lost, is the same one with the next scan", async () => {
  const published = await afterLostAnswer((patched) => patched, failedAgain);
  assertEquals(transitions(published), [time]);
});

Deno.test("a result that was not taken is told of from the scan on that is", async () => {
  const published = await afterLostAnswer(() => before, failedAgain);
  assertEquals(transitions(published), [later]);
  const succeeded = { result: { condition: "Succeeded" as const, lastProbeTime: later } };
  const unchanged = await afterLostAnswer(() => before, succeeded);
  assertEquals(transitions(unchanged), [before.lastResult?.lastTransitionTime]);
  const changed = await afterLostAnswer((patched) => patched, succeeded);
  assertEquals(transitions(changed), [later]);
});

Deno.test("after a lost answer nothing is published before it is known what was taken", async () => {
  const published = await make();
  published.failures = { patch: error("deadline") };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
  published.failures = { get: error("unavailable") };
  await assertRejects(() => published.publish(withoutLog), PublishLater, "It is unavailable");
  published.stored = before;
  await published.publish(withoutLog);
  await published.publish(withoutLog);
  assertEquals(published.calls, [
    ...["patch fi-n1", "get fi-n1", "get fi-n1", "patch fi-n1"],
    "patch fi-n1",
  ]);
});

Deno.test("after a lost answer one by that name that was made anew gets what was written before", async () => {
  const anew = { ...before, metadata: { name: "fi-n1", uid: "uid-2" } };
  const { results: _results, lastResult: _lastResult, ...empty } = anew;
  for (const stored of [anew, { ...empty, metadata: before.metadata }]) {
    const published = await afterLostAnswer(() => stored, failedAgain);
    const [patch] = published.patches as { results: { condition: string }[] }[];
    assertEquals(patch?.results.map(({ condition }) => condition), ["Succeeded", "Failed"]);
  }
});

Deno.test("a kind that is not installed may yet be", async () => {
  const published = await make();
  published.failures = { patch: error("bad-request", 404) };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
});

for (const kind of forGood) {
  Deno.test(`a status that meets "${kind}" becomes Errored`, async () => {
    const published = await make();
    published.failures = { patch: error(kind, 400) };
    const fault = await assertRejects(() => published.publish(withoutLog), NodeFault);
    assertEquals(fault.reason, "not-published");
    const [patch] = published.patches as { lastResult: Record<string, unknown> }[];
    assertEquals(patch?.lastResult.condition, "Errored");
    assertEquals(patch?.lastResult.changes, null);
    const said = String(patch?.lastResult.errorMessage);
    assertStringIncludes(said, "Failed: 0 added, 1 changed, 0 removed");
    assertStringIncludes(said, `It is ${kind}`);
  });
}

Deno.test("where not even that is taken, the result itself stays to be published", async () => {
  const published = await make();
  published.failures = { patch: error("invalid"), always: true };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
});

Deno.test("another object of the same name is waited out", async () => {
  const published = await make();
  const causes = [{ field: "metadata.uid", message: "field is immutable" }];
  published.failures = {
    patch: new KubeError("invalid", "uid", { code: 422, status: { details: { causes } } }),
  };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
  published.target = undefined;
  await assertRejects(
    () => published.publish(withoutLog),
    PublishLater,
    "There is no FileIntegrity",
  );
  assertEquals(published.calls, ["patch fi-n1"]);
});

for (const kind of ["network", "deadline", "unavailable", "unauthorized", "conflict"] as const) {
  Deno.test(`a log that meets "${kind}" keeps back its verdict`, async () => {
    const published = await make();
    published.failures = { apply: error(kind) };
    await assertRejects(() => published.publish(failed), PublishLater);
    assertEquals(published.patches, []);
    await published.publish(failed);
    assertEquals(published.calls.slice(1), ["apply aide-ds-fi-n1-failed", "patch fi-n1"]);
  });
}

Deno.test("a log that is forbidden for a moment only is not left out", async () => {
  const published = await make();
  published.failures = { apply: error("forbidden"), always: true };
  await assertRejects(() => published.publish(failed), PublishLater);
  await published.clock.advance(9_999);
  await assertRejects(() => published.publish(failed), PublishLater);
  published.failures = {};
  await published.publish(failed);
  const [patch] = published.patches as { lastResult: Record<string, unknown> }[];
  assertEquals(patch?.lastResult.resultConfigMapName, "aide-ds-fi-n1-failed");
  // And has its moment again.
  await published.clock.advance(60_000);
  published.failures = { apply: error("forbidden") };
  await assertRejects(() => published.publish(failed), PublishLater);
});

for (const kind of ["forbidden", "invalid", "bad-request"] as const) {
  Deno.test(`a log that meets "${kind}" for good is left out of a verdict that says so`, async () => {
    const published = await make();
    if (kind === "forbidden") {
      published.failures = { apply: error(kind) };
      await assertRejects(() => published.publish(failed), PublishLater);
      await published.clock.advance(10_000);
    }
    published.failures = { apply: error(kind) };
    await published.publish(failed);
    const [patch] = published.patches as { lastResult: Record<string, unknown> }[];
    const { condition, filesChanged, resultConfigMapName, errorReason } = patch?.lastResult ?? {};
    assertEquals([condition, filesChanged, resultConfigMapName, errorReason], [
      "Failed",
      1,
      null,
      "not-published",
    ]);
    assertEquals(patch?.lastResult.errorMessage, `The log could not be kept: It is ${kind}`);
  });
}

Deno.test("a log that can't be read is left out likewise", async () => {
  const published = await make();
  const open = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      pull(controller): void {
        controller.error(new Error("Input/output error"));
      },
    });
  await published.publish({
    ...failed,
    log: { counts: { added: 0, changed: 1, removed: 0 }, open },
  });
  const [patch] = published.patches as { lastResult: Record<string, unknown> }[];
  assertEquals(
    patch?.lastResult.errorMessage,
    "The log could not be kept: Input/output error",
  );
});

Deno.test("a fault of the program is not taken for one of the API server", async () => {
  const published = await make();
  published.failures = { patch: new TypeError("Cannot read properties of undefined") };
  await assertRejects(() => published.publish(withoutLog), TypeError);
  assertEquals(published.log.lines, []);
});

Deno.test("what is called off stays to be published, and says nothing of the server", async () => {
  const published = await make();
  const stop = new AbortController();
  stop.abort();
  published.failures = { patch: stop.signal.reason };
  await assertRejects(() => published.publish(withoutLog, stop.signal), PublishLater);
  assertEquals(published.log.lines, []);
});

Deno.test("the pauses double up to half a minute, and end when the way is open again", async () => {
  const published = await make();
  const { clock, publisher } = published;
  published.failures = { patch: error("network") };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
  const { signal } = new AbortController();
  for (
    const [failures, pause] of [[1, 1_000], [2, 2_000], [5, 16_000], [6, 30_000], [60, 30_000]]
  ) {
    let over = false;
    void publisher.again(failures ?? 0, signal).then(() => over = true);
    await clock.advance((pause ?? 0) - 1);
    assertEquals(over, false, `after ${failures} failures`);
    await clock.advance(1);
    assertEquals(over, true, `after ${failures} failures`);
  }
  let over = false;
  void publisher.again(9, signal).then(() => over = true);
  await settle();
  published.better.ring();
  await settle();
  assert(over);
  assertEquals(clock.sleepers, 0);
});

Deno.test("what lasts is tried less often", async () => {
  const published = await make();
  published.failures = { patch: error("forbidden") };
  await assertRejects(() => published.publish(withoutLog), PublishLater);
  let over = false;
  void published.publisher.again(1, new AbortController().signal).then(() => over = true);
  await published.clock.advance(4_999);
  assertEquals(over, false);
  await published.clock.advance(1);
  assertEquals(over, true);
});

Deno.test("a status that was deleted gets back what was written before", async () => {
  const published = await make();
  const baseline = {
    digest: "sha256:2",
    configDigest: "sha256:3",
    entries: 1,
    aideVersion: "0.19.1",
    created: time,
    reason: "first" as const,
  };
  await published.publish({ result: { condition: "Succeeded", lastProbeTime: time }, baseline });
  published.target = "uid-2";
  await published.publish(failed);
  const [, patch] = published.patches as {
    metadata: object;
    baseline: object;
    results: object[];
  }[];
  assertEquals(patch?.metadata, { uid: "uid-2" });
  assertEquals(patch?.baseline, { ...baseline, requestID: null, absorbed: null });
  assertEquals(patch?.results.length, 2);
});

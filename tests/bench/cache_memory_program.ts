// deno-lint-ignore-file no-console -- prints its result
/**
 * The operator's cache of node statuses, in a process of its own: `cache_memory_program.ts [OBJECTS] [all|operator]`. An
 * informer lists the objects in pages of 500 that another process makes. 5 % of the nodes have failed, with 20 changes
 * each. Prints one JSON object: resident memory and heap in MB, before the
 * list, when it is there, and after a second one that replaced it.
 *
 * "operator" keeps what the operator's decisions read: name, namespace, uid, labels, the request annotations, the node,
 * condition and time of the last result, its counts, digest, log and error, the scan's start, duration and
 * configuration, the total of unverified paths, and of the baseline its reason, request, configuration and time. It
 * leaves out `results`, the items of changes and of unverified paths, and `managedFields`. "all" keeps all but
 * the latter.
 *
 * Run with `--v8-flags=--expose-gc`, so that garbage does not count.
 */
import { apiVersion } from "../../src/api/labels.ts";
import { nodeStatusName, ownership } from "../../src/api/names.ts";
import type { Change, StoredNodeStatus } from "../../src/api/node_status.ts";
import { Informer } from "../../src/kube/informer.ts";
import type { KubeReader } from "../../src/kube/kube_api.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import type { KubeList, KubeObject, WatchEvent } from "../../src/kube/kube_object.ts";
import { resources } from "../../src/kube/resource.ts";
import { systemClock } from "../../src/system/clock.ts";
import { memoryOf } from "./process_facts.ts";

const [count = "5000", keeping = "operator"] = Deno.args;
const objects = Number(count);
const pageSize = 500;
const fileIntegrity = "worker-fileintegrity";
const namespace = "openshift-file-integrity";
const hex = (of: number): string => of.toString(16).padStart(64, "0");

function changes(of: number): Change[] {
  return Array.from({ length: 20 }, (_, at) => ({
    path: `/etc/systemd/system/multi-user.target.wants/service-${of}-${at}.service`,
    kind: "changed",
    fileType: "file",
    attributes: [
      { name: "size", old: `${of}`, new: `${of + at}` },
      { name: "mtime", old: "2026-01-01 00:00:00 +0000", new: "2026-01-02 00:00:00 +0000" },
      { name: "sha512", old: hex(of) + hex(at), new: hex(at) + hex(of) },
    ],
  }));
}

function nodeStatus(at: number, generation: number): StoredNodeStatus {
  const node = `ip-10-0-${at >> 8}-${at & 255}.eu-central-1.compute.internal`;
  const name = nodeStatusName(fileIntegrity, node);
  const failed = at % 20 === 0;
  const time = "2026-01-02T03:04:05Z";
  const log = {
    resultConfigMapName: `aide-ds-${fileIntegrity}-${node}-failed`,
    resultConfigMapNamespace: namespace,
  };
  const managed = { "f:apiVersion": {}, "f:lastResult": { "f:condition": {}, "f:scan": {} } };
  return {
    apiVersion,
    kind: "FileIntegrityNodeStatus",
    metadata: {
      ...{ name, namespace, ...ownership(fileIntegrity, node) },
      ...{ uid: `${hex(at).slice(-8)}-1111-2222-3333-444455556666`, generation },
      ...{ resourceVersion: `${generation * 1_000_000 + at}`, creationTimestamp: time },
      ownerReferences: [{
        ...{ apiVersion, kind: "FileIntegrity", name: fileIntegrity, uid: hex(1).slice(-36) },
        ...{ controller: true, blockOwnerDeletion: true },
      }],
      managedFields: ["operator", "daemon"].map((manager) => ({
        ...{ manager, operation: "Apply", apiVersion, time },
        ...{ fieldsType: "FieldsV1", fieldsV1: { "f:metadata": managed, ...managed } },
      })),
    },
    nodeName: node,
    results: [
      { condition: "Succeeded", lastProbeTime: time },
      ...failed
        ? [{ condition: "Failed" as const, lastProbeTime: time, filesChanged: 20, ...log }]
        : [],
    ],
    lastResult: {
      ...{ condition: failed ? "Failed" : "Succeeded", lastProbeTime: time },
      ...failed ? { filesChanged: 20, ...log } : {},
      scan: {
        ...{ start: time, durationSeconds: 61.5, entries: 31_553, aideVersion: "0.19.1" },
        ...{ configDigest: `sha256:${hex(7)}`, scope: "full" },
      },
      changes: {
        ...{ added: 0, changed: failed ? 20 : 0, removed: 0, total: failed ? 20 : 0 },
        ...{ digest: `sha256:${hex(at)}`, truncated: false },
        items: failed ? changes(at) : [],
      },
      unverified: { total: 1, items: [{ path: "/etc/shadow-", reason: "changed-while-hashed" }] },
    },
    baseline: {
      ...{ digest: `sha256:${hex(at)}`, configDigest: `sha256:${hex(7)}`, entries: 31_553 },
      ...{ aideVersion: "0.19.1", created: time, reason: "requested", requestID: hex(9) },
      absorbed: { added: 1, changed: 2, removed: 3 },
    },
  };
}

/** What the operator's decisions read of a node's status. */
function kept({ metadata, nodeName, lastResult, baseline }: StoredNodeStatus): unknown {
  const { name, namespace, uid, labels, annotations } = metadata;
  const { changes, unverified, scan } = lastResult ?? {};
  return {
    ...{ name, namespace, uid, labels, annotations, nodeName },
    lastResult: lastResult && {
      ...{ condition: lastResult.condition, lastProbeTime: lastResult.lastProbeTime },
      ...{ errorReason: lastResult.errorReason, errorMessage: lastResult.errorMessage },
      ...{ log: lastResult.resultConfigMapName, logIn: lastResult.resultConfigMapNamespace },
      changes: changes && {
        ...{ added: changes.added, changed: changes.changed, removed: changes.removed },
        digest: changes.digest,
      },
      scan: scan && {
        ...{ start: scan.start, durationSeconds: scan.durationSeconds },
        configDigest: scan.configDigest,
      },
      unverified: unverified?.total,
    },
    baseline: baseline && {
      ...{ reason: baseline.reason, requestID: baseline.requestID },
      ...{ configDigest: baseline.configDigest, created: baseline.created },
    },
  };
}

/** A page of the list number `generation`, in JSON. */
function page(generation: number, start: number): string {
  const length = Math.min(pageSize, objects - start);
  return JSON.stringify({
    metadata: { resourceVersion: `${generation * 1_000_000}` },
    items: Array.from({ length }, (_, at) => nodeStatus(start + at, generation)),
  });
}

if (keeping === "server") {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const { searchParams } = new URL(url);
    return new Response(page(Number(searchParams.get("list")), Number(searchParams.get("start"))));
  });
  console.log(server.addr.port);
  await server.finished;
}

/** Lists what the other process makes; its watches last until they are told to be too old. */
class PagedReader implements KubeReader {
  tooOld = Promise.withResolvers<void>();
  #lists = 0;

  constructor(readonly server: string) {}

  get<T extends KubeObject>(): Promise<T> {
    throw new TypeError("An informer reads lists and watches only");
  }

  async *pages<T extends KubeObject>(): AsyncGenerator<KubeList<T>, void> {
    const list = ++this.#lists;
    for (let start = 0; start < objects; start += pageSize) {
      const answer = await fetch(`${this.server}/?list=${list}&start=${start}`);
      yield JSON.parse(await answer.text());
    }
  }

  async *watch<T extends KubeObject>(): AsyncGenerator<WatchEvent<T>, void> {
    await this.tooOld.promise;
    this.tooOld = Promise.withResolvers();
    const none: WatchEvent<T>[] = [];
    yield* none;
    throw new KubeError("gone", "too old resource version");
  }
}

async function memory(): Promise<{ rss: number; heap: number }> {
  (globalThis as { gc?: () => void }).gc?.();
  await systemClock.sleep(100, new AbortController().signal);
  (globalThis as { gc?: () => void }).gc?.();
  return { rss: (await memoryOf(Deno.pid)).rss, heap: Deno.memoryUsage().heapUsed / 1e6 };
}

const other = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", import.meta.filename ?? "", count, "server"],
  stdout: "piped",
}).spawn();
const lines = other.stdout.pipeThrough(new TextDecoderStream()).values();
const port = Number((await lines.next()).value);
const reader = new PagedReader(`http://127.0.0.1:${port}`);
const stop = new AbortController();
let told = 0;
let listed = Promise.withResolvers<void>();
const informer = new Informer<StoredNodeStatus, unknown>({
  ...{ reader, resource: resources.nodeStatuses, clock: systemClock, random: Math.random },
  keep: keeping === "all" ? (object) => object : kept,
  onChange: () => {
    if (++told % objects === 0) listed.resolve();
  },
});

const before = await memory();
const running = informer.run(stop.signal);
await listed.promise;
const filled = await memory();
listed = Promise.withResolvers();
reader.tooOld.resolve();
await listed.promise;
const replaced = await memory();
console.log(JSON.stringify({ objects: informer.size, keeping, before, filled, replaced }));
stop.abort();
reader.tooOld.resolve();
await running;
other.kill("SIGTERM");
await other.status;
Deno.exit(0);

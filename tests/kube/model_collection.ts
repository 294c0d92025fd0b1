import type {
  KubeReader,
  ListOptions,
  ObjectAddress,
  WatchOptions,
} from "../../src/kube/kube_api.ts";
import { KubeError, type KubeErrorKind } from "../../src/kube/kube_error.ts";
import type { KubeList, KubeObject, WatchEvent } from "../../src/kube/kube_object.ts";
import type { Resource } from "../../src/kube/resource.ts";
import type { SimulatedClock } from "./simulated_clock.ts";

/** An object of the model: a ConfigMap, as far as an informer looks at it. */
export interface ModelObject extends KubeObject {
  data: Record<string, string>;
}

/** What goes wrong with a call: before which page, or after how many events, and how. */
export type Fault =
  | { call: "list"; page: number; kind: KubeErrorKind }
  | { call: "watch"; after: number; how: KubeErrorKind | "end" | "stall" }
  /** The stream leaves out an event as if it had never been. */
  | { call: "watch"; after: number; how: "lose" };

interface Logged {
  version: number;
  event: WatchEvent<ModelObject> & { object: ModelObject };
}

/**
 * A collection as the API server keeps it, with faults at chosen moments. Versions are texts that say nothing of
 * their order. Lists are of one moment, however long their pages take.
 */
export class ModelCollection implements KubeReader {
  readonly #clock: SimulatedClock;
  readonly #objects = new Map<string, ModelObject>();
  readonly #log: Logged[] = [];
  #version = 1;
  #oldest = 0;
  #uid = 0;
  #changed = Promise.withResolvers<void>();
  /** Each is of the next call of its sort, and only of that. */
  faults: Fault[] = [];
  /** Of every call of the sort, as long as it stands here. */
  always: Fault | undefined;
  pageSize = 2;
  /** Milliseconds that a page takes. */
  latency = 0;
  /** Milliseconds between two bookmarks. */
  bookmarks = 60_000;
  calls = { list: 0, watch: 0 };
  /** The versions at which the collection was something: texts of keys and versions of objects. */
  readonly history = new Map<string, number[]>();

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    this.#record();
  }

  /** Hides the order of versions from whoever would compare them. */
  #text(version: number): string {
    return `v${(version * 7919) % 100_003}`;
  }

  #record(): void {
    const now = describe(this.#objects.values());
    this.history.set(now, [...this.history.get(now) ?? [], this.#version]);
  }

  #happened(type: "ADDED" | "MODIFIED" | "DELETED", object: ModelObject): void {
    this.#log.push({ version: this.#version, event: { type, object } });
    this.#record();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  put(name: string, value: string): void {
    const before = this.#objects.get(name);
    this.#version++;
    const object: ModelObject = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: "ns",
        uid: before?.metadata.uid ?? `uid-${this.#uid++}`,
        resourceVersion: this.#text(this.#version),
        managedFields: [{ manager: "test" }],
      },
      data: { value },
    };
    this.#objects.set(name, object);
    this.#happened(before === undefined ? "ADDED" : "MODIFIED", object);
  }

  remove(name: string): void {
    const before = this.#objects.get(name);
    if (before === undefined) return;
    this.#objects.delete(name);
    this.#version++;
    const metadata = { ...before.metadata, resourceVersion: this.#text(this.#version) };
    this.#happened("DELETED", { ...before, metadata });
  }

  /** Something happened in the cluster, but not here. */
  elsewhere(): void {
    this.#version++;
    this.#record();
  }

  /** Forgets what happened so far: watches from before are "gone". */
  compact(): void {
    this.#oldest = this.#version;
  }

  /** What it holds now. */
  get truth(): string {
    return describe(this.#objects.values());
  }

  /** Holds back whoever calls without end, so that a test can count the calls and fail. */
  async #flood(signal: AbortSignal | undefined): Promise<void> {
    if (this.calls.list + this.calls.watch > 20_000) await this.#wait(1e12, signal);
  }

  #fault(call: Fault["call"]): Fault | undefined {
    if (this.always?.call === call) return this.always;
    const at = this.faults.findIndex((fault) => fault.call === call);
    return at < 0 ? undefined : this.faults.splice(at, 1)[0];
  }

  get<T extends KubeObject>(_resource: Resource<T>, _address: ObjectAddress): Promise<T> {
    throw new TypeError("An informer reads lists and watches only");
  }

  async *pages<T extends KubeObject>(
    _resource: Resource<T>,
    { signal }: ListOptions = {},
  ): AsyncGenerator<KubeList<T>, void> {
    this.calls.list++;
    await this.#flood(signal);
    const fault = this.#fault("list");
    await this.#wait(this.latency, signal);
    const objects = [...this.#objects.values()] as KubeObject[] as T[];
    const resourceVersion = this.#text(this.#version);
    for (let page = 0;; page++) {
      if (fault?.call === "list" && fault.page <= page) throw new KubeError(fault.kind, "scripted");
      const rest = objects.splice(0, this.pageSize);
      const more = objects.length > 0 ? { continue: "more" } : {};
      yield { metadata: { resourceVersion, ...more }, items: structuredClone(rest) };
      if (objects.length === 0) {
        if (fault?.call === "list") throw new KubeError(fault.kind, "scripted");
        return;
      }
      await this.#wait(this.latency, signal);
    }
  }

  async *watch<T extends KubeObject>(
    _resource: Resource<T>,
    { resourceVersion, timeoutSeconds = 290, signal }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    this.calls.watch++;
    await this.#flood(signal);
    const fault = this.#fault("watch");
    const how = fault?.call === "watch" ? fault.how : undefined;
    const after = fault?.call === "watch" ? fault.after : Infinity;
    signal?.throwIfAborted();
    let at = this.#version;
    while (this.#text(at) !== resourceVersion) {
      if (--at < 0) throw new KubeError("gone", "an unknown version");
    }
    if (at < this.#oldest) throw new KubeError("gone", "too old resource version");
    const end = this.#clock.monotonic() + timeoutSeconds * 1_000;
    let told = 0;
    for (;;) {
      if (told >= after && how !== "lose") {
        if (how === "end") return;
        if (how !== "stall") throw new KubeError(how ?? "network", "scripted");
        await this.#wait(end + 15_000 - this.#clock.monotonic(), signal);
        throw new KubeError("deadline", "silent");
      }
      const next = this.#log.find(({ version }) => version > at);
      if (next !== undefined) {
        at = next.version;
        if (told++ === after && how === "lose") continue;
        yield structuredClone(next.event) as WatchEvent<KubeObject> as WatchEvent<T>;
        continue;
      }
      const left = end - this.#clock.monotonic();
      if (left <= 0) return;
      await this.#wait(Math.min(left, this.bookmarks), signal, this.#changed.promise);
      if (this.#log.some(({ version }) => version > at)) continue;
      at = this.#version;
      yield { type: "BOOKMARK", resourceVersion: this.#text(this.#version) };
    }
  }

  async #wait(
    milliseconds: number,
    signal: AbortSignal | undefined,
    other?: Promise<void>,
  ): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]);
    const sleep = this.#clock.sleep(milliseconds, either);
    await Promise.race([sleep, ...(other === undefined ? [] : [other])]);
    over.abort();
    signal?.throwIfAborted();
  }
}

/** Names and versions of objects, in an order of their own. */
export function describe(objects: Iterable<Pick<KubeObject, "metadata">>): string {
  return [...objects].map(({ metadata: { name, resourceVersion, uid } }) =>
    `${name}=${resourceVersion}/${uid}`
  ).sort().join(" ");
}

/** The ConfigMaps and Secrets that pods mount, followed one by one, as a kubelet does. */
import { Informer } from "../../src/kube/informer.ts";
import { type Resource, resources } from "../../src/kube/resource.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import { systemClock } from "../../src/system/clock.ts";
import { bytesOf, type VolumeFiles } from "./atomic_directory.ts";
import { secrets } from "./kinds.ts";
import type { KubeletApi } from "./kubelet_api.ts";

/** A ConfigMap or a Secret. */
export interface MapAddress {
  kind: "ConfigMap" | "Secret";
  namespace: string;
  name: string;
}

interface Contents extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

function filesOf({ kind, data = {}, binaryData = {} }: Contents): VolumeFiles {
  const binary = (value: string): Uint8Array => Uint8Array.fromBase64(value);
  const plain = kind === "Secret" ? binary : bytesOf;
  return new Map([
    ...Object.entries(data).map(([key, value]) => [key, plain(value)] as const),
    ...Object.entries(binaryData).map(([key, value]) => [key, binary(value)] as const),
  ]);
}

const keyOf = ({ kind, namespace, name }: MapAddress): string => `${kind}/${namespace}/${name}`;

interface Followed {
  informer: Informer<Contents, VolumeFiles>;
  running: Promise<void>;
}

/** The contents of ConfigMaps and Secrets, for all nodes of a test. */
export class FollowedMaps implements AsyncDisposable {
  readonly #api: KubeletApi;
  readonly #maps = new Map<string, Followed>();
  readonly #listeners = new Set<(key: string) => void>();
  readonly #stop = new AbortController();

  constructor(api: KubeletApi) {
    this.#api = api;
  }

  /** What it has now; undefined where there is none. */
  async get(address: MapAddress): Promise<VolumeFiles | undefined> {
    const { informer } = this.#followed(address);
    await informer.synced;
    return informer.get(`${address.namespace}/${address.name}`);
  }

  /** What all those that were asked for have now, by a key. */
  snapshot(): Map<string, VolumeFiles> {
    return new Map(
      [...this.#maps].flatMap(([key, { informer }]) =>
        [...informer.values()].map((files) => [key, files] as const)
      ),
    );
  }

  /** Tells of every change from now on, by the key; gives what ends that. */
  listen(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #followed(address: MapAddress): Followed {
    const key = keyOf(address);
    const known = this.#maps.get(key);
    if (known !== undefined) return known;
    const { kind, namespace, name } = address;
    const informer = new Informer<Contents, VolumeFiles>({
      reader: this.#api.client,
      resource: (kind === "Secret" ? secrets : resources.configMaps) as Resource<Contents>,
      ...{ namespace, fieldSelector: `metadata.name=${name}` },
      ...{ clock: systemClock, random: Math.random },
      keep: filesOf,
      onChange: () => {
        for (const listener of this.#listeners) listener(key);
      },
    });
    const followed = { informer, running: informer.run(this.#stop.signal) };
    this.#maps.set(key, followed);
    return followed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#maps.values()].map(({ running }) => running));
  }
}

/** The same as one node knows it: late, and not at all while the node is cut off from changes. */
export class NodeMaps implements Disposable {
  readonly #maps: FollowedMaps;
  readonly #changed = new Map<() => void, Set<string>>();
  readonly #unlisten: () => void;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #ca: () => string | undefined;
  #held: Map<string, VolumeFiles> | undefined;

  constructor(
    maps: FollowedMaps,
    /** Milliseconds until a change reaches the node. */
    delay: number,
    /** The authority that pods of the node are to trust instead of the cluster's. */
    ca: () => string | undefined,
  ) {
    this.#maps = maps;
    this.#ca = ca;
    this.#unlisten = maps.listen((key) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (this.#held === undefined) this.#tell(key);
      }, delay);
      this.#timers.add(timer);
    });
  }

  /** What it has, as far as the node knows. */
  async get(address: MapAddress): Promise<VolumeFiles | undefined> {
    const files = this.#held?.get(keyOf(address)) ?? await this.#maps.get(address);
    const ca = this.#ca();
    if (ca === undefined || address.name !== "kube-root-ca.crt") return files;
    return new Map([...files ?? [], ["ca.crt", bytesOf(ca)]]);
  }

  /** Calls `changed` when one of the maps may have changed, until it is forgotten. */
  follow(addresses: readonly MapAddress[], changed: () => void): void {
    this.#changed.set(changed, new Set(addresses.map(keyOf)));
  }

  forget(changed: () => void): void {
    this.#changed.delete(changed);
  }

  /** From here on the node learns of no change, until `resume`. What it never saw it gets as it then is. */
  pause(): void {
    this.#held ??= this.#maps.snapshot();
  }

  resume(): void {
    this.#held = undefined;
    for (const changed of [...this.#changed.keys()]) changed();
  }

  #tell(key: string): void {
    for (const [changed, keys] of [...this.#changed]) if (keys.has(key)) changed();
  }

  [Symbol.dispose](): void {
    this.#unlisten();
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** What happens to the objects of a namespace, followed through the API. */
import type { FileIntegrity } from "../../src/api/file_integrity.ts";
import type { StoredNodeStatus } from "../../src/api/node_status.ts";
import { Informer } from "../../src/kube/informer.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import { type Resource, resources } from "../../src/kube/resource.ts";
import { systemClock } from "../../src/system/clock.ts";

const patience = 300_000;

/** A namespace's one FileIntegrity, its node statuses, and its events. */
export class SeenObjects {
  fileIntegrity: FileIntegrity | undefined;
  /** By the names of their nodes. */
  readonly statuses = new Map<string, StoredNodeStatus>();
  /** The nodes that events have named, by the events' reason. */
  readonly events = new Map<string, Set<string>>();
  readonly #stop = new AbortController();
  readonly #following: Promise<void>[] = [];
  #heard = Promise.withResolvers<void>();

  constructor(readonly client: KubeClient, readonly namespace: string) {
    this.#follow(resources.fileIntegrities, (object) => this.fileIntegrity = object);
    this.#follow(resources.nodeStatuses, (object) => this.statuses.set(object.nodeName, object));
    this.#follow(resources.events, ({ reason = "", message = "" }) => {
      const node = /\bnode (\S+)/.exec(message)?.[1];
      if (node === undefined) return;
      const nodes = this.events.get(reason) ?? new Set();
      this.events.set(reason, nodes.add(node));
    });
  }

  #follow<T extends KubeObject>(resource: Resource<T>, take: (object: T) => void): void {
    const { namespace, client } = this;
    const { signal } = this.#stop;
    const informer = new Informer<T, T>({
      ...{ reader: client, resource, namespace, clock: systemClock, random: Math.random },
      keep: (object) => object,
      onChange: (_key, type, object) => {
        if (type === "deleted") return;
        take(object);
        this.#heard.resolve();
        this.#heard = Promise.withResolvers();
      },
    });
    this.#following.push(informer.run(signal));
  }

  /** Milliseconds on the monotonic clock at which something held; throws when it never does. */
  async until(what: string, holds: () => boolean): Promise<number> {
    const end = setTimeout(
      () => this.#heard.reject(new Error(`Waited in vain until ${what}`)),
      patience,
    );
    try {
      while (!holds()) {
        await this.#heard.promise;
      }
      return performance.now();
    } finally {
      clearTimeout(end);
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#following);
  }
}

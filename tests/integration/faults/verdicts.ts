/** Every verdict that stood in the cluster while a test went on. */

import { Informer } from "../../../src/kube/informer.ts";
import { resources } from "../../../src/kube/resource.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { systemClock } from "../../../src/system/clock.ts";
import type { Installation } from "../product/installation.ts";

/** Follows the results of the nodes of an installation. */
export class Verdicts implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #seen = new Map<string, string[]>();
  readonly #running: Promise<void>;

  private constructor(informer: Informer<StoredNodeStatus, StoredNodeStatus>) {
    this.#running = informer.run(this.#stop.signal);
  }

  /** Begins with what there is. */
  static async follow({ nodes, namespace }: Installation): Promise<Verdicts> {
    const informer: Informer<StoredNodeStatus, StoredNodeStatus> = new Informer({
      reader: nodes.client,
      resource: resources.nodeStatuses,
      namespace: namespace.name,
      keep: (status) => status,
      onChange: (_key, type, status) => void (type !== "deleted" && verdicts.#take(status)),
      clock: systemClock,
      random: Math.random,
    });
    const verdicts = new Verdicts(informer);
    await informer.synced;
    return verdicts;
  }

  #take({ metadata, lastResult }: StoredNodeStatus): void {
    if (lastResult === undefined) return;
    const { condition, errorReason, changes } = lastResult;
    const what = [condition, errorReason ?? "", changes === undefined ? "" : `of ${changes.total}`];
    const verdict = what.filter((part) => part !== "").join(" ");
    const seen = this.#seen.get(metadata.name) ?? [];
    if (seen.at(-1) !== verdict) seen.push(verdict);
    this.#seen.set(metadata.name, seen);
  }

  /** The verdicts of a node in the order in which they came, each once in a row: `Failed of 3`, `Errored disk-full`. */
  of(name: string): string[] {
    return [...this.#seen.get(name) ?? []];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

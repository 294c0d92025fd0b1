/** The kubelet of one fake node. */
import { Informer } from "../../src/kube/informer.ts";
import type { ChangeType } from "../../src/kube/object_cache.ts";
import { systemClock } from "../../src/system/clock.ts";
import { type Pod, pods } from "./kinds.ts";
import { PodWorker, type WorkerSurroundings } from "./pod_worker.ts";

/** Runs the pods that are bound to its node, while it is started. */
export class NodeKubelet {
  readonly #with: WorkerSurroundings;
  readonly #workers = new Map<string, PodWorker>();
  #run: { stop: AbortController; over: Promise<void> } | undefined;

  constructor(surroundings: WorkerSurroundings) {
    this.#with = surroundings;
  }

  /** The pods on the node. */
  get workers(): PodWorker[] {
    return [...this.#workers.values()];
  }

  /** Starts, where it does not run; resolves when it knows the node's pods. */
  async start(): Promise<void> {
    if (this.#run !== undefined) return;
    const stop = new AbortController();
    const informer = new Informer<Pod, Pod>({
      reader: this.#with.api.client,
      resource: pods,
      fieldSelector: `spec.nodeName=${this.#with.node}`,
      ...{ clock: systemClock, random: Math.random },
      keep: (pod) => pod,
      onChange: (_key, type, pod) => this.#changed(type, pod),
      onError: (error) => this.#with.onError(error),
    });
    this.#run = { stop, over: informer.run(stop.signal) };
    await informer.synced;
  }

  /** Stops, as on a machine that breaks down: its processes are gone, and the API server hears nothing more. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.stop.abort();
    await run.over;
    const workers = this.workers;
    for (const worker of workers) worker.end("stopped");
    await Promise.all(workers.map(({ done }) => done));
    this.#workers.clear();
    this.#run = undefined;
  }

  #changed(type: ChangeType, pod: Pod): void {
    const { uid = "" } = pod.metadata;
    const known = this.#workers.get(uid);
    if (type === "deleted") {
      known?.end("gone");
      void known?.done.then(() => this.#workers.delete(uid));
    } else if (known !== undefined) known.update(pod);
    else this.#workers.set(uid, new PodWorker(pod, this.#with));
    this.#with.changes.tell();
  }
}

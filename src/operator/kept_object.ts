import type { Logger } from "@logtape/logtape";
import type { OwnerReference } from "../api/object_meta.ts";
import { Informer } from "../kube/informer.ts";
import type { KubeApi } from "../kube/kube_api.ts";
import type { KubeObject } from "../kube/kube_object.ts";
import type { Resource } from "../kube/resource.ts";
import {
  type MonitoringChange,
  monitoringChange,
  type MonitoringObject,
} from "../plan/monitoring_change.ts";
import type { ObservedChild } from "../plan/observed.ts";
import type { MonotonicClock } from "../system/clock.ts";
import { fieldManager } from "./carry_out.ts";
import { Freshest } from "./freshest.ts";
import { keepSpec } from "./keep.ts";
import type { MetricsService } from "./metrics_service.ts";

type WithSpec = KubeObject & { spec?: unknown };

/** What an object is kept with. */
export interface KeptObjectOptions {
  api: KubeApi;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  log: Logger;
  /** The object's kind. */
  resource: Resource<WithSpec>;
  namespace: string;
  name: string;
  /** What it is to go with; where that is not there, the object is left alone. */
  service: MetricsService;
  /** As it should be now. */
  wanted(owner: OwnerReference): Promise<MonitoringObject>;
  /** Called when it is to be looked at. */
  changed(): void;
  onError(error: unknown): void;
  /** Milliseconds between two periodic lists; the informer's default where absent. */
  relistInterval?: number;
}

/** One object, by its name, followed and kept as it should be; nothing is written that is so already. */
export class KeptObject {
  readonly #options: KeptObjectOptions;
  readonly #informer: Informer<WithSpec, ObservedChild>;
  readonly #fresh: Freshest<ObservedChild>;
  readonly #key: string;
  #synced = false;
  /** What the API server still had otherwise after a write: an older definition leaves out what it does not know. */
  #refused: string | undefined;

  constructor(options: KeptObjectOptions) {
    this.#options = options;
    const { api, clock, random, resource, namespace, name, relistInterval } = options;
    this.#key = `${namespace}/${name}`;
    this.#informer = new Informer({
      reader: api,
      ...{ clock, random, resource, namespace },
      fieldSelector: `metadata.name=${name}`,
      keep: keepSpec,
      onChange: options.changed,
      onError: options.onError,
      ...(relistInterval !== undefined && { relistInterval }),
    });
    this.#fresh = new Freshest(this.#informer, clock);
    this.#informer.synced.then(() => {
      this.#synced = true;
      options.changed();
    }, () => {});
  }

  /** Follows it until the signal aborts. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#informer.run(signal);
  }

  /** Makes it what it should be. Rejects with the KubeErrors of what can't be done. */
  async look(signal: AbortSignal): Promise<void> {
    if (!this.#synced) return;
    const { service } = this.#options;
    if (service.owner !== undefined && !this.#isOpen(await this.#change(service.owner))) return;
    // Before a write it is seen whether the owner still is the one that is known.
    const owner = await service.look(signal);
    if (owner === undefined) return;
    const change = await this.#change(owner);
    if (!this.#isOpen(change)) return;
    await this.#carryOut(change, signal);
    const left = await this.#change(owner);
    if (left === undefined) this.#refused = undefined;
    // What was written and is left all the same. Anything else is another's doing meanwhile, for the look that follows.
    else if (JSON.stringify(left) === JSON.stringify(change)) {
      this.#tellRefused(left);
      this.#refused = JSON.stringify(left);
    }
  }

  #live(): ObservedChild | undefined {
    return this.#fresh.of(this.#key, this.#informer.get(this.#key));
  }

  async #change(owner: OwnerReference): Promise<MonitoringChange | undefined> {
    const wanted = await this.#options.wanted(owner);
    const live = this.#live();
    // What is being deleted is left alone until it is gone.
    return live?.metadata.deletionTimestamp === undefined
      ? monitoringChange(live, wanted)
      : undefined;
  }

  #isOpen(change: MonitoringChange | undefined): change is MonitoringChange {
    return change !== undefined && JSON.stringify(change) !== this.#refused;
  }

  async #carryOut(change: MonitoringChange, signal: AbortSignal): Promise<void> {
    const { api, log, resource, namespace, name } = this.#options;
    const { apiVersion, kind } = resource;
    const options = { signal, fieldManager };
    const made = "create" in change
      ? await api.create(resource, { apiVersion, kind, ...change.create }, options)
      : await api.mergePatch(resource, { namespace, name }, change.patch, options);
    this.#fresh.wrote(this.#key, keepSpec(made));
    const done = "create" in change ? "Made" : "Put right";
    log.info("{done} {kind} {name}", { done, kind, name });
  }

  #tellRefused(left: MonitoringChange): void {
    const { log, resource: { kind }, name } = this.#options;
    log.warn(
      "The API server does not keep all of {kind} {name}: update its CustomResourceDefinition; left is {left}",
      { kind, name, left: JSON.stringify(left).slice(0, 500) },
    );
  }
}

import { Informer } from "../kube/informer.ts";
import { isKubeError } from "../kube/kube_error.ts";
import type { KubeObject } from "../kube/kube_object.ts";
import { type Resource, resources } from "../kube/resource.ts";
import type { ObservedChild } from "../plan/observed.ts";
import { keepConfigMap } from "./keep.ts";
import type { OperatorParts } from "./parts.ts";

/** How a ConfigMap stands that a FileIntegrity names. */
export type UserConfigMap =
  /** Nothing is known yet. */
  | { state: "pending" }
  | { state: "found"; data: Readonly<Record<string, string>> }
  | { state: "not-found" }
  /** The operator may not read it, or can't; `message` says why. */
  | { state: "forbidden" | "unreadable"; message: string };

interface Followed {
  informer: Informer<KubeObject, ObservedChild>;
  stop: AbortController;
  done: Promise<void>;
  synced: boolean;
}

/** The ConfigMaps with AIDE configurations that FileIntegrities name, in whatever namespace, each followed by itself. */
export class UserConfigMaps {
  readonly #parts: OperatorParts;
  readonly #changed: () => void;
  readonly #followed = new Map<string, Followed>();

  /** `changed` is called when what `get` says may be something else than before. */
  constructor(parts: OperatorParts, changed: () => void) {
    this.#parts = parts;
    this.#changed = changed;
  }

  /** How a ConfigMap stands; it is followed from now on. */
  get(namespace: string, name: string): UserConfigMap {
    const key = `${namespace}/${name}`;
    const followed = this.#followed.get(key) ?? this.#follow(key, namespace, name);
    const { informer, synced } = followed;
    const { problem } = informer.state;
    if (!synced || isKubeError(problem, "forbidden")) {
      if (problem === undefined) return { state: "pending" };
      const message = problem instanceof Error ? problem.message : String(problem);
      return { state: isKubeError(problem, "forbidden") ? "forbidden" : "unreadable", message };
    }
    const found = informer.get(key);
    if (found === undefined) return { state: "not-found" };
    return { state: "found", data: (found.content.data ?? {}) as Record<string, string> };
  }

  /** Follows no others than these (`<namespace>/<name>`) any more. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const [key, { stop }] of this.#followed) {
      if (wanted.has(key)) continue;
      this.#followed.delete(key);
      stop.abort();
    }
  }

  /** Stops following any; resolves when nothing is left running. */
  async end(): Promise<void> {
    const all = [...this.#followed.values()];
    this.keepOnly(new Set());
    await Promise.all(all.map(({ done }) => done));
  }

  #follow(key: string, namespace: string, name: string): Followed {
    const { api, clock, random, relistInterval, log } = this.#parts;
    const stop = new AbortController();
    let said = "";
    const informer = new Informer({
      reader: api,
      resource: resources.configMaps as Resource<KubeObject>,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      keep: keepConfigMap as (object: KubeObject) => ObservedChild,
      onChange: () => this.#changed(),
      onError: (error) => {
        const problem = error instanceof Error ? error.message : String(error);
        if (problem === said) return;
        said = problem;
        log.warn("ConfigMap {name} can't be followed for now: {problem}", { name: key, problem });
        this.#changed();
      },
      clock,
      random,
      ...(relistInterval !== undefined && { relistInterval }),
    });
    const followed: Followed = { informer, stop, done: informer.run(stop.signal), synced: false };
    informer.synced.then(() => {
      followed.synced = true;
      this.#changed();
    }, () => {});
    this.#followed.set(key, followed);
    return followed;
  }
}

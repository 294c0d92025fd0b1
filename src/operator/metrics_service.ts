import type { Logger } from "@logtape/logtape";
import type { OwnerReference } from "../api/object_meta.ts";
import type { KubeReader } from "../kube/kube_api.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import { metricsName } from "../plan/service_monitor.ts";

/**
 * The Service of the operator's metrics, as the owner of what tells Prometheus of them: without it there is nothing to
 * scrape, and with it they go when the operator is uninstalled. So has the existing operator.
 */
export class MetricsService {
  readonly #api: Pick<KubeReader, "get">;
  readonly #log: Logger;
  readonly #namespace: string;
  #owner: OwnerReference | undefined;
  #missing = false;

  constructor(api: Pick<KubeReader, "get">, log: Logger, namespace: string) {
    this.#api = api;
    this.#log = log;
    this.#namespace = namespace;
  }

  /** As it was last seen; undefined where it was not. */
  get owner(): OwnerReference | undefined {
    return this.#owner;
  }

  /** As it is now; undefined where there is none, or where it is about to go. */
  async look(signal: AbortSignal): Promise<OwnerReference | undefined> {
    this.#owner = await this.#read(signal);
    const missing = this.#owner === undefined;
    if (missing && !this.#missing) {
      this.#log.info(
        "Prometheus is told nothing of this operator: there is no Service {name} in namespace " +
          "{namespace}; apply the manifests",
        { name: metricsName, namespace: this.#namespace },
      );
    }
    this.#missing = missing;
    return this.#owner;
  }

  async #read(signal: AbortSignal): Promise<OwnerReference | undefined> {
    const address = { namespace: this.#namespace, name: metricsName };
    try {
      const { metadata } = await this.#api.get(resources.services, address, { signal });
      const { name, uid = "", deletionTimestamp } = metadata;
      return deletionTimestamp === undefined
        ? { apiVersion: "v1", kind: "Service", name, uid }
        : undefined;
    } catch (error) {
      if (isKubeError(error, "not-found")) return undefined;
      throw error;
    }
  }
}

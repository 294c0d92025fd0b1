import type { Logger } from "@logtape/logtape";
import type { OwnerReference } from "../api/object_meta.ts";
import type { KubeApi, KubeDiscovery } from "../kube/kube_api.ts";
import { resources } from "../kube/resource.ts";
import { WorkQueue } from "../kube/work_queue.ts";
import { prometheusRuleName, prometheusRuleSpec } from "../plan/prometheus_rule.ts";
import { metricsLabels, metricsName, serviceMonitorSpec } from "../plan/service_monitor.ts";
import type { MonotonicClock } from "../system/clock.ts";
import { Complaints } from "./complaints.ts";
import { KeptObject } from "./kept_object.ts";
import { MetricsService } from "./metrics_service.ts";

/** What Prometheus is told of the operator with. */
export interface MonitoringParts {
  /** Reads, and writes only while this process leads. */
  api: KubeApi & KubeDiscovery;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  log: Logger;
  /** The operator's. */
  namespace: string;
  /** Whether the mounted serving certificate comes with the authority that signed it; asked again and again. */
  hasCertificateAuthority(): boolean | Promise<boolean>;
  /** Whether the machinery's metrics are served to anybody, without TLS. */
  plainMetrics: boolean;
  /** Milliseconds between two periodic lists; the informer's default where absent. */
  relistInterval?: number;
}

const pause = 60_000;
const apiVersion = resources.prometheusRules.apiVersion;

/** An object that is kept. */
interface Kind {
  resource: typeof resources.prometheusRules;
  name: string;
  spec(): object | Promise<object>;
}

function kindsOf({ namespace, plainMetrics, hasCertificateAuthority }: MonitoringParts): Kind[] {
  return [
    {
      resource: resources.prometheusRules,
      name: prometheusRuleName,
      spec: () => prometheusRuleSpec(namespace),
    },
    {
      resource: resources.serviceMonitors,
      name: metricsName,
      spec: async () =>
        serviceMonitorSpec({
          ...{ namespace, plainMetrics },
          hasCertificateAuthority: await hasCertificateAuthority(),
        }),
    },
  ];
}

interface Followed {
  kept: KeptObject;
  stop: AbortController;
}

/** Keeps the PrometheusRule and the ServiceMonitor, each where the API server has its kind. */
class Monitoring {
  readonly #parts: MonitoringParts;
  readonly #kinds: readonly Kind[];
  readonly #complaints: Complaints;
  readonly #service: MetricsService;
  readonly #queue: WorkQueue;
  readonly #followed = new Map<string, Followed>();
  readonly #following = new Set<Promise<void>>();

  constructor(parts: MonitoringParts) {
    const { api, clock, random, log, namespace } = parts;
    this.#parts = parts;
    this.#kinds = kindsOf(parts);
    this.#complaints = new Complaints(log, "Prometheus may not hear of this operator");
    this.#service = new MetricsService(api, log, namespace);
    this.#queue = new WorkQueue({
      ...{ clock, random },
      backOff: { first: 1_000, cap: 300_000 },
      handle: async (plural, signal) => await this.#followed.get(plural)?.kept.look(signal),
      onRun: ({ key, error }) => {
        if (error === undefined) this.#complaints.over(key);
        else this.#complaints.about(key, error);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    const working = this.#queue.run(signal);
    while (!signal.aborted) {
      await this.#look(signal);
      await clock.sleep(pause * (0.8 + 0.4 * random()), signal);
    }
    for (const { stop } of this.#followed.values()) stop.abort();
    await Promise.all([working, ...this.#following]);
  }

  /** Sees which kinds there are, and that each object is looked at: what decides of it may be another than before. */
  async #look(signal: AbortSignal): Promise<void> {
    const { api, log } = this.#parts;
    try {
      const served = await api.kinds(apiVersion, { signal });
      if (signal.aborted) return;
      this.#complaints.over("kinds");
      for (const kind of this.#kinds) {
        const { plural } = kind.resource;
        const followed = this.#followed.get(plural);
        if (served.has(plural)) followed ?? this.#follow(kind);
        else if (followed !== undefined) {
          this.#followed.delete(plural);
          followed.stop.abort();
          log.info("The API server has no {plural} any more", { plural });
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#complaints.about("kinds", error);
    }
    for (const plural of this.#followed.keys()) this.#queue.add(plural);
  }

  #follow({ resource, name, spec }: Kind): void {
    const parts = this.#parts;
    const { namespace } = parts;
    const { plural } = resource;
    const kept = new KeptObject({
      ...parts,
      ...{ resource, name, service: this.#service },
      wanted: async (owner: OwnerReference) => ({
        ...{ name, namespace, owner, labels: metricsLabels, spec: await spec() },
      }),
      changed: () => {
        this.#complaints.over(`following ${plural}`);
        this.#queue.add(plural);
      },
      onError: (error) => this.#complaints.about(`following ${plural}`, error),
    });
    const stop = new AbortController();
    const following: Promise<void> = kept.run(stop.signal)
      .finally(() => this.#following.delete(following));
    this.#following.add(following);
    this.#followed.set(plural, { kept, stop });
  }
}

/**
 * Tells Prometheus what to scrape and what to warn of, as long as the signal does not abort, by objects of
 * prometheus-operator that it keeps as they should be; where the API server does not have these kinds, it looks for them
 * from time to time. What goes wrong is in the log; it never rejects.
 */
export async function runMonitoring(parts: MonitoringParts, signal: AbortSignal): Promise<void> {
  await new Monitoring(parts).run(signal);
}

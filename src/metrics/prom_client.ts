/**
 * The parts of `prom-client` that are used. Its index brings in what nothing here needs: clusters of processes, a push
 * gateway, metrics of Node.js.
 */

import type * as library from "prom-client";
import counter from "prom-client/lib/counter.js";
import histogram from "prom-client/lib/histogram.js";
import registry from "prom-client/lib/registry.js";

/** A counter. */
export type Counter = library.Counter;
/** A histogram. */
export type Histogram = library.Histogram;
/** The metrics of one endpoint. */
export type Registry = library.Registry;

/** The classes, typed as the index has them. */
export const { Counter, Histogram, Registry } = {
  Counter: counter as unknown as typeof library.Counter,
  Histogram: histogram as unknown as typeof library.Histogram,
  Registry: registry as unknown as typeof library.Registry,
};

/** A value as a registry writes it out. */
export interface MetricValue {
  labels: Readonly<Record<string, string>>;
  /** Labels that come after the others; each object of them is written out only once. */
  sharedLabels?: Readonly<Record<string, string>>;
  value: number;
}

/** What a registry asks of a metric, where a class of our own stands in for one of the library's. */
export interface ReadMetric {
  readonly name: string;
  /** As it is now. */
  get(): { name: string; help: string; type: string; values: readonly MetricValue[] };
}

/** A metric of our own as one that can be registered: the library's type knows its own classes alone. */
export const asMetric = (metric: ReadMetric): library.Metric => metric as unknown as library.Metric;

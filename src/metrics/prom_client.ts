/**
 * The parts of `prom-client` that are used. Its index brings in what nothing here needs: clusters of processes, a push
 * gateway, metrics of Node.js.
 */

import type * as library from "prom-client";
import counter from "prom-client/lib/counter.js";
import gauge from "prom-client/lib/gauge.js";
import histogram from "prom-client/lib/histogram.js";
import registry from "prom-client/lib/registry.js";

/** A counter. */
export type Counter = library.Counter;
/** A gauge. */
export type Gauge = library.Gauge;
/** A histogram. */
export type Histogram = library.Histogram;
/** The metrics of one endpoint. */
export type Registry = library.Registry;

/** The classes, typed as the index has them. */
export const { Counter, Gauge, Histogram, Registry } = {
  Counter: counter as unknown as typeof library.Counter,
  Gauge: gauge as unknown as typeof library.Gauge,
  Histogram: histogram as unknown as typeof library.Histogram,
  Registry: registry as unknown as typeof library.Registry,
};

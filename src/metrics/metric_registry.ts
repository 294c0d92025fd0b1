import type { MetricTable, Sample } from "./metric.ts";
import { Counter, Gauge, Histogram, Registry } from "./prom_client.ts";

type Labels = Readonly<Record<string, string>>;

/** The metrics of an endpoint, with their values. */
export class MetricRegistry<Table extends MetricTable> {
  /** Media type of `text`. */
  static readonly contentType = "text/plain; version=0.0.4; charset=utf-8";

  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(table: Table) {
    for (const [name, { type, help, labels, begins, buckets }] of Object.entries(table)) {
      const base = { name, help, labelNames: [...labels], registers: [this.#registry] };
      switch (type) {
        case "counter": {
          const counter = new Counter(base);
          for (const value of begins ?? []) counter.inc({ [labels[0] ?? ""]: value }, 0);
          this.#counters.set(name, counter);
          break;
        }
        case "gauge":
          this.#gauges.set(name, new Gauge(base));
          break;
        case "histogram":
          this.#histograms.set(
            name,
            new Histogram({ ...base, ...(buckets !== undefined && { buckets: [...buckets] }) }),
          );
      }
    }
  }

  /** Counts. */
  add(name: keyof Table & string, labels: Labels, by = 1): void {
    this.#counters.get(name)?.inc({ ...labels }, by);
  }

  /** Takes a value into a histogram. */
  observe(name: keyof Table & string, labels: Labels, value: number): void {
    this.#histograms.get(name)?.observe({ ...labels }, value);
  }

  /** Gives metrics these samples, and no others: series that are not among them are gone. */
  replace<Name extends keyof Table & string>(
    names: Iterable<Name>,
    samples: Iterable<Sample<Name>>,
  ): void {
    for (const name of names) (this.#gauges.get(name) ?? this.#counters.get(name))?.reset();
    for (const { name, labels, value } of samples) {
      const gauge = this.#gauges.get(name);
      if (gauge !== undefined) gauge.set({ ...labels }, value);
      else this.#counters.get(name)?.inc({ ...labels }, value);
    }
  }

  /** Removes the series of counters whose labels don't fit. */
  async keepCounters(
    names: Iterable<keyof Table & string>,
    fits: (labels: Labels) => boolean,
  ): Promise<void> {
    for (const name of names) {
      const counter = this.#counters.get(name);
      for (const { labels } of (await counter?.get())?.values ?? []) {
        const series = Object.fromEntries(
          Object.entries(labels).map(([label, value]) => [label, String(value)]),
        );
        if (!fits(series)) counter?.remove(series);
      }
    }
  }

  /** Everything in the text format of Prometheus. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}

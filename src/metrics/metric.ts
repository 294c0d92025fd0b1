/** What a metric is called, what kind it is, and what its labels are. */

/** A metric of an endpoint. */
export interface Metric {
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels: readonly string[];
  /** Values of its one label that are there, as 0, before anything is counted: an increase from nothing is not seen. */
  begins?: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  buckets?: readonly number[];
}

/** Metrics by name. */
export type MetricTable = Readonly<Record<string, Metric>>;

/** A value of a metric. */
export interface Sample<Name extends string = string> {
  name: Name;
  labels: Readonly<Record<string, string>>;
  /** Labels that it has in common with other samples, in the same object: they are written out once for all of them. */
  shared?: Readonly<Record<string, string>>;
  value: number;
}

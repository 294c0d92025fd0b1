/** Reads what is answered to Prometheus, in its text format. */
import { type Labels, seriesName } from "./promtool.ts";

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, one: string) => one === "n" ? "\n" : one);

/** A sample. */
export interface ScrapedSample {
  name: string;
  labels: Labels;
  value: number;
}

/** What a program answered. */
export class Exposition {
  readonly samples: readonly ScrapedSample[];

  /** Throws for a line that is none of the format. */
  constructor(readonly text: string) {
    this.samples = text.split("\n").filter((one) => one !== "" && !one.startsWith("#"))
      .map((one) => {
        const found = line.exec(one);
        if (found === null) throw new TypeError(`Not in the text format of Prometheus: ${one}`);
        const [, name = "", labels = "", value = ""] = found;
        const pairs = [...labels.matchAll(label)].map(([, key = "", text = ""]) =>
          [key, unescaped(text)] as const
        );
        return { name, labels: Object.fromEntries(pairs), value: Number(value) };
      });
  }

  /** The samples of a metric that have these labels, among others. */
  of(name: string, labels: Labels = {}): ScrapedSample[] {
    return this.samples.filter((sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
    );
  }

  /** The value of the only sample of a metric that has these labels; undefined where there is none. */
  value(name: string, labels: Labels = {}): number | undefined {
    const [sample, ...others] = this.of(name, labels);
    if (others.length > 0) {
      throw new Error(`${others.length + 1} samples of ${seriesName(name, labels)}`);
    }
    return sample?.value;
  }
}

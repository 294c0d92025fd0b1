import { encodePath } from "../base/path_text.ts";
import type { DifferentAttributes } from "./report.ts";

const longestPath = 4096 * 4;
const longestAttributes = 256;

/** Entries whose attributes differ, counted, the first of them kept raw until it is known how to read their names. */
export class DifferentEntries {
  readonly #items: { path: Uint8Array; attributes: string }[] = [];
  #total = 0;

  constructor(private readonly limit: number) {}

  add(path: Uint8Array, attributes: Uint8Array): void {
    this.#total++;
    if (this.#items.length >= this.limit || path.length > longestPath) return;
    this.#items.push({
      path: path.slice(),
      attributes: encodePath(attributes.subarray(0, longestAttributes)),
    });
  }

  /** The count and the kept entries; `text` makes text of a path as it stands in the report. */
  list(text: (path: Uint8Array) => string): { total: number; items: DifferentAttributes[] } {
    const items = this.#items.map(({ path, attributes }) => ({ path: text(path), attributes }));
    return { total: this.#total, items };
  }
}

/** Blocks that are not run where the others are: what runs them, or why nothing does. */

import type { Block, UserDocument } from "./document.ts";

/** A block, by what it begins with. */
export interface ElsewhereBlock {
  document: UserDocument;
  begins: string;
  /** The test that runs it, or does the same; absent where none can. */
  test?: string;
  why: string;
}

/** All of them. */
export const elsewhere: readonly ElsewhereBlock[] = [
  {
    document: "crds/README.md",
    begins: "$ kubectl logs ",
    why: "Logs are the kubelet's to serve, and the one of these tests serves none",
  },
  {
    document: "manifests/monitoring/README.md",
    begins: "scrape_configs:",
    test: "tests/prometheus/documented_config_test.ts",
    why: "It is for Prometheus, whose own tool reads it there",
  },
];

/** What is said of a block here; undefined for one that is run with the others. */
export function runElsewhere({ document, text }: Block): ElsewhereBlock | undefined {
  return elsewhere.find((one) => one.document === document && text.startsWith(one.begins));
}

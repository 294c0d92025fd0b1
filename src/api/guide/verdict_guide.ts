/** What the verdicts of scans mean. */

import type { Condition } from "../scan_result.ts";

/** Every verdict of a scan, as sentences. */
export const verdictGuide = {
  Succeeded: "Every selected file was read, and nothing differs from the baseline.",
  Failed:
    "Files were added, changed or removed since the baseline. Each scan says so until they are as they were, or a new " +
    "baseline is taken.",
  Errored:
    "There is no verdict that can be trusted. `errorReason` is one word for why, `errorMessage` says it in full. The " +
    "verdict before it stays in `results`.",
} as const satisfies Record<Condition, string>;

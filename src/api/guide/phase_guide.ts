/** What the phases of a FileIntegrity mean. */

import type { Phase } from "../file_integrity_status.ts";

/** Every phase, as sentences. */
export const phaseGuide = {
  Pending:
    "It is being set up; or no node is selected; or the first scan waits for `spec.config.initialDelay`. The condition " +
    "Ready says which.",
  Initializing:
    "Nodes that are up have no verdict yet by the configuration and the baseline that are asked for: databases are " +
    "being built, or wait for a hold to end.",
  Active: "Scans go on. The phase does not say whether files have changed.",
  Error:
    "The wanted configuration is refused, and the one before stays active, or the default policy where there was none; " +
    "or the API server refuses the pods that the spec asks for; or the scan of a node gave no verdict. The condition " +
    "Ready says which.",
} as const satisfies Record<Phase, string>;

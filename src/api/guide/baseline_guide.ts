/** Why a new baseline was taken. */

import type { BaselineReason } from "../reasons.ts";

/** Every reason of a baseline, as a sentence. */
export const baselineGuide = {
  "first": "There was none: the node, or the FileIntegrity, is new.",
  "requested":
    "Somebody asked for it, by the annotation `re-init` or `re-init-on-failed`, or by `scan --re-init`.",
  "config-change":
    "The AIDE configuration has changed. The node is looked at with the old one first, and what differed then is kept " +
    "as absorbed. Where the old baseline is lost or altered, the node stays Errored instead.",
  "node-update":
    "An update of the node is over: what it changed is absorbed, and kept in the log. Where the baseline before it is " +
    "lost or altered, the node stays Errored instead.",
  "node-replaced": "Another node has come under the same name.",
  "moved-over":
    "The existing operator scanned the node before, and its database vouches for nothing here.",
} as const satisfies Record<BaselineReason, string>;

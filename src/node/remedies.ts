import { annotations } from "../api/labels.ts";

/** What helps against faults of a node, in the words of whoever runs it: `scan` has options, a cluster has objects. */
export interface Remedies {
  /** The whole message where AIDE does not say its version. */
  noAide: string;
  /** What to do about a host root that is not there. */
  noRoot: string;
  /** How to get a new baseline. */
  newBaseline: string;
}

const noAide = "AIDE is missing or does not start: install the package aide (0.18 or later)";

/** The remedies in a cluster. */
export const clusterRemedies: Remedies = {
  noAide,
  noRoot: "mount the host's file system there",
  newBaseline: `ask for a new baseline: annotate the FileIntegrity with ${annotations.reInit}`,
};

/** The remedies of `scan`; `aide` is what `--aide` names, where it is given. */
export function scanRemedies(aide: string | undefined): Remedies {
  return {
    noAide: aide === undefined
      ? noAide
      : `${aide} does not start or is not AIDE: correct --aide, or leave it out for the aide on the PATH`,
    noRoot: "correct --root",
    newBaseline: "take a new baseline with --re-init",
  };
}

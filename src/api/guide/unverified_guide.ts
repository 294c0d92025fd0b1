/** Why a scan could not verify a path, and what to do about it. */

import type { UnverifiedReason } from "../reasons.ts";

/** A reason in words for people; both texts are sentences. */
export interface UnverifiedGuide {
  meaning: string;
  remedy: string;
}

/** Every reason in `lastResult.unverified`. */
export const unverifiedGuide = {
  "changed-while-hashed": {
    meaning:
      "The file changed whenever it was hashed. A scan looks at it three times more; a file that changed in each look " +
      "counts as changed, and the result is `Failed`. A new baseline can't record it.",
    remedy: "Exclude files that are written all the time, such as logs.",
  },
  "unreadable": {
    meaning: "The file, directory or an attribute of it could not be read.",
    remedy:
      "Look for errors of the disk in the node's kernel log. Exclude network and FUSE file systems, which root of " +
      "another machine may not read.",
  },
  "path-too-long": {
    meaning: "The path has more than 4,095 bytes, and AIDE can't reach it.",
    remedy:
      "Shorten it, or exclude the directory. Nobody makes such a path by mistake: look at it first.",
  },
  "link-too-long": {
    meaning: "The target of a symbolic link is longer than AIDE can hold in its database.",
    remedy:
      "Shorten it, or exclude the link. Nobody makes such a link by mistake: look at it first.",
  },
  "attributes-differ": {
    meaning:
      "The baseline has a hash of the file, and this scan has none, or another kind of hash.",
    remedy: "See why the file can't be hashed any more, then ask for a new baseline.",
  },
  "not-in-baseline-hash": {
    meaning: "This scan has a hash of the file, and the baseline has none to compare with.",
    remedy: "Ask for a new baseline.",
  },
  "stat-failed": {
    meaning: "The kernel did not say what the path is.",
    remedy:
      "Look for errors of the disk, and for mounts that hang, on the node; exclude what is not the node's own.",
  },
} as const satisfies Record<UnverifiedReason, UnverifiedGuide>;

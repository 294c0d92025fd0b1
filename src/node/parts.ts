import type { Logger } from "@logtape/logtape";
import type { Aide } from "./aide_process.ts";
import type { MonotonicClock } from "../system/clock.ts";
import type { Disk } from "./disk.ts";
import type { Remedies } from "./remedies.ts";
import type { StateFiles } from "./state_files.ts";

/** What the node core works with; everything that reaches outside is here. */
export interface Parts {
  disk: Disk;
  clock: MonotonicClock;
  aide: Aide;
  log: Logger;
  files: StateFiles;
  /** The directory that the rules' `/hostroot` stands for. */
  root: string;
  /** Threads that AIDE hashes with. */
  workers: number;
  /** Milliseconds after which a run of AIDE counts as hanging. */
  timeoutMs: number;
  /**
   * Where the record of the baseline is kept: a database without one was planted where both are on the host (the
   * default), while in a cluster somebody deleted the record.
   */
  recordKept?: "on-host" | "in-cluster";
  /** What messages advise; by default what helps in a cluster. */
  remedies?: Remedies;
}

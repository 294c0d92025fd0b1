import type { Logger } from "@logtape/logtape";
import type { RunReport, WorkQueue } from "../kube/work_queue.ts";
import type { Count } from "../metrics/action_counts.ts";
import type { Caches } from "./caches.ts";
import type { KubeApi } from "../kube/kube_api.ts";
import type { MonotonicClock } from "../system/clock.ts";
import type { ConfigError } from "../aide/config_check.ts";
import type { ObservedAdmission } from "../plan/observed.ts";

/** What a leader works with, for probes and metrics. */
export interface OperatorWork {
  caches: Caches;
  queue: WorkQueue;
}

/** What the operator works with; everything that reaches outside is here. */
export interface OperatorParts {
  /** Reads, and writes only while this process leads. */
  api: KubeApi;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  log: Logger;
  /** The namespace whose FileIntegrities are carried out. */
  namespace: string;
  /** The image of the daemon. */
  image: string;
  /** The name of this process in events. */
  instance: string;
  /** What AIDE says against a converted configuration; nothing when it accepts it. */
  checkConfig(converted: string): Promise<ConfigError[]>;
  /** Whether the API server keeps every daemon to its own node. */
  admission(signal: AbortSignal): Promise<ObservedAdmission>;
  /** Milliseconds between two periodic lists of every kind; the informer's default where absent. */
  relistInterval?: number;
  /** Told of what the work is done with, before it begins. */
  onWork?(work: OperatorWork): void;
  /** Told of what actions that were carried out count. */
  onCounts?(counts: readonly Count[]): void;
  /** Told of every look at a FileIntegrity that ended. */
  onLooked?(run: RunReport): void;
}

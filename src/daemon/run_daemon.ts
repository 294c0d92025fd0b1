import type { Logger } from "@logtape/logtape";
import { nodeStatusName } from "../api/names.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import { backOff } from "../kube/back_off.ts";
import type { KubeApi } from "../kube/kube_api.ts";
import type { KubeClientOptions } from "../kube/kube_client.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import type { Disk } from "../node/disk.ts";
import { logPublication, type PublicationPlace } from "../node/log_publication.ts";
import { type Publication, PublishLater } from "../node/publisher.ts";
import { runNode } from "../node/run_node.ts";
import { stateFiles } from "../node/state_files.ts";
import { takeState } from "../node/take_state.ts";
import type { MonotonicClock } from "../system/clock.ts";
import type { DaemonOptions } from "../system/daemon_options.ts";
import { ApiHealth } from "./api_health.ts";
import { ClusterOrders } from "./cluster_orders.ts";
import { ClusterPublisher } from "./cluster_publisher.ts";
import type { DaemonWatch } from "./daemon_watch.ts";
import type { KnownStatus } from "./known_status.ts";
import { movedOverPublisher } from "./moved_over_publisher.ts";
import { mountedConfig } from "./mounted_config.ts";
import { openState } from "./open_state.ts";
import { StatusFollower } from "./status_follower.ts";

/** What a daemon works with. */
export interface DaemonParts {
  options: DaemonOptions;
  node: string;
  /** Absolute. */
  root: string;
  stateDirectory: string;
  configDirectory: string;
  /** Opens the API, with options for its client. */
  open(options: Pick<KubeClientOptions, "report" | "deadline">): KubeApi & Disposable;
  /** Watches AIDE, and is told what the daemon does, for its probes. */
  watch: DaemonWatch;
  disk: Disk;
  clock: MonotonicClock;
  /** 0 to 1. */
  random(): number;
  log: Logger;
}

/** Milliseconds; whoever waits longer for one small object had better say that the API server is away. */
const callDeadline = 10_000;

const readPauses = { first: 1_000, cap: 30_000 };

/** Runs a daemon until the signal aborts. */
export async function runDaemon(parts: DaemonParts, signal: AbortSignal): Promise<void> {
  const { options, node, clock, random, log } = parts;
  const { namespace, fileIntegrity, uid } = options;
  const health = new ApiHealth(log);
  using api = parts.open({ report: health.report, deadline: callDeadline });
  const follower = new StatusFollower({
    ...{ reader: api, namespace, clock, random, log, health },
    name: nodeStatusName(fileIntegrity, node),
    owner: uid,
  });
  // What is left to be published when the signal comes still needs to know the object.
  const over = new AbortController();
  const following = follower.run(over.signal);
  try {
    await work(parts, { api, health, follower }, signal);
  } finally {
    over.abort();
    await following;
  }
}

interface Cluster {
  api: KubeApi;
  health: ApiHealth;
  follower: StatusFollower;
}

async function work(parts: DaemonParts, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { options, clock, disk, log, watch } = parts;
  const { follower } = cluster;
  const config = await mountedConfig({
    ...{ directory: parts.configDirectory, digest: options.configDigest, clock, log },
    found: (problem) => watch.config(problem),
  }, signal);
  if (config === undefined) return;

  const files = stateFiles(parts.stateDirectory);
  const interval = options.interval * 1000;
  const { maxBackups } = options;
  let stored: StoredNodeStatus | undefined;
  const state = await openState({
    ...{ disk, files, maxBackups, interval, clock, log },
    uid: options.uid,
    take: () => takeState(files.directory, "it ends when that pod has ended"),
    read: async (signal) => stored = await readStatus(parts, cluster, signal),
    held: () => follower.known?.held ?? true,
    found: (problem) => watch.state(problem),
    publish: async (publication, signal) => {
      logPublication(log, publication, placeOf(parts));
      await publisher(parts, cluster, stored).publish(publication, signal).catch((error) => {
        if (!(error instanceof PublishLater)) throw error;
      });
    },
  }, signal);
  if (state === undefined) return;
  try {
    const known = await follower.exists(signal);
    if (known === undefined) return;
    await scanNode(parts, cluster, { config, known, status: state.status }, signal);
  } finally {
    state.lock.release();
  }
}

function placeOf({ options: { fileIntegrity }, node }: DaemonParts): PublicationPlace {
  return { fileIntegrity, node };
}

interface Found {
  config: string;
  known: KnownStatus;
  status: StoredNodeStatus;
}

async function scanNode(
  parts: DaemonParts,
  cluster: Cluster,
  { config, known, status }: Found,
  signal: AbortSignal,
): Promise<void> {
  const { options, clock, disk, log, random } = parts;
  const { baseline } = status;
  if (baseline !== undefined) {
    const { digest, created, reason } = baseline;
    log.info("Baseline {digest}, taken {created} ({reason})", { digest, created, reason });
  }
  let newest: Publication | undefined;
  await runNode({
    parts: {
      ...{ disk, clock, log },
      files: stateFiles(parts.stateDirectory),
      aide: parts.watch.aide,
      root: parts.root,
      workers: options.workers,
      timeoutMs: options.timeout * 1000,
      recordKept: "in-cluster",
    },
    orders: new ClusterOrders(
      {
        config,
        configDigest: options.configDigest,
        interval: options.interval * 1000,
        maxBackups: options.maxBackups,
        initialDelay: options.initialDelay * 1000,
      },
      cluster.follower,
      known,
      clock,
    ),
    publisher: movedOverPublisher(publisher(parts, cluster, status), status),
    anchor: baseline,
    jitter: random,
    turned: (activity) => parts.watch.turned(activity),
    pausesAt: "debug",
    found: (publication) => {
      newest = publication;
      logPublication(log, publication, placeOf(parts));
    },
    published: (publication) => {
      // Where it could not be published it has become another one, which says why.
      if (publication !== newest) logPublication(log, publication, placeOf(parts));
      return Promise.resolve(true);
    },
  }, signal);
}

function publisher(
  { options, node, clock, random, log }: DaemonParts,
  { api, health, follower }: Cluster,
  previous: StoredNodeStatus | undefined,
): ClusterPublisher {
  const { namespace, fileIntegrity, uid } = options;
  return new ClusterPublisher({
    ...{ api, namespace, fileIntegrity, uid, node, clock, random, log, health },
    target: () => follower.known?.uid,
    better: (signal) => Promise.race([health.back.heard(signal), follower.changed.heard(signal)]),
  }, previous);
}

/** The node's status as the API server has it now; undefined when the signal aborts. */
async function readStatus(
  { options, node, clock, random }: DaemonParts,
  { api, health, follower }: Cluster,
  signal: AbortSignal,
): Promise<StoredNodeStatus | undefined> {
  const { namespace, fileIntegrity } = options;
  const address = { namespace, name: nodeStatusName(fileIntegrity, node) };
  for (let failures = 0; !signal.aborted;) {
    const known = await follower.exists(signal);
    if (known === undefined) break;
    try {
      const status = await api.get(resources.nodeStatuses, address, { signal });
      if (status.metadata.uid === known.uid) return status;
    } catch (error) {
      if (signal.aborted) break;
      if (!isKubeError(error)) throw error;
      if (!isKubeError(error, "not-found")) health.failed("read", error);
    }
    // It is another object than the one that was seen, or none, or the server is away.
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const pause = clock.sleep(backOff(++failures, readPauses, random), either);
    await Promise.race([pause, follower.changed.heard(either), health.back.heard(either)]);
    over.abort();
  }
  return undefined;
}

import { inClusterConnection, serviceAccountDirectory } from "../kube/in_cluster.ts";
import type { Connection } from "../kube/connection.ts";
import { type CallReport, KubeClient } from "../kube/kube_client.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { LeaderElection } from "../kube/leader_election.ts";
import { operatorLease } from "../kube/lease.ts";
import { BearerReviews } from "../metrics/bearer_reviews.ts";
import { hasAuthority } from "../metrics/serving_certificate.ts";
import { checkConfig } from "../node/check_config.ts";
import { installedAide } from "../node/installed_aide.ts";
import { systemClock } from "../system/clock.ts";
import { bindAddress, CannotListen } from "../system/listen.ts";
import { exitStatus } from "../system/exit_status.ts";
import { startLog } from "../system/logging.ts";
import type { OperatorOptions } from "../system/operator_options.ts";
import { writeError } from "../system/output.ts";
import { startProbes } from "../system/probe_server.ts";
import { untilSignal } from "../system/until_signal.ts";
import { admissionState } from "./admission_state.ts";
import { isEarlierContainer } from "./earlier_container.ts";
import { type MonitoringParts, runMonitoring } from "./monitoring.ts";
import { operatorAlive, type OperatorFigures, operatorReady } from "./operator_health.ts";
import { OperatorMetrics } from "./operator_metrics.ts";
import type { OperatorParts, OperatorWork } from "./parts.ts";
import { runOperator } from "./run_operator.ts";
import { serveMetrics } from "./serve_metrics.ts";

/**
 * Renewed every 10 s and not every 2, as the existing operator does: that is most of what wakes an operator that has
 * nothing to do. Who is gone with its pod is replaced after 30 s and not 15; who ends in good order, or is started again
 * in its pod, at once.
 */
const leaseTimes = { leaseSeconds: 30, renewDeadline: 20_000, renewPeriod: 10_000 };

async function namespaceOf({ namespace }: OperatorOptions): Promise<string | undefined> {
  const given = namespace || Deno.env.get("WATCH_NAMESPACE") || Deno.env.get("POD_NAMESPACE");
  if (given) return given;
  return await Deno.readTextFile(`${serviceAccountDirectory}/namespace`)
    .then((text) => text.trim() || undefined, () => undefined);
}

async function connect({ kubeconfig, context }: OperatorOptions): Promise<Connection> {
  if (kubeconfig === undefined && context === undefined) return await inClusterConnection();
  const { kubeconfigConnection } = await import("../kube/kubeconfig.ts");
  return await kubeconfigConnection({
    ...(kubeconfig !== undefined && { path: kubeconfig }),
    ...(context !== undefined && { context }),
  });
}

/** How the operator stands now. */
function figuresOf(
  election: LeaderElection,
  started: number,
  work: OperatorWork | undefined,
): OperatorFigures {
  const { phase, holder, lastAttempt, lastAnswer } = election;
  return {
    now: systemClock.monotonic(),
    time: systemClock.now(),
    started,
    election: { phase, holder, lastAttempt, lastAnswer },
    ...(work !== undefined && {
      work: {
        longestRunning: work.queue.figures.longestRunning,
        caches: Object.entries(work.caches.informers).map(([what, informer]) => ({
          what,
          phase: informer.state.phase,
          syncedAt: informer.syncedAt,
          failingSince: informer.failingSince,
        })),
      },
    }),
  };
}

/** The work of a leader, until the signal aborts. */
async function lead(
  operatorParts: OperatorParts,
  monitoringParts: MonitoringParts,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const monitoring = runMonitoring(monitoringParts, AbortSignal.any([signal, over.signal]));
  try {
    await runOperator(operatorParts, signal);
  } finally {
    over.abort();
    await monitoring;
  }
}

/** Carries out `operator`. Gives the exit status: 0 when a signal ended it, 2 when its leadership is lost. */
export async function operator(options: OperatorOptions): Promise<number> {
  const namespace = await namespaceOf(options);
  const image = options.image || Deno.env.get("RELATED_IMAGE_OPERATOR");
  const faults = [
    ...(namespace === undefined ? ["No namespace: set WATCH_NAMESPACE, or give --namespace"] : []),
    ...(image === undefined || image === ""
      ? ["No image for the daemon: set RELATED_IMAGE_OPERATOR, or give --image"]
      : []),
  ];
  if (namespace === undefined || image === undefined || faults.length > 0) {
    for (const fault of faults) await writeError(`Error: ${fault}`);
    return exitStatus.usage;
  }
  const { log, flush } = await startLog(options.logFormat, options.debug, () => "");
  const stop = untilSignal();
  try {
    const report = (call: CallReport): void => metrics.called(call);
    using electing = new KubeClient(await connect(options), { report });
    const pod = Deno.env.get("POD_NAME");
    const instance = `${pod ?? "operator"}-${crypto.randomUUID().slice(0, 8)}`;
    const election = new LeaderElection({
      api: electing,
      namespace,
      name: operatorLease,
      identity: instance,
      clock: systemClock,
      random: Math.random,
      ...leaseTimes,
      hasEnded: (holder) => isEarlierContainer(pod, holder),
      onHolder: (holder) => log.info("The leader is {holder}", { holder: holder || "nobody" }),
      onError: (error) =>
        log.warn("The Lease could not be had or renewed: {problem}", {
          problem: error instanceof Error ? error.message : String(error),
        }),
    });
    let work: OperatorWork | undefined;
    const metrics = new OperatorMetrics({
      ...{ clock: systemClock, leaseName: operatorLease, work: () => work },
      leading: () => election.phase === "leading",
    });
    const started = systemClock.monotonic();
    const figures = (): OperatorFigures => figuresOf(election, started, work);
    await using _probes = await startProbes(bindAddress(options.bindAddress), {
      alive: () => operatorAlive(figures()),
      ready: () => operatorReady(figures()),
    });
    using api = new KubeClient(await connect(options), { report, guard: () => election.guard() });
    const aide = await installedAide(options.aide);
    const ended = new AbortController();
    const served = serveMetrics({
      ...{ log, clock: systemClock, address: bindAddress(options.bindAddress) },
      pages: { "/metrics": () => metrics.machinery(), "/metrics-fio": () => metrics.product() },
      reviews: new BearerReviews({ api: electing, clock: systemClock }),
      certificateDirectory: options.certDir,
      plain: options.plainMetrics,
    }, ended.signal).finally(() => ended.abort());
    const led = election.run({
      signal: AbortSignal.any([stop.signal, ended.signal]),
      onLeading: async (signal) => {
        const base = { api, log, namespace, clock: systemClock, random: Math.random };
        await lead({
          ...{ ...base, image, instance },
          checkConfig: (converted) => checkConfig(converted, aide.path),
          admission: (signal) => admissionState(api, { signal }),
          onWork: (begun) => work = begun,
          onCounts: (counts) => metrics.count(counts),
          onLooked: (run) => metrics.looked(run),
        }, {
          ...base,
          hasCertificateAuthority: () => hasAuthority(options.certDir),
          plainMetrics: options.plainMetrics,
        }, signal);
      },
    }).finally(() => ended.abort());
    // Each ends when the other does, and both in good order: the Lease is given back.
    const ends = await Promise.allSettled([led, served]);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    const outcome = await led;
    if (outcome === "ended") return exitStatus.succeeded;
    log.error("The Lease is lost: this process ends, and another one leads");
    return exitStatus.errored;
  } catch (error) {
    if (error instanceof CannotListen) {
      log.error("{problem}", { problem: error.message });
      return exitStatus.errored;
    }
    if (!isKubeError(error)) throw error;
    log.error("The API server can't be used: {problem}", { problem: error.message });
    return exitStatus.errored;
  } finally {
    stop.end();
    await flush();
  }
}

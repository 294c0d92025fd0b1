import type { Logger } from "@logtape/logtape";
import { apiVersion } from "../api/labels.ts";
import { nodeStatusName } from "../api/names.ts";
import { nextNodeStatus } from "../api/next_node_status.ts";
import type { Baseline, LastResult, StoredNodeStatus } from "../api/node_status.ts";
import { type BackOff, backOff, isLasting } from "../kube/back_off.ts";
import type { KubeApi } from "../kube/kube_api.ts";
import { isKubeError, type KubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import { NodeFault } from "../node/fault.ts";
import { logParts, type LogPlace, type NamedLog, nameLogs } from "../node/named_logs.ts";
import { type Publication, type Publisher, PublishLater } from "../node/publisher.ts";
import type { MonotonicClock } from "../system/clock.ts";
import type { ApiHealth } from "./api_health.ts";
import { nodeStatusPatch } from "./node_status_patch.ts";

/** Where a node's results go in a cluster, and with what. */
export interface ClusterPlace {
  api: Pick<KubeApi, "apply" | "get" | "mergePatch">;
  namespace: string;
  fileIntegrity: string;
  /** `metadata.uid` of the FileIntegrity. */
  uid: string;
  node: string;
  clock: MonotonicClock;
  random(): number;
  log: Logger;
  health: ApiHealth;
  /** `metadata.uid` of the FileIntegrityNodeStatus as it is there now; undefined where there is none. */
  target(): string | undefined;
  /** Resolves when something changed for the better, or the signal aborts. */
  better(signal: AbortSignal): Promise<void>;
}

/** The name under which the API server keeps what the daemon wrote. */
export const fieldManager = "file-integrity-daemon";

/** The most ConfigMaps of one log: a host that others have taken over must not fill the cluster's store. */
const mostParts = 64;

const pauses: BackOff = { first: 1_000, cap: 30_000 };
const lastingPauses: BackOff = { first: 5_000, cap: 60_000 };

// Milliseconds for one call. While it is tried no scan begins, and it is tried again in any case.
const statusDeadline = 10_000;
const logDeadline = 20_000; // for a megabyte

/**
 * Milliseconds for which a log that is forbidden is tried again: an API server that has just started forbids for a
 * moment what it allows.
 */
const forbiddenPatience = 10_000;

/** Whether it is another object by now that has the name. */
function isOther({ status }: KubeError): boolean {
  return status?.details?.causes?.some(({ field }) => field === "metadata.uid") ?? false;
}

/** Whether the server will never take this very content; all else may be otherwise next time. */
function isRefused(error: unknown): error is KubeError {
  if (isKubeError(error, "invalid")) return !isOther(error);
  if (isKubeError(error, "bad-request")) return error.code !== 404; // a kind that is not installed yet
  return isKubeError(error, "server-error") && /request is too large/.test(error.message);
}

/** Whether the server may have done what it was asked to, though nothing that came back says so. */
function mayBeDone(error: unknown): boolean {
  return !isKubeError(error) ||
    isKubeError(
      error,
      ...["server-error", "unavailable", "deadline", "network", "protocol"] as const,
    );
}

/** The server took the patch, and its definition of the kind has no place for a baseline. */
class NotRecorded extends Error {
  constructor() {
    super(
      "the API server does not keep the record of the baseline: apply the CustomResourceDefinitions of this version",
    );
  }
}

const saying = (error: unknown): string => error instanceof Error ? error.message : String(error);

/** The result without what only weighs: what the next status is made of. */
function remembered({ unverified: _, changes, ...rest }: LastResult): LastResult {
  return { ...rest, ...(changes === undefined ? {} : { changes: { ...changes, items: [] } }) };
}

/** What was found, in short. */
function found({ condition, changes, errorMessage }: LastResult): string {
  const what = changes === undefined
    ? errorMessage?.slice(0, 300)
    : `${changes.added} added, ${changes.changed} changed, ${changes.removed} removed`;
  return what === undefined ? condition : `${condition}: ${what}`;
}

/**
 * Publishes into the cluster: the logs as ConfigMaps, then results and baseline by one patch of the node's status.
 *
 * What the server can't take now is `PublishLater`. A log that it will not take is left out, and the result says so
 * beside its condition. A result that it will not take becomes one that is `Errored` and says what was found.
 */
export class ClusterPublisher implements Publisher {
  readonly #place: ClusterPlace;
  readonly #logPlace: LogPlace;
  #previous: StoredNodeStatus | undefined;
  /** Whether the cluster may have a newer result than the previous one: of a patch that nobody answered. */
  #unsure = false;
  #lasting = false;
  /** Since when every log has been forbidden, in milliseconds of the monotonic clock. */
  #forbiddenSince: number | undefined;

  /** @param previous the status as the cluster has it before the first publication */
  constructor(place: ClusterPlace, previous: StoredNodeStatus | undefined) {
    this.#place = place;
    this.#previous = previous;
    const { fileIntegrity, node, namespace, uid } = place;
    this.#logPlace = {
      ...{ fileIntegrity, node, namespace },
      owner: { apiVersion, kind: "FileIntegrity", name: fileIntegrity, uid },
    };
  }

  async publish(publication: Publication, signal: AbortSignal): Promise<void> {
    const target = this.#place.target();
    if (target === undefined) {
      this.#lasting = true;
      throw new PublishLater("There is no FileIntegrityNodeStatus to publish in");
    }
    const { logs, result, absorbed } = nameLogs(publication, this.#logPlace);
    let published = { result, absorbed };
    for (const log of logs) {
      const problem = await this.#publishLog(log, signal);
      if (problem !== undefined) published = withoutLog(published, log, problem);
    }
    const { baseline } = publication;
    await this.#publishStatus(
      published.result,
      baseline === undefined ? undefined : {
        ...baseline,
        ...(published.absorbed === undefined ? {} : { absorbed: published.absorbed }),
      },
      target,
      signal,
    );
  }

  async again(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random, better } = this.#place;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const pause = backOff(failures, this.#lasting ? lastingPauses : pauses, random);
    await Promise.race([clock.sleep(pause, either), better(either)]);
    over.abort();
  }

  /** Publishes a log, part by part. Gives why it can't be, where it never can. */
  async #publishLog(log: NamedLog, signal: AbortSignal): Promise<string | undefined> {
    const { api } = this.#place;
    try {
      for await (const part of logParts(log, signal, mostParts)) {
        await api.apply(resources.configMaps, part, {
          ...{ fieldManager, force: true, signal },
          deadline: logDeadline,
        });
        this.#forbiddenSince = undefined;
      }
      return undefined;
    } catch (error) {
      const lost = !isKubeError(error) || isRefused(error) || this.#isForbiddenForLong(error);
      if (signal.aborted || !lost) throw this.#later(error, signal);
      const problem = `The log could not be kept: ${saying(error)}`;
      this.#place.log.error("{problem}", { problem, configMap: log.meta.name });
      return problem;
    }
  }

  /** Without the right to write logs the verdict still counts; but not every 403 says that there is none. */
  #isForbiddenForLong(error: unknown): boolean {
    if (!isKubeError(error, "forbidden")) return false;
    const now = this.#place.clock.monotonic();
    this.#forbiddenSince ??= now;
    return now - this.#forbiddenSince >= forbiddenPatience;
  }

  async #publishStatus(
    result: LastResult,
    baseline: Baseline | undefined,
    target: string,
    signal: AbortSignal,
  ): Promise<void> {
    let problem: string;
    try {
      return await this.#patch(result, baseline, target, signal);
    } catch (error) {
      if (!isRefused(error) && !(error instanceof NotRecorded)) throw this.#later(error, signal);
      problem = saying(error);
    }
    const { lastProbeTime, scan } = result;
    const fault = new NodeFault(
      "not-published",
      `The result (${found(result)}) could not be published: ${problem}`,
    );
    try {
      const errored: LastResult = {
        condition: "Errored",
        lastProbeTime,
        errorReason: fault.reason,
        errorMessage: fault.message,
        ...(scan === undefined ? {} : { scan }),
      };
      await this.#patch(errored, undefined, target, signal);
    } catch (error) {
      throw this.#later(error, signal);
    }
    throw fault;
  }

  /** Writes a result. Throws `NotRecorded` where the server does not keep the record of the baseline. */
  async #patch(
    result: LastResult,
    baseline: Baseline | undefined,
    target: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, namespace, fileIntegrity, uid, node, health } = this.#place;
    const address = { namespace, name: nodeStatusName(fileIntegrity, node) };
    const options = { signal, deadline: statusDeadline };
    if (this.#unsure) {
      this.#takeOver(await api.get(resources.nodeStatuses, address, options), target);
    }
    const status = nextNodeStatus(this.#previous, {
      fileIntegrity: { metadata: { name: fileIntegrity, namespace, uid } },
      ...{ node, result },
      ...(baseline === undefined ? {} : { baseline }),
    });
    let stored: StoredNodeStatus;
    try {
      stored = await api.mergePatch(
        resources.nodeStatuses,
        address,
        nodeStatusPatch(status, target),
        { fieldManager, ...options },
      );
    } catch (error) {
      this.#unsure = mayBeDone(error);
      throw error;
    }
    health.worked("write");
    if (baseline !== undefined && stored.baseline?.digest !== baseline.digest) {
      throw new NotRecorded();
    }
    this.#previous = { ...status, lastResult: remembered(status.lastResult) };
  }

  /**
   * Takes what the cluster has for the results before the next one: else a result that it took, and that is found once
   * more, would count as another one, and be told twice.
   */
  #takeOver({ metadata, results, lastResult, ...rest }: StoredNodeStatus, target: string): void {
    this.#unsure = false;
    // Another one by that name has nothing yet, and gets what was written before.
    if (metadata.uid !== target || results === undefined || lastResult === undefined) return;
    this.#previous = {
      ...(this.#previous ?? { metadata, ...rest }),
      results,
      lastResult: remembered(lastResult),
    };
  }

  /** What is thrown for an error that says nothing against what is published; a fault of the program as it is. */
  #later(error: unknown, signal: AbortSignal): unknown {
    if (!isKubeError(error) && !signal.aborted) return error;
    this.#lasting = isKubeError(error) && isLasting(error);
    // Who gives up waiting learns nothing of the server.
    if (!signal.aborted) this.#place.health.failed("write", error);
    return new PublishLater(saying(error), { cause: error });
  }
}

/** What is published without a log that could not be. */
function withoutLog(
  { result, absorbed }: { result: LastResult; absorbed: Baseline["absorbed"] },
  { meta }: NamedLog,
  problem: string,
): { result: LastResult; absorbed: Baseline["absorbed"] } {
  const nameless = <T extends LastResult | NonNullable<Baseline["absorbed"]>>(named: T): T => {
    const { resultConfigMapName: _name, resultConfigMapNamespace: _namespace, ...rest } = named;
    return rest as T;
  };
  if (meta.kind === "failed") {
    const note = { errorReason: "not-published" as const, errorMessage: problem };
    return {
      result: { ...nameless(result), ...(result.errorReason === undefined ? note : {}) },
      absorbed,
    };
  }
  if (absorbed === undefined) return { result, absorbed };
  const note = [absorbed.note, problem].filter((one) => one !== undefined).join("; ");
  return { result, absorbed: { ...nameless(absorbed), note } };
}

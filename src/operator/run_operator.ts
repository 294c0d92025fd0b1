import { isKubeError } from "../kube/kube_error.ts";
import { type RunReport, WorkQueue } from "../kube/work_queue.ts";
import { effectiveSpec } from "../api/effective.ts";
import { AdmissionWatch } from "./admission_watch.ts";
import { Caches } from "./caches.ts";
import { ConfigJudge } from "./config_judge.ts";
import { isExpected } from "./expected_errors.ts";
import type { OperatorParts } from "./parts.ts";
import { PriorityClasses } from "./priority_classes.ts";
import { Reconciler } from "./reconciler.ts";
import { UserConfigMaps } from "./user_config_maps.ts";

const workers = 4;

function logRun(
  { log }: OperatorParts,
  { key, error, retryAfter = 0, milliseconds }: RunReport,
): void {
  if (error === undefined) {
    log.debug("Looked at FileIntegrity {name} in {milliseconds} ms", {
      name: key,
      milliseconds: Math.round(milliseconds),
    });
    return;
  }
  const problem = error instanceof Error ? error.message : String(error);
  const seconds = Math.round(retryAfter / 100) / 10;
  const properties = { name: key, problem, seconds };
  if (isExpected(error)) {
    log.debug("FileIntegrity {name} has changed meanwhile: {problem}", properties);
  } else if (isKubeError(error)) {
    log.warn("FileIntegrity {name} is tried again in {seconds} s: {problem}", properties);
  } else {
    log.error("FileIntegrity {name} is tried again in {seconds} s: {problem}", {
      ...properties,
      stack: error instanceof Error ? error.stack : undefined,
    });
  }
}

/** Carries out the FileIntegrities of a namespace until the signal aborts, while this process leads. */
export async function runOperator(parts: OperatorParts, signal: AbortSignal): Promise<void> {
  const { clock, random, log, namespace } = parts;
  const queue: WorkQueue = new WorkQueue({
    workers,
    clock,
    random,
    handle: (name, signal) => reconciler.reconcile(name, signal),
    onRun: (report) => {
      logRun(parts, report);
      parts.onLooked?.(report);
    },
  });
  const all = (): void => {
    for (const { metadata } of caches.fileIntegrities.values()) queue.add(metadata.name);
  };
  const caches: Caches = new Caches(parts, { fileIntegrity: (name) => queue.add(name), all });
  const configMaps = new UserConfigMaps(parts, () => {
    followOnlyNamed(caches, configMaps);
    all();
  });
  const admission = new AdmissionWatch(parts);
  const reconciler = new Reconciler({
    parts,
    caches,
    judge: new ConfigJudge(parts, configMaps),
    priorityClasses: new PriorityClasses(parts),
    admission: () => admission.state,
  });

  parts.onWork?.({ caches, queue });
  const following = caches.run(signal);
  try {
    await Promise.all([caches.synced(), admission.look(signal)]);
    log.info("Following FileIntegrities in namespace {namespace}: {count}; nodes: {nodes}", {
      count: caches.fileIntegrities.size,
      namespace,
      nodes: caches.nodes.size,
    });
    await Promise.all([queue.run(signal), admission.run(all, signal)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await configMaps.end();
    if (signal.aborted) await following;
  }
}

/** ConfigMaps that no FileIntegrity names any more are not followed any more. */
function followOnlyNamed(caches: Caches, configMaps: UserConfigMaps): void {
  const named = [...caches.fileIntegrities.values()].flatMap((fileIntegrity) => {
    const { userConfig } = effectiveSpec(fileIntegrity).spec;
    return userConfig === undefined ? [] : `${userConfig.namespace}/${userConfig.name}`;
  });
  configMaps.keepOnly(new Set(named));
}

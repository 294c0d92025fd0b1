/** The logs of a publication with the names under which they are published, and what names them. */

import type { ConfigMap } from "../api/config_map.ts";
import { logConfigMaps, type LogMeta } from "../api/log_config_maps.ts";
import { absorbedConfigMapName, failureConfigMapName } from "../api/names.ts";
import type { Baseline, LastResult } from "../api/node_status.ts";
import type { OwnerReference } from "../api/object_meta.ts";
import { CalledOff } from "./fault.ts";
import type { Absorbed, Publication, PublishedLog } from "./publisher.ts";

/** Whose logs they are. */
export interface LogPlace {
  fileIntegrity: string;
  node: string;
  namespace: string;
  /** With whom the ConfigMaps are to go. */
  owner?: OwnerReference;
}

/** A log, and what its ConfigMaps say of it. */
export interface NamedLog {
  meta: LogMeta;
  log: PublishedLog;
}

/** What is published, with names for its logs. */
export interface NamedLogs {
  /** In the order in which they are published, before what names them. */
  logs: NamedLog[];
  result: LastResult;
  absorbed?: NonNullable<Baseline["absorbed"]>;
}

function countsOf({ differences, note }: Absorbed): NonNullable<Baseline["absorbed"]> {
  const counts = differences?.counts ?? { added: 0, changed: 0, removed: 0 };
  return { ...counts, ...(note === undefined ? {} : { note }) };
}

/** Names the logs of a publication, and lets its result and what it absorbed name them. */
export function nameLogs({ result, log, absorbed }: Publication, place: LogPlace): NamedLogs {
  const { fileIntegrity, node, namespace, owner } = place;
  const scanTime = result.lastProbeTime;
  const logs: NamedLog[] = [];
  const name = (kind: LogMeta["kind"], log: PublishedLog | undefined): Partial<LastResult> => {
    if (log === undefined) return {};
    const name = kind === "failed"
      ? failureConfigMapName(fileIntegrity, node)
      : absorbedConfigMapName(fileIntegrity, node);
    const { counts } = log;
    const meta = { kind, name, namespace, fileIntegrity, node, counts, scanTime };
    logs.push({ meta: { ...meta, ...(owner === undefined ? {} : { owner }) }, log });
    return { resultConfigMapName: name, resultConfigMapNamespace: namespace };
  };
  const named = { ...result, ...name("failed", log) };
  if (absorbed === undefined) return { logs, result: named };
  return {
    logs,
    result: named,
    absorbed: { ...countsOf(absorbed), ...name("absorbed", absorbed.log) },
  };
}

/** The stream, which fails with `CalledOff` from the moment on that the signal aborts. */
function untilAborted(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller): void {
        if (signal.aborted) throw new CalledOff();
        controller.enqueue(chunk);
      },
    }),
  );
}

/** The ConfigMaps of a log, made one at a time, at most `most` of them. Throws `CalledOff` when the signal aborts. */
export function logParts(
  { meta, log }: NamedLog,
  signal: AbortSignal,
  most = Infinity,
): AsyncGenerator<ConfigMap> {
  return logConfigMaps(untilAborted(log.open(), signal), meta, most);
}

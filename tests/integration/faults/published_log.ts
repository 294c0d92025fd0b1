/** The log of a scan, as whoever reads it in the cluster puts it together. */

import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { annotations, labels, logDataKey } from "../../../src/api/labels.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import type { Installation } from "../product/installation.ts";

/** A log that was published, and in how many parts. */
export interface PublishedLog {
  text: string;
  parts: number;
}

function gunzip(pieces: readonly string[]): string {
  const bytes = pieces.map((piece) => Uint8Array.from(atob(piece), (each) => each.charCodeAt(0)));
  return new TextDecoder().decode(gunzipSync(Buffer.concat(bytes)));
}

/**
 * The log that begins in the ConfigMap `name`. Undefined where a part is of a later scan already than the one that ended
 * at `scanTime`: its result follows. Throws where a part is missing, or is of an earlier scan.
 */
async function logOf(
  product: Installation,
  name: string,
  scanTime: string | undefined,
): Promise<PublishedLog | undefined> {
  const pieces: string[] = [];
  let compressed = false;
  for (let next: string | undefined = name; next !== undefined;) {
    const map = await product.get("cm", next);
    if (map === undefined) throw new Error(`A part of the log is missing: ${next}`);
    const notes: Record<string, string> = map.metadata.annotations ?? {};
    const isPart = annotations.logPart in notes;
    if (isPart && notes[annotations.logScan] !== scanTime) {
      const of = notes[annotations.logScan] ?? "";
      if (Date.parse(of) > Date.parse(scanTime ?? "")) return undefined;
      throw new Error(`${next} is a part of the log of ${of}, not of ${scanTime}`);
    }
    if (
      !(labels.resultLog in map.metadata.labels) && !(labels.absorbedLog in map.metadata.labels)
    ) {
      throw new Error(`${next} is no log`);
    }
    pieces.push(map.data[logDataKey]);
    compressed ||= annotations.compressed in notes;
    next = notes[annotations.logNext];
    if (next === undefined && isPart && notes[annotations.logParts] !== String(pieces.length)) {
      throw new Error(`The log has ${notes[annotations.logParts]} parts, not ${pieces.length}`);
    }
  }
  return { text: compressed ? gunzip(pieces) : pieces.join(""), parts: pieces.length };
}

/** The log of a scan that no later one has taken the place of. */
export async function publishedLog(
  product: Installation,
  name: string,
  scanTime: string | undefined,
): Promise<PublishedLog> {
  const log = await logOf(product, name, scanTime);
  if (log === undefined) throw new Error(`${name} has parts of a later scan than ${scanTime}`);
  return log;
}

/**
 * The status of a node that is Failed, and fits, with the log that belongs to it. A scan that ends while the log is read
 * puts its own in the place of it: then both are read of that one.
 */
export async function publishedFailure(
  product: Installation,
  name: string,
  node: string,
  fits: (status: StoredNodeStatus) => boolean,
): Promise<{ status: StoredNodeStatus; log: PublishedLog }> {
  let status = await product.untilResult(name, node, "Failed", fits);
  for (;;) {
    const { resultConfigMapName = "", lastProbeTime } = status.lastResult ?? {};
    const log = await logOf(product, resultConfigMapName, lastProbeTime);
    if (log !== undefined) return { status, log };
    status = await product.untilResult(
      ...[name, node, "Failed"] as const,
      (later) => later.lastResult?.lastProbeTime !== lastProbeTime && fits(later),
    );
  }
}

/** The log of a scan, as whoever reads it in the cluster puts it together. */

import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { annotations, labels, logDataKey } from "../../../src/api/labels.ts";
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
 * The log that begins in the ConfigMap `name`. Throws where a part is missing, or is of another scan than the one that
 * ended at `scanTime`.
 */
export async function publishedLog(
  product: Installation,
  name: string,
  scanTime: string | undefined,
): Promise<PublishedLog> {
  const pieces: string[] = [];
  let compressed = false;
  for (let next: string | undefined = name; next !== undefined;) {
    const map = await product.get("cm", next);
    if (map === undefined) throw new Error(`A part of the log is missing: ${next}`);
    const notes: Record<string, string> = map.metadata.annotations ?? {};
    const isPart = annotations.logPart in notes;
    if (isPart && notes[annotations.logScan] !== scanTime) {
      const of = notes[annotations.logScan];
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

/** The ConfigMaps that hold the log of a scan, whatever its size and its bytes. */

import { gzipSync } from "node:zlib";
import type { ConfigMap } from "./config_map.ts";
import { gzipParts } from "./gzip_parts.ts";
import { annotations, labels, logDataKey } from "./labels.ts";
import { logPartName, ownership } from "./names.ts";
import type { OwnerReference } from "./object_meta.ts";

/** A log of more bytes is compressed, and `integritylog` never has more bytes than this. */
export const maxLogBytes = 1_048_570;

const maxGzipBytes = Math.floor(maxLogBytes / 4) * 3; // 4 characters of base64 hold 3 bytes

/** What the ConfigMaps of a log say about it. */
export interface LogMeta {
  /** Name of the first ConfigMap: `failureConfigMapName` or `absorbedConfigMapName`. */
  name: string;
  namespace: string;
  /** `failed`: a scan's log; `absorbed`: what a new baseline took in. */
  kind: "failed" | "absorbed";
  fileIntegrity: string;
  node: string;
  counts: { added: number; changed: number; removed: number };
  /** End of the scan, RFC 3339; tells the parts of one log from those of another. */
  scanTime: string;
  /** With whom the ConfigMaps are to go. */
  owner?: OwnerReference;
}

function configMap(
  meta: LogMeta,
  part: number,
  log: string,
  notes: Record<string, string>,
): ConfigMap {
  const { labels: ownerLabels, annotations: names } = ownership(meta.fileIntegrity, meta.node);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: logPartName(meta.name, part),
      namespace: meta.namespace,
      labels: {
        ...ownerLabels,
        [meta.kind === "failed" ? labels.resultLog : labels.absorbedLog]: "",
      },
      annotations: {
        ...names,
        [annotations.filesAdded]: String(meta.counts.added),
        [annotations.filesChanged]: String(meta.counts.changed),
        [annotations.filesRemoved]: String(meta.counts.removed),
        ...notes,
      },
      ...(meta.owner !== undefined && { ownerReferences: [meta.owner] }),
    },
    data: { [logDataKey]: log },
  };
}

/** The log as a text that a ConfigMap holds byte for byte and a terminal shows as it is; undefined for any other. */
function plainText(log: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(log);
    // deno-lint-ignore no-control-regex
    return /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The pieces of a stream, which stays open when the loop over them is left, and how many bytes went by. */
class Pieces {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #head: readonly Uint8Array[];
  /** Bytes that were given. */
  bytes = 0;

  constructor(head: readonly Uint8Array[], chunks: AsyncIterator<Uint8Array>) {
    this.#head = head;
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (const piece of this.#head) {
      this.bytes += piece.length;
      yield piece;
    }
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) {
      this.bytes += next.value.length;
      yield next.value;
    }
  }

  /** Counts what is left. */
  async count(): Promise<number> {
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) {
      this.bytes += next.value.length;
    }
    return this.bytes;
  }
}

// What a gzip file says of the bytes in it; no part has 4 GiB of them.
const rawSize = (gzip: Uint8Array): number =>
  new DataView(gzip.buffer, gzip.byteOffset + gzip.length - 4).getUint32(0, true);

/** What stands for the bytes that are left out, in its own gzip file behind that of the last part. */
function withNote(gzip: Uint8Array, leftOut: number): Uint8Array {
  const note = new TextEncoder().encode(
    `\n[${leftOut} bytes of the log are left out here; aide.log on the node has the whole of it]\n`,
  );
  const end = gzipSync(note);
  const both = new Uint8Array(gzip.length + end.length);
  both.set(gzip);
  both.set(end, gzip.length);
  return both;
}

const noteRoom = 512;

/**
 * The ConfigMaps of a log, in the order in which to publish them.
 *
 * A text of at most 1,048,570 bytes stands in `integritylog` as it is. A longer log, and one with bytes that are
 * not UTF-8 or with control characters other than tab and newline, is base64 of gzip, with the annotation
 * `compressed`: `jq -r .data.integritylog | base64 -d | gunzip` gives every byte back. What is too large even so
 * comes in several ConfigMaps, `name`, `name-2`, `name-3` …, each of which that command unpacks to whole lines; one
 * after the other they are the log. Each has its number in `log-part`, each but the last the name of the following
 * one in `log-next`, and the last their number in `log-parts`: a reader that follows `log-next`, with `log-scan` the
 * same on all, to the one with `log-parts` has the whole log. Of a log that needs more than `most` ConfigMaps the end
 * is left out, and the last one says of how many bytes. Memory stays flat: one ConfigMap and its compressed form at a
 * time.
 */
export async function* logConfigMaps(
  log: ReadableStream<Uint8Array>,
  meta: LogMeta,
  most = Infinity,
): AsyncGenerator<ConfigMap> {
  const head = new Uint8Array(maxLogBytes);
  let size = 0;
  let overflow: Uint8Array | undefined;
  const chunks = log.values();
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      const fitting = next.value.subarray(0, maxLogBytes - size);
      head.set(fitting, size);
      size += fitting.length;
      if (fitting.length < next.value.length) {
        overflow = next.value.subarray(fitting.length);
        break;
      }
    }
    const text = overflow === undefined ? plainText(head.subarray(0, size)) : undefined;
    if (text !== undefined) {
      yield configMap(meta, 1, text, {});
      return;
    }
    let number = 0;
    let kept = 0;
    const all = new Pieces(
      [head.subarray(0, size), ...(overflow === undefined ? [] : [overflow])],
      chunks,
    );
    const partBytes = most === Infinity ? maxGzipBytes : maxGzipBytes - noteRoom;
    for await (const part of gzipParts(all, partBytes)) {
      number++;
      kept += rawSize(part.gzip);
      const cut = number === most && !part.last;
      const last = part.last || cut;
      const gzip = cut ? withNote(part.gzip, await all.count() - kept) : part.gzip;
      const notes: Record<string, string> = { [annotations.compressed]: "" };
      if (number > 1 || !last) {
        notes[annotations.logPart] = String(number);
        notes[annotations.logScan] = meta.scanTime;
        if (last) notes[annotations.logParts] = String(number);
        else notes[annotations.logNext] = logPartName(meta.name, number + 1);
      }
      yield configMap(meta, number, gzip.toBase64(), notes);
      if (cut) return;
    }
  } finally {
    await chunks.return?.();
  }
}

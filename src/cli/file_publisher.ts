import type { ConfigMap } from "../api/config_map.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { logDataKey } from "../api/labels.ts";
import type { Baseline, FileIntegrityNodeStatus, LastResult } from "../api/node_status.ts";
import { nextNodeStatus } from "../api/next_node_status.ts";
import type { Disk } from "../node/disk.ts";
import { logParts, type NamedLog, nameLogs } from "../node/named_logs.ts";
import type { Publication, Publisher } from "../node/publisher.ts";
import { saveStatus, statusPath } from "./status_file.ts";

/** What a publication became. */
export interface Published {
  status: FileIntegrityNodeStatus;
  /** Files of the ConfigMaps with the logs, in order. */
  configMapFiles: string[];
}

/** Where and under which names a scan's results are kept. */
export interface PublishingPlace {
  disk: Disk;
  directory: string;
  fileIntegrity: FileIntegrity;
  node: string;
}

/** A log that is written and not published: the name of its first ConfigMap, and where each of its files goes. */
interface Draft {
  name: string;
  files: { written: string; path: string }[];
}

const encoder = new TextEncoder();
const slice = 64 * 1024;

/** A ConfigMap as JSON. Its log of up to a megabyte goes by in slices: whole texts of that size would pile up. */
function* configMapBytes(part: ConfigMap): Generator<Uint8Array> {
  const { [logDataKey]: log = "", ...data } = part.data ?? {};
  const json = JSON.stringify({ ...part, data: { ...data, [logDataKey]: "" } }, undefined, 2);
  const at = json.lastIndexOf('""') + 1;
  yield encoder.encode(json.slice(0, at));
  for (let from = 0; from < log.length; from += slice) {
    yield encoder.encode(JSON.stringify(log.slice(from, from + slice)).slice(1, -1));
  }
  yield encoder.encode(`${json.slice(at)}\n`);
}

/** Publishes into the state directory what a cluster would hold, object by object. */
export class FilePublisher implements Publisher {
  readonly #place: PublishingPlace;
  #status: FileIntegrityNodeStatus | undefined;
  #published: Published | undefined;

  constructor(place: PublishingPlace, status: FileIntegrityNodeStatus | undefined) {
    this.#place = place;
    this.#status = status;
  }

  /** What the last publication became; nothing before the first. */
  get published(): Published | undefined {
    return this.#published;
  }

  /** The status that a publication leads to, without writing anything. */
  preview(publication: Publication): FileIntegrityNodeStatus {
    return this.#next(publication, publication.result, undefined);
  }

  #next(
    { baseline }: Publication,
    result: LastResult,
    absorbed: Baseline["absorbed"],
  ): FileIntegrityNodeStatus {
    const { fileIntegrity, node } = this.#place;
    return nextNodeStatus(this.#status, {
      fileIntegrity,
      node,
      result,
      ...(baseline === undefined
        ? {}
        : { baseline: { ...baseline, ...(absorbed === undefined ? {} : { absorbed }) } }),
    });
  }

  async publish(publication: Publication, signal: AbortSignal): Promise<void> {
    const { fileIntegrity: { metadata }, node, disk, directory } = this.#place;
    const { logs, result, absorbed } = nameLogs(publication, {
      fileIntegrity: metadata.name,
      node,
      namespace: metadata.namespace ?? "default",
    });
    const drafts: Draft[] = [];
    for (const log of logs) drafts.push(await this.#draftLog(log, signal));
    const status = this.#next(publication, result, absorbed);
    for (const draft of drafts) await this.#replaceLog(draft);
    await saveStatus(disk, statusPath(directory), status);
    this.#status = status;
    this.#published = {
      status,
      configMapFiles: drafts.flatMap(({ files }) => files.map(({ path }) => path)),
    };
  }

  /** Writes the ConfigMaps of a log beside those of the last one, which stay as they are. Throws `CalledOff`. */
  async #draftLog(log: NamedLog, signal: AbortSignal): Promise<Draft> {
    const { disk, directory } = this.#place;
    const { kind, name } = log.meta;
    const files: Draft["files"] = [];
    await disk.makeDirectory(directory);
    for await (const part of logParts(log, signal)) {
      // The name of a ConfigMap and of its file may be as long as names can be.
      const written = `${directory}/${kind}-${files.length + 1}.tmp`;
      await disk.write(written, ReadableStream.from(configMapBytes(part)));
      files.push({ written, path: `${directory}/${part.metadata.name}.json` });
    }
    return { name, files };
  }

  /** Lets the ConfigMaps of a log take the place of the last one's, and removes what a longer log left. */
  async #replaceLog({ name, files }: Draft): Promise<void> {
    const { disk, directory } = this.#place;
    for (const { written, path } of files) await disk.rename(written, path);
    for (const file of await disk.list(directory)) {
      const path = `${directory}/${file}`;
      const isPart = file.startsWith(`${name}-`) && /^\d+\.json$/.test(file.slice(name.length + 1));
      if (isPart && !files.some((one) => one.path === path)) await disk.remove(path);
    }
  }
}

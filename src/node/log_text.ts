import { hostrootLog } from "../report/host_paths.ts";
import type { Disk } from "./disk.ts";

/** A log as it is published: AIDE's own reports one after the other, and what there is to say after them. */
export interface LogText {
  files: string[];
  remark: string;
}

async function* texts(disk: Disk, log: LogText): AsyncGenerator<Uint8Array> {
  for (const file of log.files) {
    const stream = await disk.open(file);
    if (stream !== undefined) yield* stream.pipeThrough(hostrootLog());
  }
  if (log.remark !== "") yield new TextEncoder().encode(log.remark);
}

/** Opens a log for publishing, in the documented form with paths below `/hostroot`. */
export function openLog(disk: Disk, log: LogText): ReadableStream<Uint8Array> {
  return ReadableStream.from(texts(disk, log));
}

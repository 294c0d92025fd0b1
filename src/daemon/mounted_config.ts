import type { Logger } from "@logtape/logtape";
import { configDataKey } from "../api/labels.ts";
import { digestText } from "../base/digest.ts";
import type { MonotonicClock } from "../system/clock.ts";
import { Bell } from "./bell.ts";

/** Which configuration is waited for, and where. */
export interface MountedConfig {
  directory: string;
  /** `sha256:<hex>` of the only one that will do. */
  digest: string;
  clock: MonotonicClock;
  log: Logger;
  /** Told what is wrong with the one that is mounted; undefined where nothing is. */
  found(problem: string | undefined): void;
}

const lookEveryMs = 10_000;
const tellEveryMs = 60_000;

/** Rings for what happens in a directory, as far as the system tells; the slow look covers the rest. */
function watch(directory: string, bell: Bell): Deno.FsWatcher | undefined {
  let watcher: Deno.FsWatcher;
  try {
    watcher = Deno.watchFs(directory);
  } catch {
    return undefined; // it is not there, or there are no more watches
  }
  const follow = async (): Promise<void> => {
    // What is looked at is told as well.
    for await (const { kind } of watcher) if (kind !== "access") bell.ring();
  };
  follow().catch(() => {});
  return watcher;
}

type Found = { text: string; digest: string } | { problem: string };

async function look(path: string): Promise<Found> {
  try {
    const text = await Deno.readTextFile(path);
    return { text, digest: digestText(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Waits until the mounted configuration is the one that the daemon was told to run, and gives it; a mount may show an
 * older or a newer one for a minute or two. Undefined when the signal aborts before.
 */
export async function mountedConfig(
  { directory, digest, clock, log, found: tell }: MountedConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = `${directory}/${configDataKey}`;
  const bell = new Bell();
  let toldAt = -Infinity;
  let watcher: Deno.FsWatcher | undefined;
  try {
    while (!signal.aborted) {
      watcher ??= watch(directory, bell);
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const changed = bell.heard(either); // from before the look on: nothing is missed
      const found = await look(path);
      if ("text" in found && found.digest === digest) {
        over.abort();
        tell(undefined);
        return found.text;
      }
      const problem = "text" in found ? `it has digest ${found.digest}` : found.problem;
      tell(`${digest} is wanted in ${path}: ${problem}`);
      if (clock.monotonic() - toldAt >= tellEveryMs) {
        toldAt = clock.monotonic();
        log.info("Waiting for the configuration {digest} in {path}: {problem}", {
          ...{ digest, path, problem },
        });
      }
      await Promise.race([changed, clock.sleep(lookEveryMs, either)]);
      over.abort();
    }
    return undefined;
  } finally {
    watcher?.close();
  }
}

import type { Logger } from "@logtape/logtape";
import { BaselineStore } from "../node/baseline_store.ts";
import { type Disk, replaceFile } from "../node/disk.ts";
import { backupStamp, type StateFiles } from "../node/state_files.ts";

/** Whose state a directory is to be, and with what that is made sure of. */
export interface StateClaim {
  disk: Disk;
  files: StateFiles;
  /** `metadata.uid` of the FileIntegrity. */
  uid: string;
  /** Whether the cluster has a record of the baseline. */
  recorded: boolean;
  maxBackups: number;
  /** Milliseconds since 1970. */
  now: number;
  log: Logger;
}

/** Moves a baseline out of the way, to where backups are kept; without backups it is removed. */
async function setAside({ disk, files, maxBackups, now }: StateClaim): Promise<void> {
  const stamp = backupStamp(now);
  const store = new BaselineStore(disk, files);
  await store.tidy();
  const there = new Set(
    (await disk.list(files.directory)).map((name) => `${files.directory}/${name}`),
  );
  // These two last, as while one of them is there, this is not done.
  for (const path of [files.log, files.config, files.database]) {
    if (!there.has(path)) continue;
    if (maxBackups === 0) await disk.remove(path);
    else await disk.rename(path, `${path}.backup-${stamp}`);
  }
  await disk.sync(files.directory);
  await store.prune(maxBackups);
}

/**
 * Makes a state directory the state of this FileIntegrity, before anything is done with it. A baseline that is left of
 * another one of the same name, or of nobody knows whom, is set aside, unless the cluster records a baseline: then
 * that record decides. So a database that is still there without a record is this FileIntegrity's own, and its record
 * has been lost.
 */
export async function claimState(claim: StateClaim): Promise<void> {
  const { disk, files, uid, recorded, maxBackups, log } = claim;
  const owner = (await disk.readText(files.owner))?.trim();
  if (owner === uid) return;
  const names = new Set(
    (await disk.list(files.directory)).map((name) => `${files.directory}/${name}`),
  );
  if (!recorded && (names.has(files.database) || names.has(files.config))) {
    log.warn(
      "The state directory holds the baseline of {whom}: it is {done}, and a first baseline is taken",
      {
        whom: owner === undefined
          ? "an unknown FileIntegrity"
          : `an earlier FileIntegrity of this name (${owner})`,
        done: maxBackups === 0 ? "removed" : "kept as a backup",
      },
    );
    await setAside(claim);
  }
  await replaceFile(disk, files.owner, `${uid}\n`);
}

import { localDisk } from "./disk.ts";
import { NodeFault } from "./fault.ts";
import { requireOwnNames } from "./own_directory.ts";
import { lockState, type StateLock } from "./state_lock.ts";

/**
 * A fault when others than the user of the scan can write the directory: they could replace the baseline together with
 * its record.
 */
async function requireSafe(directory: string): Promise<void> {
  const { mode, uid } = await Deno.stat(directory);
  if (((mode ?? 0) & 0o022) === 0 && (uid === Deno.uid() || uid === 0)) return;
  throw new NodeFault(
    "state-unusable",
    `State directory ${directory} is not safe: others than the user of this scan own it or can write it. ` +
      `Make it that user's own (chown), and chmod 700 ${directory}`,
  );
}

/**
 * Takes the state directory for this process, until the lock is released or the process ends, making it where it is
 * missing. Throws faults: another process has it, it is another's, it holds what is not the state's. `remedy` says what
 * to do where another has it.
 */
export async function takeState(directory: string, remedy: string): Promise<StateLock> {
  await requireOwnNames(localDisk, directory); // before anything is written into it
  await localDisk.makeDirectory(directory);
  const lock = await lockState(directory);
  if (lock === undefined) {
    throw new NodeFault(
      "state-unusable",
      `State directory ${directory} is in use by another scan: ${remedy}`,
    );
  }
  try {
    await requireSafe(directory);
  } catch (error) {
    lock.release();
    throw error;
  }
  return lock;
}

import { type FileIntegrityNodeStatus } from "../api/node_status.ts";
import { validateFileIntegrityNodeStatus } from "../api/validate.ts";
import { faultLine } from "../api/fault.ts";
import { type Disk, replaceFile } from "../node/disk.ts";
import { NodeFault } from "../node/fault.ts";
import { scanRemedies } from "../node/remedies.ts";

/** Where a scan keeps what a cluster keeps in a FileIntegrityNodeStatus: results, and the record of the baseline. */
export function statusPath(stateDirectory: string): string {
  return `${stateDirectory}/status.json`;
}

function damaged(path: string, why: string): NodeFault {
  return new NodeFault(
    "baseline-altered",
    `Baseline altered: its record ${path} can't be used: ${why}`,
    {
      remedy: `Restore the file, give a saved status with -f, or ${
        scanRemedies(undefined).newBaseline
      }`,
    },
  );
}

/** Reads the status of the last scan; nothing before the first. Throws a fault when it is damaged. */
export async function loadStatus(
  disk: Disk,
  path: string,
): Promise<FileIntegrityNodeStatus | undefined> {
  const text = await disk.readText(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
  // A newer version of the program may have written fields that this one does not know.
  const { object, faults } = validateFileIntegrityNodeStatus(value, { strict: false });
  if (object === undefined) throw damaged(path, faults.map(faultLine).join("; "));
  return object;
}

/** Writes the status, so that at every moment the old or the new one is there. */
export async function saveStatus(
  disk: Disk,
  path: string,
  status: FileIntegrityNodeStatus,
): Promise<void> {
  await replaceFile(disk, path, JSON.stringify(status, undefined, 2) + "\n");
}

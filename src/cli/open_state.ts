import type { Logger } from "@logtape/logtape";
import { nodeStatusName } from "../api/names.ts";
import type { FileIntegrityNodeStatus } from "../api/node_status.ts";
import { localDisk } from "../node/disk.ts";
import { NodeFault } from "../node/fault.ts";
import type { ScanCommand } from "./command_line.ts";
import type { ScanInput } from "./scan_input.ts";
import type { ScanPlace } from "./scan_setup.ts";
import { requireOwnNames } from "../node/own_directory.ts";
import { lockState } from "./state_lock.ts";
import { loadStatus, statusPath } from "./status_file.ts";

/** Whose state is opened, and by what. */
export interface StateAsked {
  command: ScanCommand;
  input: ScanInput;
  place: ScanPlace;
  log: Logger;
}

async function lock(directory: string): Promise<void> {
  await localDisk.makeDirectory(directory);
  if (await lockState(directory) !== undefined) return; // until the process ends
  throw new NodeFault(
    "state-unusable",
    `State directory ${directory} is in use by another scan: let that one end, or give this one a ` +
      "directory of its own with --state-dir",
  );
}

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

async function readStatus(
  { command, input, log }: StateAsked,
  directory: string,
): Promise<FileIntegrityNodeStatus | undefined> {
  try {
    return await loadStatus(localDisk, statusPath(directory));
  } catch (error) {
    const damaged = error instanceof NodeFault && error.reason === "baseline-altered";
    if (!damaged || !(command.reInit || input.status !== undefined)) throw error;
    const because = command.reInit ? "a new baseline is asked for" : "a saved status is given";
    log.warn("{problem}; going on, because {because}", { problem: error.message, because });
    return undefined;
  }
}

/**
 * Takes the state directory for this process and gives the status of the last scan; nothing before the first. Throws
 * faults: another scan has it, it is another's, it can't be used.
 */
export async function openState(asked: StateAsked): Promise<FileIntegrityNodeStatus | undefined> {
  const { input, place } = asked;
  const directory = place.stateDirectory;
  await requireOwnNames(localDisk, directory); // before anything is written into it
  await lock(directory);
  await requireSafe(directory);
  if (`${directory}/`.startsWith(place.root === "/" ? "/" : `${place.root}/`)) {
    asked.log.debug("{directory} is below the root: it is left out of the scan", { directory });
  }
  const status = await readStatus(asked, directory);
  const { name, namespace } = input.fileIntegrity.metadata;
  const expected = nodeStatusName(name, place.node);
  if (status !== undefined && status.metadata.name !== expected) {
    const or = status.nodeName === place.node
      ? ""
      : `, or name the node ${status.nodeName} with --node`;
    throw new NodeFault(
      "state-unusable",
      `State directory ${directory} holds the state of ${status.metadata.name}, not of ${expected}: ` +
        `give this scan a directory of its own with --state-dir${or}`,
    );
  }
  const last = status ?? input.status;
  if (last === undefined || namespace === undefined) return last;
  return { ...last, metadata: { ...last.metadata, namespace } };
}

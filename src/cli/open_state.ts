import type { Logger } from "@logtape/logtape";
import { nodeStatusName } from "../api/names.ts";
import type { FileIntegrityNodeStatus } from "../api/node_status.ts";
import { localDisk } from "../node/disk.ts";
import { NodeFault } from "../node/fault.ts";
import type { ScanCommand } from "./command_line.ts";
import type { ScanInput } from "./scan_input.ts";
import type { ScanPlace } from "./scan_setup.ts";
import { takeState } from "../node/take_state.ts";
import { loadStatus, statusPath } from "./status_file.ts";

/** Whose state is opened, and by what. */
export interface StateAsked {
  command: ScanCommand;
  input: ScanInput;
  place: ScanPlace;
  log: Logger;
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
    log.warn("{problem}; going on, because {because}", { problem: error.problem, because });
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
  await takeState(
    directory,
    "let that one end, or give this one a directory of its own with --state-dir",
  );
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

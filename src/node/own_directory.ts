import { quoted } from "../api/fault.ts";
import type { Disk } from "./disk.ts";
import { NodeFault } from "./fault.ts";
import { foreignNames } from "./state_files.ts";

/**
 * A fault when a state directory holds anything but the state: it is left out of the scan, so whatever else were in it
 * could change unseen.
 */
export async function requireOwnNames(
  disk: Pick<Disk, "list">,
  directory: string,
): Promise<void> {
  const foreign = foreignNames(await disk.list(directory));
  if (foreign.length === 0) return;
  const named = foreign.slice(0, 3).map(quoted).join(", ");
  const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : "";
  throw new NodeFault(
    "state-unusable",
    `State directory ${directory} holds what is not of the state: ${named}${more}. It is left out of the scan, ` +
      "so nothing else may be in it: move that elsewhere, or choose another state directory",
  );
}

import { NodeFault } from "./fault.ts";
import type { Parts } from "./parts.ts";
import { clusterRemedies } from "./remedies.ts";

/** Throws a fault when the host root is missing, can't be read, or is the empty place where nothing is mounted. */
export async function requireRoot(
  { root, disk, remedies = clusterRemedies }: Pick<Parts, "root" | "disk" | "remedies">,
): Promise<void> {
  let names: string[];
  try {
    names = await disk.list(root);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new NodeFault("root-missing", `Host root ${root} can't be read: ${said}`, {
      cause: error,
    });
  }
  if (names.length > 0) return;
  throw new NodeFault(
    "root-missing",
    `Host root ${root} is missing or empty: ${remedies.noRoot}`,
  );
}

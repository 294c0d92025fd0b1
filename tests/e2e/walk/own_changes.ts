/** Tells what this test changed on the machine from what others change meanwhile: that is found too, and no fault. */
import { assert } from "@std/assert";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { changedDirectory } from "../e2e_place.ts";

const isOwn = (path: string): boolean =>
  path === changedDirectory || path.startsWith(`${changedDirectory}/`);

/** The changes of the last result that are this test's, and the paths of those that are not. */
export function changesOf({ lastResult }: StoredNodeStatus): {
  own: { path: string; kind: string }[];
  others: string[];
} {
  const items = lastResult?.changes?.items ?? [];
  return {
    own: items.filter(({ path }) => isOwn(path)).map(({ path, kind }) => ({ path, kind })),
    others: items.map(({ path }) => path).filter((path) => !isOwn(path)),
  };
}

/** The last result is that nothing differs, but for what others have changed since the baseline. */
export function assertNothingChanged(status: StoredNodeStatus, say: (text: string) => void): void {
  const { own, others } = changesOf(status);
  const condition = status.lastResult?.condition;
  const fine = condition === "Succeeded" ||
    condition === "Failed" && own.length === 0 && others.length > 0;
  assert(fine, JSON.stringify(status.lastResult, undefined, 1));
  if (others.length > 0) say(`Somebody else changed ${others.slice(0, 5).join(", ")}`);
}

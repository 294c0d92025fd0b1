import { createHash } from "node:crypto";
import type { Change, Unverified } from "../api/node_status.ts";
import type { Differences, Verdict } from "./verdict.ts";

/** Where the re-checks of paths that changed while they were hashed stand. */
export interface Recheck {
  /** Paths that no look has settled yet. */
  pending: Unverified[];
  /** What the looks so far found. */
  found: Differences[];
  /** A look that failed otherwise: the verdict of all. */
  fault?: Verdict;
}

/**
 * Starts re-checks when the only doubt of a scan is about paths that changed while they were hashed; nothing to look
 * at again otherwise.
 */
export function startRecheck(verdict: Verdict): Recheck {
  const none = { pending: [], found: [] };
  if (verdict.condition !== "Errored" || verdict.reason !== "unverified") return none;
  const { total, items } = verdict.unverified ?? { total: 0, items: [] };
  const settleable = total === items.length &&
    items.every((item) => item.reason === "changed-while-hashed");
  return settleable ? { pending: items, found: [] } : none;
}

/** Takes in what one more look at the pending paths gave. */
export function afterLook(recheck: Recheck, verdict: Verdict): Recheck {
  if (verdict.condition === "Succeeded") return { ...recheck, pending: [] };
  const again = verdict.unverified?.items ?? [];
  if (verdict.condition === "Failed") {
    return { pending: again, found: [...recheck.found, verdict.differences] };
  }
  const next = startRecheck(verdict);
  return next.pending.length > 0 ? { ...recheck, pending: again } : { ...recheck, fault: verdict };
}

function digestOf(found: readonly Differences[], unstable: readonly Change[]): string {
  if (found.length === 1 && unstable.length === 0) return found[0]!.digest;
  const hash = createHash("sha256");
  for (const { digest } of found) hash.update(`${digest}\n`);
  for (const { path } of unstable) hash.update(`unstable ${path}\n`);
  return `sha256:${hash.digest("hex")}`;
}

/**
 * The verdict after the last look. A path that changed during every look is a changed path: its content is not what
 * the baseline says, or nobody can say that it is.
 */
export function concludeRecheck({ pending, found, fault }: Recheck): Verdict {
  if (fault !== undefined) return fault;
  const unstable = pending.map(({ path }): Change => ({ path, kind: "changed", attributes: [] }));
  if (found.length === 0 && unstable.length === 0) return { condition: "Succeeded" };
  const counts = { added: 0, changed: unstable.length, removed: 0 };
  for (const differences of found) {
    counts.added += differences.counts.added;
    counts.changed += differences.counts.changed;
    counts.removed += differences.counts.removed;
  }
  return {
    condition: "Failed",
    differences: {
      counts,
      items: [...found.flatMap((differences) => differences.items), ...unstable],
      truncated: found.some((differences) => differences.truncated),
      digest: digestOf(found, unstable),
    },
    unverified: { total: pending.length, items: pending },
  };
}

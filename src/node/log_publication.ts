import type { Logger } from "@logtape/logtape";
import type { Publication } from "./publisher.ts";

const counted = (
  { added, changed, removed }: { added: number; changed: number; removed: number },
): string => `${added} added, ${changed} changed, ${removed} removed`;

function logBaseline(log: Logger, { baseline, absorbed, result }: Publication): void {
  if (baseline === undefined) return;
  const { reason, entries, digest } = baseline;
  log.info("New baseline ({reason}): {entries} entries, {digest}", {
    ...{ reason, entries, digest },
    ...(result.scan === undefined ? {} : { seconds: result.scan.durationSeconds }),
  });
  if (absorbed === undefined) return;
  const { differences, note } = absorbed;
  if (note !== undefined) log.warn("What it absorbed is not fully known: {note}", { note });
  if (differences === undefined) {
    if (note === undefined) log.info("It absorbed no changes");
    return;
  }
  log.warn("It absorbed {counts}", {
    counts: counted(differences.counts),
    digest: differences.digest,
  });
  const { added, changed, removed } = differences.counts;
  for (const { kind, path } of differences.items) {
    log.warn("Absorbed: {kind} {path}", { kind, path });
  }
  const more = added + changed + removed - differences.items.length;
  if (more > 0) log.warn("Absorbed: {more} more, all of them in the log", { more });
}

/** Writes to the log what is published. */
export function logPublication(log: Logger, publication: Publication): void {
  logBaseline(log, publication);
  const { result } = publication;
  const { condition, changes, scan, errorMessage, errorReason } = result;
  const spent = scan === undefined ? {} : { seconds: scan.durationSeconds, entries: scan.entries };
  if (publication.baseline !== undefined) return;
  if (condition === "Succeeded") {
    log.info("Succeeded: {entries} entries in {seconds} s, nothing changed", spent);
  } else if (condition === "Failed" && changes !== undefined) {
    const { added, changed, removed, digest } = changes;
    const numbers = { added, changed, removed, digest, ...spent };
    log.warn("Failed: {counts}", { counts: counted(changes), ...numbers });
  } else {
    const why = { reason: errorReason, problem: errorMessage };
    log.error("Errored ({reason}): {problem}", { ...why, ...spent });
  }
  if (publication.configWaits) {
    log.warn(
      "The configuration has changed. It takes effect when nothing differs under the old one, or with --re-init",
    );
  }
}

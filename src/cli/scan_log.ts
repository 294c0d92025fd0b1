import type { Logger } from "@logtape/logtape";
import type { Publication } from "../node/publisher.ts";
import type { ScanInput } from "./scan_input.ts";

const counted = (
  { added, changed, removed }: { added: number; changed: number; removed: number },
): string => `${added} added, ${changed} changed, ${removed} removed`;

function logBaseline(log: Logger, { baseline, absorbed }: Publication): void {
  if (baseline === undefined) return;
  const { reason, entries, digest } = baseline;
  log.info("New baseline ({reason}): {entries} entries, {digest}", { reason, entries, digest });
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
  for (const { kind, path } of differences.items) {
    log.warn("Absorbed: {kind} {path}", { kind, path });
  }
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
    log.warn("Failed: {counts}", { counts: counted(changes), digest: changes.digest, ...spent });
  } else log.error("Errored ({reason}): {message}", { reason: errorReason, message: errorMessage });
}

/** Writes to the log what the user should know of the input. */
export function logInput(log: Logger, { remarks, conversions }: ScanInput): void {
  for (const remark of remarks) log.warn("{remark}", { remark });
  for (const conversion of conversions) log.debug("{conversion}", { conversion });
  if (conversions.length === 0) return;
  log.info(
    "{count} lines of the configuration were converted for this AIDE; spec.debug: true logs each",
    {
      count: conversions.length,
    },
  );
}

import type { Logger } from "@logtape/logtape";
import { absorbedConfigMapName, failureConfigMapName } from "../api/names.ts";
import { countedChanges, resultFields } from "../api/result_fields.ts";
import type { Publication } from "./publisher.ts";

/** Where a log names what is published in a cluster. */
export interface PublicationPlace {
  fileIntegrity: string;
  node: string;
}

function logAbsorbed(
  log: Logger,
  { absorbed }: Publication,
  place: PublicationPlace | undefined,
): void {
  if (absorbed === undefined) return;
  const { differences, note } = absorbed;
  if (note !== undefined) log.warn("What it absorbed is not fully known: {note}", { note });
  if (differences === undefined) return;
  const { counts, digest, items } = differences;
  const configMap = place && absorbed.log &&
    absorbedConfigMapName(place.fileIntegrity, place.node);
  log.warn("It absorbed {counts}", {
    counts: countedChanges(counts),
    ...{ ...counts, changesDigest: digest },
    ...(configMap !== undefined && { configMap }),
  });
  // In a cluster they stand in that ConfigMap; here they are what the user wants to know.
  const say = (text: string, properties: Record<string, unknown>): void =>
    place === undefined ? log.warn(text, properties) : log.debug(text, properties);
  for (const { kind, path } of items) say("Absorbed: {kind} {path}", { kind, path });
  const more = counts.added + counts.changed + counts.removed - items.length;
  if (more > 0) say("Absorbed: {more} more, all of them in the log", { more });
}

/** Writes to the log what is published: one line for the scan, and what else is news. */
export function logPublication(
  log: Logger,
  publication: Publication,
  place?: PublicationPlace,
): void {
  const { result, baseline } = publication;
  const { errorMessage } = result;
  const configMap = place && publication.log &&
    failureConfigMapName(place.fileIntegrity, place.node);
  const fields = {
    ...resultFields(result),
    ...(configMap !== undefined && { configMap }),
  };
  if (baseline !== undefined) {
    const { reason, digest } = baseline;
    const nothing = publication.absorbed !== undefined &&
      publication.absorbed.differences === undefined && publication.absorbed.note === undefined;
    const took = nothing ? "; it absorbed no changes" : "";
    log.info(`New baseline ({reason}): {entries} entries, {digest}${took}`, {
      ...{ ...fields, reason, digest, entries: baseline.entries },
    });
    logAbsorbed(log, publication, place);
    return;
  }
  if (fields.condition === "Succeeded") {
    log.info("Succeeded: {entries} entries in {durationSeconds} s, nothing changed", { ...fields });
  } else if (fields.condition === "Failed" && result.changes !== undefined) {
    log.warn("Failed: {counts}", { counts: countedChanges(fields), ...fields });
  } else {
    log.error("Errored ({errorReason}): {problem}", { problem: errorMessage, ...fields });
  }
  if (publication.configWaits) {
    log.warn(
      "The configuration has changed. It takes effect when nothing differs under the old one, or with --re-init",
    );
  }
}

import type { ChangeCollector } from "./change_collector.ts";
import type { Faults } from "./faults.ts";
import type { Counts, Outline, Report } from "./report.ts";

/** What a report says of itself outside of its lists, whatever its format. */
interface ReportHeader {
  version: string | undefined;
  outline: Outline;
  entries: number;
  claimed: Counts;
}

/** Puts a report together when its last piece has been read; it is complete when nothing was wrong with it. */
export function assembleReport(
  format: Report["format"],
  { version, outline, entries, claimed }: ReportHeader,
  collector: ChangeCollector,
  faults: Faults,
  differentAttributes: Report["differentAttributes"],
): Report {
  const { changes, truncated } = collector.changes();
  return {
    format,
    complete: !faults.any,
    ...(version !== undefined && { aideVersion: version }),
    outline,
    entries,
    claimed,
    listed: collector.listed,
    changes,
    truncated,
    digest: collector.digest(),
    differentAttributes,
    faults: faults.list(),
  };
}

import type { Logger } from "@logtape/logtape";
import type { ScanInput } from "./scan_input.ts";

/** Writes to the log what the user should know of the input; of its configuration, while that is new. */
export function logInput(log: Logger, input: ScanInput, newConfig: boolean): void {
  const { remarks, advice, conversions } = input;
  for (const remark of remarks) log.warn("{remark}", { remark });
  if (!newConfig) return;
  for (const one of advice) log.warn("{advice}", { advice: one });
  for (const conversion of conversions) log.debug("{conversion}", { conversion });
  if (conversions.length === 0) return;
  log.info(
    "{count} lines of the configuration were converted or added; spec.debug: true logs each",
    { count: conversions.length },
  );
}

import { configure, getLogger, type Logger } from "@logtape/logtape";
import { type LogFormat, logLine } from "./log_line.ts";
import { writeTerminal } from "./output.ts";

/** Standard error, with one writer: what is written comes out in that order. */
export interface LogOutput {
  log: Logger;
  /** Writes a text as it is, between two lines of the log. */
  show(text: string): void;
  /** Waits until everything is written. */
  flush(): Promise<void>;
}

/**
 * Sends the log to standard error, a line for each record, and gives the product's logger. `before` is asked ahead of
 * every line for what clears what a terminal shows there.
 */
export async function startLog(
  format: LogFormat,
  debug: boolean,
  before: () => string,
): Promise<LogOutput> {
  let written = Promise.resolve();
  const show = (text: string): void => {
    written = written.then(() => writeTerminal(text));
  };
  await configure({
    reset: true,
    sinks: { stderr: (record) => show(`${before()}${logLine(record, format)}\n`) },
    loggers: [
      { category: "fio", lowestLevel: debug ? "debug" : "info", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return { log: getLogger("fio"), show, flush: () => written };
}

import { configure, getLogger, type Logger, type LogRecord } from "@logtape/logtape";
import { printable, writeTerminal } from "./output.ts";

/** The form of a log line. */
export type LogFormat = "text" | "json";

const words = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  fatal: "ERROR",
};

function sentence(record: LogRecord): string {
  return record.message.map((part) => typeof part === "string" ? part : String(part)).join("");
}

function textLine(record: LogRecord): string {
  const at = new Date(record.timestamp).toISOString();
  return `${at} ${words[record.level].padEnd(5)} ${
    printable(sentence(record)).replaceAll("\n", "\\012")
  }`;
}

function jsonLine(record: LogRecord): string {
  const line = {
    time: new Date(record.timestamp).toISOString(),
    level: words[record.level].toLowerCase(),
    message: sentence(record),
  };
  // A property of the same name must not take their place.
  return JSON.stringify({ ...line, ...record.properties, ...line });
}

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
  const line = format === "json" ? jsonLine : textLine;
  let written = Promise.resolve();
  const show = (text: string): void => {
    written = written.then(() => writeTerminal(text));
  };
  await configure({
    reset: true,
    sinks: { stderr: (record) => show(`${before()}${line(record)}\n`) },
    loggers: [
      { category: "fio", lowestLevel: debug ? "debug" : "info", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return { log: getLogger("fio"), show, flush: () => written };
}

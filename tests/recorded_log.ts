import { configure, getLogger, type Logger, type LogRecord } from "@logtape/logtape";

/** A log whose records, those for debugging among them, go into a list; it takes the place of any other. */
export async function recordedLog(into: LogRecord[]): Promise<Logger> {
  await configure({
    reset: true,
    sinks: { memory: (record) => void into.push(record) },
    loggers: [
      { category: "fio-test", lowestLevel: "debug", sinks: ["memory"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["memory"] },
    ],
  });
  return getLogger("fio-test");
}

import { configure, getLogger, type Logger, type LogRecord } from "@logtape/logtape";

/** A line of a log. */
export interface LogLine {
  level: LogRecord["level"];
  message: string;
  properties: Record<string, unknown>;
}

const patience = 180;

/** A log that a test reads, or waits for a line of. */
export class CollectedLog {
  readonly lines: LogLine[] = [];
  readonly logger: Logger;
  #waiting: (() => void)[] = [];

  private constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Makes a log; the one before it, if any, gets nothing more. */
  static async make(): Promise<CollectedLog> {
    const collected = new CollectedLog(getLogger(["test", "daemon"]));
    await configure({
      reset: true,
      sinks: { collected: (record) => collected.#take(record) },
      loggers: [
        { category: ["test", "daemon"], lowestLevel: "debug", sinks: ["collected"] },
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["collected"] },
      ],
    });
    return collected;
  }

  /** Lines of a level, or above, that fit. */
  find(pattern: RegExp): LogLine[] {
    return this.lines.filter(({ message }) => pattern.test(message));
  }

  /** Waits for the line number `count`, from 1, that fits. Throws with what there is when it does not come. */
  async said(pattern: RegExp, count = 1): Promise<LogLine> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`Waited ${patience} s for line ${count} of ${pattern}; there is:\n${this}`));
    }, patience * 1_000);
    try {
      for (;;) {
        const line = this.find(pattern)[count - 1];
        if (line !== undefined) return line;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiting.push(resolve);
        await Promise.race([promise, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** What stands in it, a line each, for messages of failed assertions. */
  toString(): string {
    return this.lines.map(({ level, message }) => `${level} ${message}`).join("\n");
  }

  #take({ level, message, properties }: LogRecord): void {
    const text = message.map((part) => typeof part === "string" ? part : String(part)).join("");
    this.lines.push({ level, message: text, properties });
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

import type { Logger } from "@logtape/logtape";
import type { Aide, AideOutcome, AideRun } from "../node/aide_process.ts";

/** Shows on a terminal that a run of AIDE is still going on, and how far the last one suggests that it is. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #columns: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #shown = false;

  /** `columns` is the width of the terminal: a line that is wrapped could not be cleared. */
  constructor(write: (text: string) => void, now: () => number, columns: () => number) {
    this.#write = write;
    this.#now = now;
    this.#columns = columns;
  }

  /** Starts to show; `expectedSeconds` is how long it took the last time, 0 when nobody knows. */
  start(doing: string, expectedSeconds: number): void {
    const began = this.#now();
    this.stop();
    this.#timer = setInterval(() => {
      const spent = (this.#now() - began) / 1000;
      const line = progressLine(doing, spent, expectedSeconds).slice(0, this.#columns() - 1);
      this.#write(`\r\x1b[K${line}`);
      this.#shown = true;
    }, 500);
  }

  /** What clears the line, for whoever writes to the terminal next; nothing when nothing is shown. */
  clear(): string {
    const shown = this.#shown;
    this.#shown = false;
    return shown ? "\r\x1b[K" : "";
  }

  /** Stops showing. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const clear = this.clear();
    if (clear !== "") this.#write(clear);
  }
}

/** One line of progress: seconds spent, and what share of the last time that is. */
export function progressLine(doing: string, spent: number, expected: number): string {
  const base = `${doing} … ${Math.floor(spent)} s`;
  if (expected <= 0) return base;
  const percent = Math.min(99, Math.floor(spent / expected * 100));
  return `${base}, about ${percent} % (the last one took ${Math.round(expected)} s)`;
}

/** What a run of AIDE with these arguments does to a root. */
function doing(args: readonly string[], root: string): string {
  if (args.some((argument) => argument.startsWith("--limit"))) {
    return "Looking again at files that changed while they were hashed";
  }
  return args.includes("--init") ? `Taking the baseline of ${root}` : `Checking ${root}`;
}

/** The same AIDE; that it takes a baseline is logged as it begins: on a whole host nothing else is said for minutes. */
export function withBaselineLogged(aide: Aide, log: Logger, root: string): Aide {
  return {
    version: (signal) => aide.version(signal),
    run(run: AideRun): Promise<AideOutcome> {
      if (run.args.includes("--init")) log.info("{doing}", { doing: doing(run.args, root) });
      return aide.run(run);
    },
  };
}

/** The same AIDE, whose runs are shown; `lastSeconds` is how long the last scan took, 0 when nobody knows. */
export function withProgress(
  aide: Aide,
  progress: Progress,
  root: string,
  lastSeconds: () => number,
): Aide {
  return {
    version: (signal) => aide.version(signal),
    async run(run: AideRun): Promise<AideOutcome> {
      progress.start(doing(run.args, root), run.args.length === 1 ? lastSeconds() : 0);
      try {
        return await aide.run(run);
      } finally {
        progress.stop();
      }
    },
  };
}

import {
  type Aide,
  type AideOutcome,
  aideProgram,
  type AideRun,
} from "../../src/node/aide_process.ts";
import type { AideBinary } from "../aide_binaries.ts";
import { type Caught, caughtHashing } from "./hashing.ts";

/** What happens around the runs of a real AIDE; `count` is 1 for the first run. */
export interface Hooks {
  before?(count: number, run: AideRun): Promise<void> | void;
  /** While it runs; `over` resolves at its end. Awaited before the run counts as ended. */
  during?(count: number, over: Promise<unknown>, run: AideRun): Promise<unknown> | void;
  /** What is done to it when it is in the middle of hashing a file; it is run until it was caught at that. */
  hashing?(count: number): Caught | undefined;
  after?(count: number, run: AideRun): Promise<void> | void;
}

/** The real AIDE, with something happening before, during or after its runs (`--version` aside). */
export function hookedAide(aide: AideBinary, hooks: Hooks): Aide {
  const real = aideProgram({ path: aide.path, idle: [] });
  let count = 0;
  return {
    version: (signal) => real.version(signal),
    run: async (run) => {
      const number = ++count;
      await hooks.before?.(number, run);
      const caught = hooks.hashing?.(number);
      const over = caught === undefined ? real.run(run) : runCaught(real, run, caught);
      await hooks.during?.(number, over, run);
      const outcome = await over;
      await hooks.after?.(number, run);
      return outcome;
    },
  };
}

/** A run that was caught hashing; of those that were over before that nothing is heard. */
async function runCaught(real: Aide, run: AideRun, caught: Caught): Promise<AideOutcome> {
  let stdout: Uint8Array[] = [];
  let stderr: Uint8Array[] = [];
  const outcome = await caughtHashing(caught, () => {
    [stdout, stderr] = [[], []];
    return real.run({
      ...run,
      stdout: (chunk) => void stdout.push(chunk.slice()),
      stderr: (chunk) => void stderr.push(chunk.slice()),
    });
  });
  for (const chunk of stdout) run.stdout(chunk);
  for (const chunk of stderr) run.stderr(chunk);
  return outcome;
}

/**
 * The real AIDE behind a shell script at `path`, which runs for everything but `--version`. `$AIDE` in it is the real
 * program.
 */
export async function scriptedAide(aide: AideBinary, path: string, script: string): Promise<Aide> {
  const text = `#!/bin/sh
AIDE='${aide.path}'
case "$*" in *--version*) exec "$AIDE" "$@" ;; esac
${script}
`;
  await Deno.writeTextFile(path, text, { mode: 0o755 });
  return aideProgram({ path, idle: [] });
}

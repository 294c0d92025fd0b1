import { type Aide, aideProgram, type AideRun } from "../../src/node/aide_process.ts";
import type { AideBinary } from "../aide_binaries.ts";

/** What happens around the runs of a real AIDE; `count` is 1 for the first run. */
export interface Hooks {
  before?(count: number, run: AideRun): Promise<void> | void;
  /** While it runs; `over` resolves at its end. Awaited before the run counts as ended. */
  during?(count: number, over: Promise<unknown>, run: AideRun): Promise<unknown> | void;
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
      const over = real.run(run);
      await hooks.during?.(number, over, run);
      const outcome = await over;
      await hooks.after?.(number, run);
      return outcome;
    },
  };
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

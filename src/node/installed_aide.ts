import type { AideProgram } from "./aide_process.ts";
import { findProgram, programPath } from "./find_program.ts";

/** The AIDE of this machine, or the one at the path `named`, at idle priority where `chrt` is there to give it. */
export async function installedAide(named: string | undefined): Promise<AideProgram> {
  const path = programPath(Deno.env.get("PATH"));
  const chrt = await findProgram("chrt", path);
  return {
    path: named ?? await findProgram("aide", path) ?? "/usr/bin/aide",
    idle: chrt === undefined ? [] : [chrt, "--idle", "0"],
  };
}

import { quoted } from "../api/fault.ts";

/** Why a scan of `root` that keeps its state in `stateDirectory` can't take place; nothing if it can. */
export function placeFault(
  { root, stateDirectory }: { root: string; stateDirectory: string },
): string | undefined {
  for (const [option, path] of [["--root", root], ["--state-dir", stateDirectory]] as const) {
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x1f\x7f]/.test(path)) {
      return `${option}: AIDE's configuration can't express the control character in ${
        quoted(path)
      }: give another path`;
    }
  }
  // AIDE names its databases in its JSON report, and does not escape them there.
  if (!stateDirectory.includes('"')) return undefined;
  return `--state-dir: AIDE's reports can't express the " in ${stateDirectory}: give another path`;
}

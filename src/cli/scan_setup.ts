import { quoted } from "../api/fault.ts";
import { isObjectName } from "../api/names.ts";
import { installedAide } from "../node/installed_aide.ts";
import type { AideProgram } from "../node/aide_process.ts";
import type { ScanCommand } from "./command_line.ts";
import type { ScanInput } from "./scan_input.ts";

/** Where a scan takes place. */
export interface ScanPlace {
  node: string;
  /** Absolute, without a slash at its end unless it is "/". */
  root: string;
  stateDirectory: string;
  program: AideProgram;
  workers: number;
}

const mostWorkers = 4;

function absolute(path: string, workingDirectory: string): string {
  const joined = path.startsWith("/") ? path : `${workingDirectory}/${path}`;
  const kept: string[] = [];
  for (const part of joined.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** The name of the node in the results; one that can't be used is a sentence with its remedy. */
export function nodeName(command: ScanCommand): { node: string } | { fault: string } {
  const node = command.node ?? Deno.hostname().toLowerCase();
  if (isObjectName(node)) return { node };
  return {
    fault: `The node name ${quoted(node)} is not a name that Kubernetes takes (at most 253 lower ` +
      'case letters, digits, "-" and "."): give one with --node',
  };
}

/** What is wrong with the options of a scan, beside what the parser of the command line sees; nothing if all is well. */
export function optionFault({ output, withConfigMaps }: ScanCommand): string | undefined {
  if (!withConfigMaps || output !== "table") return undefined;
  return "--with-config-maps: a table does not hold them: add -o yaml or -o json";
}

/** Why a scan can't take place there; nothing if it can. */
export function placeFault({ root, stateDirectory }: ScanPlace): string | undefined {
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

/** Works out where a scan takes place. */
export async function scanPlace(
  command: ScanCommand,
  input: ScanInput,
  node: string,
): Promise<ScanPlace> {
  const here = Deno.cwd();
  const name = input.fileIntegrity.metadata.name;
  return {
    node,
    root: absolute(command.root, here),
    stateDirectory: absolute(command.stateDir ?? `/var/lib/file-integrity/${name}`, here),
    program: await installedAide(command.aide),
    workers: command.workers ?? Math.min(navigator.hardwareConcurrency, mostWorkers),
  };
}

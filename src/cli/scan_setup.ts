import { quoted } from "../api/fault.ts";
import { isObjectName } from "../api/names.ts";
import { absolutePath } from "../node/absolute_path.ts";
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
    root: absolutePath(command.root, here),
    stateDirectory: absolutePath(command.stateDir ?? `/var/lib/file-integrity/${name}`, here),
    program: await installedAide(command.aide),
    workers: command.workers ?? Math.min(navigator.hardwareConcurrency, mostWorkers),
  };
}

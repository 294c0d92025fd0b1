/** What the benchmarks run: AIDE and the packed program, on one made-up host. */
import { convertConfig } from "../../src/aide/convert.ts";
import { defaultPolicy } from "../../src/aide/default_policy.ts";
import { localizeConfig } from "../../src/aide/localize.ts";
import { parseAideVersion } from "../../src/aide/aide_version.ts";
import { findProgram, systemPath } from "../../src/node/find_program.ts";
import type { AideBinary } from "../aide_binaries.ts";

/** Name of the node in results. */
export const nodeName = "bench";

/** What the program is given with -f: the default policy, repeated every `gracePeriod` seconds. */
export function fileIntegrityYaml(gracePeriod: number): string {
  return `apiVersion: fileintegrity.openshift.io/v1alpha1
kind: FileIntegrity
metadata:
  name: bench
  namespace: openshift-file-integrity
spec:
  config:
    gracePeriod: ${gracePeriod}
`;
}

/** The host and the directories of one AIDE's state. */
export interface BenchHost {
  aide: AideBinary;
  root: string;
  state: string;
  /** Threads that AIDE hashes with. */
  workers: number;
}

/** As many threads as the program lets AIDE hash with by default. */
export const defaultWorkers = Math.min(navigator.hardwareConcurrency, 4);

/** The default policy as the program hands it to AIDE for a check of that host. */
export function localConfig({ aide, root, state, workers }: BenchHost): string {
  const version = parseAideVersion(`AIDE ${aide.version}`);
  if (version === undefined) throw new Error(`Cannot tell the AIDE version of ${aide.version}`);
  return localizeConfig(convertConfig(defaultPolicy).text, {
    root,
    databaseIn: `${state}/aide.db.gz`,
    databaseOut: `${state}/aide.db.gz.draft`,
    textReport: `${state}/aide.bare.log`,
    aide: version,
    workers,
  });
}

/** The arguments that start a program at idle priority, as the program starts AIDE; none where there is no chrt. */
export async function idlePriority(): Promise<string[]> {
  const chrt = await findProgram("chrt", systemPath);
  return chrt === undefined ? [] : [chrt, "--idle", "0"];
}

/** Runs `aide --check` bare, with its configuration on standard input; throws where that ends with an error. */
export async function bareCheck(
  host: BenchHost,
  config: string,
  idle: readonly string[],
): Promise<void> {
  const [program = host.aide.path, ...args] = [...idle, host.aide.path, "--config=-"];
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { LC_ALL: "C", TZ: "UTC", PATH: systemPath },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(config));
  await writer.close();
  const { code } = await child.status;
  if (code > 7) throw new Error(`Bare AIDE ${host.aide.version} ended with ${code}`);
}

/** The packed file and the directory that it is unpacked to. */
export interface Packed {
  path: string;
  home: string;
  size: number;
}

/** A command that runs the packed file's `scan` on a host. */
export function scanCommand(
  packed: Packed,
  host: BenchHost,
  file: string,
  options: { once: boolean; stdout: "null" | "piped"; stderr: "null" | "piped" },
): Deno.Command {
  return new Deno.Command(packed.path, {
    args: [
      ...["scan", "-f", file, "--root", host.root, "--state-dir", host.state, "--node", nodeName],
      ...["--aide", host.aide.path, "--workers", String(host.workers), "-o", "json"],
      ...(options.once ? ["--once"] : []),
    ],
    env: { FILE_INTEGRITY_HOME: packed.home },
    stdin: "null",
    stdout: options.stdout,
    stderr: options.stderr,
  });
}

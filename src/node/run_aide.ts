import { interpretExit } from "../aide/exit_code.ts";
import type { ExitMeaning } from "../aide/exit_code.ts";
import { type AideVersion, atLeast } from "../aide/aide_version.ts";
import { localizeConfig } from "../aide/localize.ts";
import { jsonReportParser } from "../report/json_report.ts";
import type { Report } from "../report/report.ts";
import { type Evidence, stderrParser } from "../report/stderr.ts";
import { CalledOff, NodeFault } from "./fault.ts";
import type { Parts } from "./parts.ts";
import { clusterRemedies } from "./remedies.ts";

/** One run of AIDE with one configuration. */
export interface AideTask {
  /** The configuration as a cluster holds it. */
  config: string;
  databaseIn: string;
  databaseOut: string;
  /** Where the plain report goes. */
  textReport: string;
  /** `--init`, `--update`, `--limit …`; none for a check. */
  args: string[];
}

/** What a run that came to its end said. */
export interface AideAnswer {
  exit: ExitMeaning;
  json: Report;
  stderr: Evidence;
}

/** What is wrong with an AIDE of that version; undefined where nothing is. */
export function aideFault(
  version: AideVersion | undefined,
  { noAide } = clusterRemedies,
): NodeFault | undefined {
  if (version === undefined) return new NodeFault("aide-missing", noAide);
  if (atLeast(version, 0, 18)) return undefined;
  return new NodeFault(
    "aide-too-old",
    `AIDE ${version.text} is too old: it hides errors and lets file names forge reports; install 0.18 or later`,
  );
}

/** The AIDE of this machine; a fault when there is none, or one that can't be trusted. */
export async function requireAide(parts: Parts, signal: AbortSignal): Promise<AideVersion> {
  const version = await parts.aide.version(signal);
  if (signal.aborted) throw new CalledOff();
  const fault = aideFault(version, parts.remedies);
  if (version === undefined || fault !== undefined) throw fault;
  return version;
}

/** Runs AIDE once. Throws a fault when it did not come to its end by itself, and `CalledOff` when we stopped it. */
export async function runAide(
  parts: Parts,
  aide: AideVersion,
  task: AideTask,
  signal: AbortSignal,
): Promise<AideAnswer> {
  const { root, workers, timeoutMs } = parts;
  const { config, databaseIn, databaseOut, textReport } = task;
  const input = localizeConfig(config, {
    root,
    databaseIn,
    databaseOut,
    textReport,
    stateDirectory: parts.files.directory,
    aide,
    workers,
  });
  const json = jsonReportParser();
  const stderr = stderrParser(root);
  const outcome = await parts.aide.run({
    args: ["--config=-", ...task.args],
    input,
    stdout: (chunk) => json.push(chunk),
    stderr: (chunk) => stderr.push(chunk),
    timeoutMs,
    signal,
  });
  if (outcome.end === "aborted" || signal.aborted) throw new CalledOff();
  if (outcome.end === "missing") {
    throw new NodeFault("aide-missing", `AIDE does not start: ${outcome.why ?? "unknown reason"}`);
  }
  if (outcome.end === "timeout") {
    throw new NodeFault(
      "aide-timeout",
      `AIDE did not end within ${
        Math.round(timeoutMs / 1000)
      } s and was killed: is a file system hanging?`,
    );
  }
  const exit = interpretExit(outcome.code, outcome.signal, aide);
  return { exit, json: json.end(), stderr: stderr.end() };
}

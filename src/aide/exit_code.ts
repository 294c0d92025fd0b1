/** What an exit status of `aide --check`, `--init` or `--config-check` means. */

import type { AideVersion } from "./aide_version.ts";
import { atLeast } from "./aide_version.ts";

/** Why an AIDE run gave no verdict. Closed: metric labels and log fields carry it. */
export type AideErrorReason =
  | "write-error"
  | "invalid-argument"
  | "unimplemented"
  | "config-error"
  | "io-error"
  | "version-mismatch"
  | "exec-error"
  | "lock-error"
  | "out-of-memory"
  | "thread-error"
  | "database-error"
  | "interrupted"
  | "hash-refused"
  | "killed"
  | "not-runnable"
  | "unknown-exit-code";

/**
 * Meaning of an exit status. `none` and `differences` are what AIDE claims: 0 to 7 also come out of broken databases
 * and lost reports, so a verdict needs the complete report as well.
 */
export type ExitMeaning =
  | { kind: "none" }
  | { kind: "differences"; added: boolean; removed: boolean; changed: boolean }
  | { kind: "error"; reason: AideErrorReason; message: string };

interface ErrorCode {
  reason: AideErrorReason;
  message: string;
  /** Minor number of the 0.x version that gave the code this meaning. */
  since: number;
}

const errorCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [14, { reason: "write-error", message: "AIDE could not write its output", since: 0 }],
  [15, {
    reason: "invalid-argument",
    message: "AIDE was called with an invalid argument",
    since: 0,
  }],
  [16, {
    reason: "unimplemented",
    message: "AIDE was asked for something unimplemented",
    since: 0,
  }],
  [17, { reason: "config-error", message: "AIDE refused the configuration", since: 0 }],
  [18, { reason: "io-error", message: "AIDE could not read or write a file", since: 0 }],
  [19, { reason: "version-mismatch", message: "AIDE found a version mismatch", since: 0 }],
  [20, { reason: "exec-error", message: "AIDE could not run a program", since: 17 }],
  [21, {
    reason: "lock-error",
    message: "AIDE could not lock a file, another run holds it",
    since: 17,
  }],
  [22, { reason: "out-of-memory", message: "AIDE ran out of memory", since: 18 }],
  [23, { reason: "thread-error", message: "AIDE could not start a thread", since: 18 }],
  [24, { reason: "database-error", message: "AIDE found the database broken", since: 19 }],
  [25, { reason: "interrupted", message: "AIDE was interrupted by a signal", since: 19 }],
  [30, { reason: "hash-refused", message: "AIDE's hash library refused an algorithm", since: 16 }],
  // The shell's codes: a wrapper script reports them for AIDE.
  [126, { reason: "not-runnable", message: "AIDE can't be run", since: 0 }],
  [127, { reason: "not-runnable", message: "AIDE was not found", since: 0 }],
  [255, {
    reason: "hash-refused",
    message: "AIDE failed inside, as it does where FIPS mode forbids a hash",
    since: 16,
  }],
]);

const signals: ReadonlyMap<number, string> = new Map([
  [1, "SIGHUP"],
  [2, "SIGINT"],
  [3, "SIGQUIT"],
  [4, "SIGILL"],
  [6, "SIGABRT"],
  [7, "SIGBUS"],
  [8, "SIGFPE"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [13, "SIGPIPE"],
  [15, "SIGTERM"],
  [24, "SIGXCPU"],
  [25, "SIGXFSZ"],
  [31, "SIGSYS"],
]);

function killed(signal: string): ExitMeaning {
  const hint = signal === "SIGKILL"
    ? ", perhaps for want of memory (a pod has spec.resources.limits.memory)"
    : "";
  return { kind: "error", reason: "killed", message: `AIDE was killed by ${signal}${hint}` };
}

/**
 * Interprets how an AIDE process ended: `signal` is the signal's name where one ended it. A code that this version of
 * AIDE does not define is an error that says the code; so is a shell's 128 + signal.
 */
export function interpretExit(
  code: number,
  signal: string | undefined,
  version: AideVersion,
): ExitMeaning {
  if (signal !== undefined) return killed(signal);
  if (code === 0) return { kind: "none" };
  if (Number.isInteger(code) && code > 0 && code < 8) {
    return {
      kind: "differences",
      added: (code & 1) !== 0,
      removed: (code & 2) !== 0,
      changed: (code & 4) !== 0,
    };
  }
  const known = errorCodes.get(code);
  if (known !== undefined && atLeast(version, 0, known.since)) {
    return { kind: "error", reason: known.reason, message: `${known.message} (exit code ${code})` };
  }
  const name = signals.get(code - 128);
  if (name !== undefined) return killed(name);
  return {
    kind: "error",
    reason: "unknown-exit-code",
    message: `AIDE ${version.text} ended with the unknown exit code ${code}`,
  };
}

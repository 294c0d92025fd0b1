/**
 * Why a scan or a new baseline was `Errored`: a closed set that status, events, metrics and logs share. What AIDE
 * itself reports by its exit status comes first.
 */
export const errorReasons = [
  "write-error",
  "invalid-argument",
  "unimplemented",
  "config-error",
  "io-error",
  "version-mismatch",
  "exec-error",
  "lock-error",
  "out-of-memory",
  "thread-error",
  "database-error",
  "interrupted",
  "hash-refused",
  "killed",
  "not-runnable",
  "unknown-exit-code",
  "aide-missing",
  "aide-too-old",
  "aide-timeout",
  "aide-error",
  "report-incomplete",
  "report-contradicts",
  "coverage-collapsed",
  "unverified",
  "nothing-selected",
  "root-missing",
  "baseline-lost",
  "baseline-altered",
  "disk-full",
  "state-missing",
  "state-unwritable",
  "state-unusable",
  "not-published",
  "internal-error",
] as const;

/** Why a scan or a new baseline was `Errored`. */
export type ErrorReason = typeof errorReasons[number];

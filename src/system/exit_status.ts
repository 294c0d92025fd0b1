/** Exit statuses of the program: the verdict of a scan, or sysexits(3) for what went wrong before one. */
export const exitStatus = {
  succeeded: 0,
  failed: 1,
  errored: 2,
  /** The command line is wrong. */
  usage: 64,
  /** The input is wrong, or can't be read. */
  badInput: 65,
} as const;

import type { ErrorReason } from "../api/error_reasons.ts";

/** A scan or a baseline that could not be made: what the node publishes as `Errored`. */
export class NodeFault extends Error {
  /** The message without the remedy: what is said of the fault where the remedy was just used. */
  readonly problem: string;

  /**
   * @param reason the closed reason that events and metrics carry
   * @param problem the message; `remedy`, a sentence of its own, is put behind it
   */
  constructor(
    readonly reason: ErrorReason,
    problem: string,
    { remedy, ...options }: ErrorOptions & { remedy?: string } = {},
  ) {
    super(remedy === undefined ? problem : `${problem}. ${remedy}`, options);
    this.name = "NodeFault";
    this.problem = problem;
  }
}

/** The work was called off: the process ends, or the node is held. Nothing is published of it. */
export class CalledOff extends Error {
  constructor() {
    super("Called off");
    this.name = "CalledOff";
  }
}

const byCode: Record<string, { reason: ErrorReason; remedy: string }> = {
  ENOSPC: { reason: "disk-full", remedy: "free space on its file system" },
  EDQUOT: { reason: "disk-full", remedy: "raise the quota" },
  EROFS: { reason: "state-unwritable", remedy: "mount it writable" },
  EACCES: { reason: "state-unwritable", remedy: "run as root, or make it readable and writable" },
  EPERM: { reason: "state-unwritable", remedy: "run as root, or make it readable and writable" },
  ENOENT: { reason: "state-missing", remedy: "let it be there, and stay there while a scan runs" },
};

/** Turns any error into the fault that it is: one of the state directory, or else one of the program itself. */
export function asFault(error: unknown, directory: string): NodeFault | CalledOff {
  if (error instanceof NodeFault || error instanceof CalledOff) return error;
  const said = error instanceof Deno.errors.NotCapable
    ? "it may not be used" // Deno's own words tell how to run Deno
    : error instanceof Error
    ? error.message
    : String(error);
  const code = error instanceof Deno.errors.NotCapable
    ? "EACCES"
    : error instanceof Error && "code" in error
    ? String(error.code)
    : undefined;
  if (code === undefined) {
    return new NodeFault("internal-error", `Internal error: ${said}`, { cause: error });
  }
  const known = byCode[code];
  const message = `State directory ${directory} can't be used: ${said}`;
  return known === undefined
    ? new NodeFault("state-unusable", message, { cause: error })
    : new NodeFault(known.reason, `${message}; ${known.remedy}`, { cause: error });
}

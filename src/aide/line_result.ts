/** What converting one line gives. */

import type { AdviceReason, FaultReason, NoteReason } from "./conversion.ts";

/** Why a line changed. */
export interface LineChange {
  reason: NoteReason;
  message: string;
}

/** Why a line can't stay. */
export interface LineFault {
  reason: FaultReason;
  message: string;
}

/** Something to know about a line. */
export interface LineAdvice {
  reason: AdviceReason;
  message: string;
}

/** A converted line. */
export interface LineResult {
  text: string;
  changes: LineChange[];
  faults: LineFault[];
  advice: LineAdvice[];
}

/** A line that stands as it is. */
export function unchanged(text: string): LineResult {
  return { text, changes: [], faults: [], advice: [] };
}

/** A line that was refused. */
export function refused(text: string, reason: FaultReason, message: string): LineResult {
  return { text, changes: [], faults: [{ reason, message }], advice: [] };
}

/** A line that became another. */
export function changed(text: string, reason: NoteReason, message: string): LineResult {
  return { text, changes: [{ reason, message }], faults: [], advice: [] };
}

/** A line that is now a comment, so that the lines after it keep their numbers. */
export function takenOut(text: string, reason: NoteReason, message: string): LineResult {
  return changed(`# taken out: ${text.trim()}`, reason, message);
}

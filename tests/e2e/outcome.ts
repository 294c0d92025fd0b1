/** How the steps of a run went. */
import { place } from "./e2e_place.ts";

/** Numbers of steps; what comes behind a failure is not tried. */
export interface Outcome {
  passed: number;
  failed: number;
}

/** Notes how it goes, for whoever waits outside. */
export async function writeOutcome(outcome: Outcome): Promise<void> {
  await Deno.writeTextFile(place.outcome, JSON.stringify(outcome));
}

/** How it went; where nothing was noted, it failed before the first step. */
export async function readOutcome(): Promise<Outcome> {
  try {
    return JSON.parse(await Deno.readTextFile(place.outcome)) as Outcome;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return { passed: 0, failed: 1 };
    throw cause;
  }
}

/** The closing line of a run. */
export const outcomeLine = ({ passed, failed }: Outcome): string =>
  `e2e: ${passed} passed, ${failed} failed`;

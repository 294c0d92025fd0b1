import { sameValue } from "../plan/merge_difference.ts";
import type { ObservedAdmission } from "../plan/observed.ts";
import type { OperatorParts } from "./parts.ts";

const settledPause = 600_000;
const openPause = 60_000;

/** Looks from time to time whether the API server keeps every daemon to its own node. */
export class AdmissionWatch {
  readonly #parts: Pick<OperatorParts, "admission" | "clock" | "random">;
  #state: ObservedAdmission = {
    state: "unknown",
    message: "It was not looked yet whether the API server keeps every daemon to its own node",
  };

  constructor(parts: Pick<OperatorParts, "admission" | "clock" | "random">) {
    this.#parts = parts;
  }

  /** What was found out last. */
  get state(): ObservedAdmission {
    return this.#state;
  }

  /** Looks once; rejects with the signal's reason only. */
  async look(signal: AbortSignal): Promise<void> {
    try {
      this.#state = await this.#parts.admission(signal);
    } catch (error) {
      signal.throwIfAborted();
      const problem = error instanceof Error ? error.message : String(error);
      this.#state = { state: "unknown", message: `It can't be found out for now: ${problem}` };
    }
  }

  /** Looks until the signal aborts; `changed` is called when it found something else than before. */
  async run(changed: () => void, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    while (!signal.aborted) {
      const pause = this.#state.state === "in-force" ? settledPause : openPause;
      await clock.sleep(pause * (0.8 + 0.4 * random()), signal);
      if (signal.aborted) return;
      const before = this.#state;
      await this.look(signal).catch(() => {});
      if (!signal.aborted && !sameValue(before, this.#state)) changed();
    }
  }
}

import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import type { Observed } from "../plan/observed.ts";
import type { OperatorParts } from "./parts.ts";

const foundFor = 600_000;
const missingFor = 20_000;

/** Which priority classes there are; asked for one by one, and not again for a while. */
export class PriorityClasses {
  readonly #parts: Pick<OperatorParts, "api" | "clock">;
  readonly #known = new Map<string, { found: boolean; until: number }>();

  constructor(parts: Pick<OperatorParts, "api" | "clock">) {
    this.#parts = parts;
  }

  /** Whether there is one of that name; "unknown" when the API server can't say for now. */
  async find(name: string, signal: AbortSignal): Promise<NonNullable<Observed["priorityClass"]>> {
    const { api, clock } = this.#parts;
    const known = this.#known.get(name);
    if (known !== undefined && clock.monotonic() < known.until) {
      return known.found ? "found" : "missing";
    }
    try {
      await api.get(resources.priorityClasses, { name }, { signal });
      this.#known.set(name, { found: true, until: clock.monotonic() + foundFor });
      return "found";
    } catch (error) {
      signal.throwIfAborted();
      // A name that can stand in no path is the name of no class.
      if (!isKubeError(error, "not-found", "invalid") && !(error instanceof TypeError)) {
        return "unknown";
      }
      this.#known.set(name, { found: false, until: clock.monotonic() + missingFor });
      return "missing";
    }
  }
}

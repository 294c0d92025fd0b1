import type { Logger } from "@logtape/logtape";
import { isLasting } from "../kube/back_off.ts";
import { isKubeError, type KubeError } from "../kube/kube_error.ts";

/** What is missing, was changed meanwhile, or is being deleted, is seen when it is looked at again. */
function passesByItself(error: KubeError): boolean {
  if (!isLasting(error) || error.code === 404) return true;
  // A namespace or a definition that is about to go takes nothing new, which is no matter of permissions.
  return error.kind === "forbidden" && /\bterminat(ing|ed)\b/.test(error.status?.message ?? "");
}

/** Says what does not work once, however often it is tried, and not at all where it passes by itself. */
export class Complaints {
  readonly #log: Logger;
  readonly #consequence: string;
  readonly #said = new Map<string, string>();

  /** `consequence`: what it means for who reads the log. */
  constructor(log: Logger, consequence: string) {
    this.#log = log;
    this.#consequence = consequence;
  }

  /** `what` did not work. */
  about(what: string, error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    const properties = { consequence: this.#consequence, problem };
    const passes = isKubeError(error) && passesByItself(error);
    if (passes) {
      this.#log.debug("{consequence} for now: {problem}", properties);
    } else if (this.#said.get(what) !== problem) {
      this.#said.set(what, problem);
      const remedy = isKubeError(error, "forbidden")
        ? ", as manifests/rbac/operator.yaml does"
        : "";
      this.#log.warn("{consequence}: {problem}{remedy}", { ...properties, remedy });
    }
  }

  /** `what` works. */
  over(what: string): void {
    this.#said.delete(what);
  }
}

import type { Logger } from "@logtape/logtape";
import { isLasting } from "../kube/back_off.ts";
import { isKubeError } from "../kube/kube_error.ts";
import type { CallReport } from "../kube/kube_client.ts";
import { Bell } from "./bell.ts";

/** What is done with the API server. */
export type ApiUse = "read" | "write";

const reads: ReadonlySet<CallReport["verb"]> = new Set<CallReport["verb"]>([
  "get",
  "list",
  "watch",
]);

/** Tells the log of an outage of the API server once, and once of its end. */
export class ApiHealth {
  /** Rings when the API server can be read again after an outage. */
  readonly back = new Bell();
  readonly #log: Logger;
  readonly #failing = new Set<ApiUse>();
  readonly #told = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Something went wrong. Of one outage the first error is told, and beside it what lasts until a person sees to it. */
  failed(use: ApiUse, error: unknown): void {
    const kind = isKubeError(error) ? error.kind : "other";
    const known = this.#failing.size > 0 && (this.#told.has(kind) || !isLasting(error));
    this.#failing.add(use);
    this.#told.add(kind);
    const problem = error instanceof Error ? error.message : String(error);
    if (known) this.#log.debug("Still: {problem}", { problem, kind });
    else this.#log.warn("{problem}; tried again until it works", { problem, kind });
  }

  /** It works. */
  worked(use: ApiUse): void {
    if (!this.#failing.delete(use)) return;
    if (this.#failing.size === 0) {
      this.#told.clear();
      this.#log.info("API server is back");
    }
    if (use === "read") this.back.ring();
  }

  /** Takes in what a client says of its calls. */
  readonly report = ({ verb, outcome }: CallReport): void => {
    if (outcome === "ok" && reads.has(verb)) this.worked("read");
  };
}

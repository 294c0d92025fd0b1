/** How often a probe has to say the same. */
export interface Thresholds {
  /** Successes one after the other until the container counts as well. */
  successes: number;
  /** Failures one after the other until it does not. */
  failures: number;
}

/** Counts the outcomes of one probe, as Kubernetes does: a single other outcome begins the count anew. */
export class Threshold {
  readonly #thresholds: Thresholds;
  #last: boolean | undefined;
  #run = 0;

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** Takes an outcome; true where there were enough of the same for it to count. */
  count(success: boolean): boolean {
    this.#run = this.#last === success ? this.#run + 1 : 1;
    this.#last = success;
    const { successes, failures } = this.#thresholds;
    return this.#run >= (success ? successes : failures);
  }
}

/** When a container counts as started and ready, and when as beyond hope: what its probes say. */
import { pause } from "./changes.ts";
import { askOverHttp } from "./http_probe.ts";
import type { ProbeKind, ProbePlan } from "./probe_plan.ts";
import { Threshold } from "./threshold.ts";

/** What a container's status says of it. */
export interface ContainerHealth {
  started: boolean;
  ready: boolean;
}

/** What a kubelet's event Unhealthy says: a probe's question was not answered as it should be. */
export interface FailedProbe {
  probe: ProbeKind;
  /** "Readiness probe failed: GET http://… answered 503: …" */
  text: string;
}

/** The same with whose probe it is. */
export interface ProbeFailure extends FailedProbe {
  node: string;
  namespace: string;
  pod: string;
  /** How many containers of the pod ran before this one. */
  restart: number;
}

// While a container is not ready Kubernetes may ask more often than every periodSeconds, "to make the Pod ready faster".
const firstHurry = 100;
const lastHurry = 1_000;

/** The probes of one container, from its start to its end. A container without any is ready as soon as it runs. */
export class ContainerProbes implements AsyncDisposable {
  /** Resolves when the container is to be killed: with the probe that says so. */
  readonly hopeless: Promise<ProbePlan>;
  readonly #failed: (failure: FailedProbe) => void;
  readonly #lost = Promise.withResolvers<ProbePlan>();
  readonly #startup = Promise.withResolvers<void>();
  readonly #over = new Stop();
  readonly #ending = new Stop();
  readonly #runs: Promise<void>[];
  #health: ContainerHealth;
  #changed = Promise.withResolvers<void>();

  /** Begins to ask; `failed` is told of every failure. */
  constructor(plans: readonly ProbePlan[], failed: (failure: FailedProbe) => void) {
    this.#failed = failed;
    this.hopeless = this.#lost.promise;
    const has = (kind: ProbeKind): boolean => plans.some((one) => one.kind === kind);
    const started = !has("startup");
    this.#health = { started, ready: started && !has("readiness") };
    if (started) this.#startup.resolve();
    const readyOnceStarted = !has("readiness");
    this.#runs = plans.map((plan) => this.#ask(plan, readyOnceStarted));
  }

  /** How it is now. */
  get health(): ContainerHealth {
    return this.#health;
  }

  /** Resolves at the next change of `health`. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** The container is being ended: nobody is to kill it for what it says from here on. */
  ending(): void {
    this.#ending.now();
  }

  async #ask(plan: ProbePlan, readyOnceStarted: boolean): Promise<void> {
    const { kind, target, period, timeout } = plan;
    const over = kind === "readiness" ? this.#over : this.#ending;
    const threshold = new Threshold(plan);
    await pause(plan.initialDelay, over.promise);
    if (kind !== "startup") await Promise.race([this.#startup.promise, over.promise]);
    let hurry = firstHurry;
    while (!over.signal.aborted) {
      const begun = performance.now();
      const failure = await askOverHttp(target, timeout, over.signal).catch(String);
      if (over.signal.aborted) return;
      if (failure !== undefined) this.#tell(kind, failure);
      if (threshold.count(failure === undefined)) {
        const success = failure === undefined;
        if (kind === "readiness") this.#become({ started: true, ready: success });
        else if (!success) return this.#lost.resolve(plan);
        else if (kind === "startup") {
          this.#become({ started: true, ready: readyOnceStarted });
          return this.#startup.resolve();
        }
      }
      const hurried = kind === "readiness" && !this.#health.ready;
      const wait = hurried ? Math.min(hurry, period) : period;
      hurry = hurried ? Math.min(2 * hurry, lastHurry) : firstHurry;
      await pause(Math.max(0, begun + wait - performance.now()), over.promise);
    }
  }

  #tell(probe: ProbeKind, failure: string): void {
    const name = `${probe[0]?.toUpperCase()}${probe.slice(1)}`;
    this.#failed({ probe, text: `${name} probe failed: ${failure}` });
  }

  #become(health: ContainerHealth): void {
    const { started, ready } = this.#health;
    if (started === health.started && ready === health.ready) return;
    this.#health = health;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Ends it, and waits for the question under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.now();
    this.#over.now();
    await Promise.all(this.#runs);
  }
}

/** That something is over, for those who wait and for those who ask. */
class Stop {
  readonly #controller = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly signal = this.#controller.signal;
  readonly promise = this.#over.promise;

  now(): void {
    this.#controller.abort();
    this.#over.resolve();
  }
}

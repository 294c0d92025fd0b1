import type { Aide } from "../node/aide_process.ts";
import { aideFault } from "../node/run_aide.ts";
import type { NodeActivity } from "../node/run_node.ts";
import type { MonotonicClock } from "../system/clock.ts";
import type { Check, ProbeSource } from "../system/probe_server.ts";
import { daemonAlive, type DaemonFigures, daemonReady } from "./daemon_health.ts";

/** How long a daemon that has just begun keeps the question waiting whether it is ready: the next one comes late. */
const firstAnswerMs = 3_000;

/** How often AIDE is asked at most, by probes, for a version that could not be had. */
const askAgainMs = 20_000;

/** Keeps what a daemon's probes are answered from. It has no timers: what is late shows when it is asked. */
export class DaemonWatch implements ProbeSource {
  /** AIDE, whose runs are watched. */
  readonly aide: Aide;
  readonly #aide: Aide;
  readonly #clock: MonotonicClock;
  readonly #signal: AbortSignal;
  readonly #first: Promise<void>;
  readonly #ready = Promise.withResolvers<void>();
  #activity: DaemonFigures["activity"];
  #run: DaemonFigures["aide"];
  #runEnded: number | undefined;
  #askedAt = -Infinity;
  readonly #problems: DaemonFigures["problems"] = {
    config: "it was not looked for yet",
    aide: "its version is not known yet",
    state: "the directory was not looked at yet",
  };

  /** Watches until the signal aborts. */
  constructor(aide: Aide, clock: MonotonicClock, signal: AbortSignal) {
    this.#aide = aide;
    this.#clock = clock;
    this.#signal = signal;
    this.#first = Promise.race([this.#ready.promise, clock.sleep(firstAnswerMs, signal)]);
    this.aide = {
      version: async (signal) => {
        const version = await aide.version(signal);
        if (!signal.aborted) this.#note("aide", aideFault(version)?.message);
        return version;
      },
      run: async (run) => {
        const since = clock.monotonic();
        this.#run = { since, timeout: run.timeoutMs };
        try {
          return await aide.run(run);
        } finally {
          this.#run = undefined;
          this.#runEnded = clock.monotonic();
        }
      },
    };
    this.#ask();
  }

  /** What is wrong with the mounted configuration, or undefined. */
  config(problem: string | undefined): void {
    this.#note("config", problem);
  }

  /** What is wrong with the state directory, or undefined. */
  state(problem: string | undefined): void {
    this.#note("state", problem);
  }

  /** What the node turns to. */
  turned(what: NodeActivity): void {
    this.#activity = { what, since: this.#clock.monotonic() };
  }

  alive(): Check[] {
    return daemonAlive(this.#figures);
  }

  async ready(): Promise<Check[]> {
    await this.#first;
    const { aide } = this.#problems;
    if (aide !== undefined && this.#clock.monotonic() - this.#askedAt >= askAgainMs) this.#ask();
    return daemonReady(this.#figures);
  }

  get #figures(): DaemonFigures {
    return {
      now: this.#clock.monotonic(),
      time: this.#clock.now(),
      activity: this.#activity,
      aide: this.#run,
      aideEnded: this.#runEnded,
      problems: this.#problems,
    };
  }

  #note(what: keyof DaemonFigures["problems"], problem: string | undefined): void {
    this.#problems[what] = problem;
    if (Object.values(this.#problems).every((one) => one === undefined)) this.#ready.resolve();
  }

  #ask(): void {
    this.#askedAt = this.#clock.monotonic();
    this.aide.version(this.#signal).catch((error) => this.#note("aide", String(error)));
  }
}

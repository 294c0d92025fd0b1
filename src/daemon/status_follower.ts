import type { Logger } from "@logtape/logtape";
import { Informer } from "../kube/informer.ts";
import type { KubeReader } from "../kube/kube_api.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import type { MonotonicClock } from "../system/clock.ts";
import type { ApiHealth } from "./api_health.ts";
import { Bell } from "./bell.ts";
import { type KnownStatus, knownStatus } from "./known_status.ts";

/** Which object is followed, and with what. */
export interface FollowedStatus {
  reader: KubeReader;
  namespace: string;
  name: string;
  /** `metadata.uid` of the FileIntegrity that must own it. */
  owner: string;
  clock: MonotonicClock;
  random(): number;
  log: Logger;
  health: ApiHealth;
}

/**
 * Follows the FileIntegrityNodeStatus of this node. One that another FileIntegrity owns, an earlier or a later one of
 * the same name, is as good as none.
 */
export class StatusFollower {
  /** Rings when what is known becomes something else. */
  readonly changed = new Bell();
  readonly #followed: FollowedStatus;
  readonly #informer: Informer<StoredNodeStatus, KnownStatus>;
  #known: KnownStatus | undefined;
  #lostAt: number | undefined;
  #seen = false;

  constructor(followed: FollowedStatus) {
    const { reader, namespace, name, clock, random, log, health } = followed;
    this.#followed = followed;
    this.#informer = new Informer<StoredNodeStatus, KnownStatus>({
      ...{ reader, namespace, clock, random },
      resource: resources.nodeStatuses,
      fieldSelector: `metadata.name=${name}`,
      keep: knownStatus,
      onChange: () => this.#take(),
      onError: (error, during) => {
        // A watch that is too old is begun anew from a list.
        if (isKubeError(error, "gone")) return;
        if (during !== "handler") health.failed("read", error);
        else log.error("Internal error: {problem}", { problem: String(error) });
      },
    });
  }

  /** What is known of the object; undefined where there is none. */
  get known(): KnownStatus | undefined {
    return this.#known;
  }

  /** When the object that held the results went, if it did, in milliseconds of the monotonic clock. */
  get lostAt(): number | undefined {
    return this.#lostAt;
  }

  /** Follows it until the signal aborts. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#informer.run(signal);
  }

  /** Waits until the object is there, and says so in the log; undefined when the signal aborts before. */
  async exists(signal: AbortSignal): Promise<KnownStatus | undefined> {
    const { log, namespace, name } = this.#followed;
    let told = false;
    const tell = (): void => {
      if (told || this.#known !== undefined || signal.aborted) return;
      told = true;
      log.info("Waiting for the FileIntegrityNodeStatus {name}, which the operator makes", {
        name: `${namespace}/${name}`,
      });
    };
    this.#informer.synced.then(tell, () => {});
    while (this.#known === undefined && !signal.aborted) await this.changed.heard(signal);
    return this.#known;
  }

  #take(): void {
    const { owner, namespace, name, log, clock } = this.#followed;
    const found = this.#informer.get(`${namespace}/${name}`);
    const known = found?.owners.includes(owner) ? found : undefined;
    const before = this.#known;
    if (JSON.stringify(known) === JSON.stringify(before)) return;
    this.#known = known;
    if (known === undefined) {
      log.warn("The FileIntegrityNodeStatus is gone: results are kept until it is there again");
    } else if (known.uid !== before?.uid && this.#seen) {
      this.#lostAt = clock.monotonic();
      log.info("The FileIntegrityNodeStatus was made anew: the next scan begins at once");
    }
    this.#seen ||= known !== undefined;
    this.changed.ring();
  }
}

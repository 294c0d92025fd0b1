import type { MonotonicClock } from "../system/clock.ts";
import type { CallOptions, KubeApi } from "./kube_api.ts";
import { isKubeError } from "./kube_error.ts";
import { heldLease, type Lease, releasedLease } from "./lease.ts";
import { Renewal } from "./renewal.ts";
import { resources } from "./resource.ts";

/** Which Lease, for whom, and what it is claimed with. */
export interface LeaseClaimOptions {
  api: Pick<KubeApi, "get" | "create" | "replace">;
  namespace: string;
  name: string;
  /** Who this process is. */
  identity: string;
  /** Seconds after which others may take over. */
  leaseSeconds: number;
  clock: MonotonicClock;
  /** Whether a holder is a process that has surely ended; of none by default. */
  hasEnded?(identity: string): boolean;
  /** Told of every holder that is seen; "" where nobody has the Lease. */
  onHolder(identity: string): void;
}

/** What became of an attempt: "raced" is one that another writer of the Lease came before. */
export type ClaimOutcome = "held" | "other" | "raced";

/** What was last seen of the Lease, and since when on this process's monotonic clock. */
interface Observation {
  /** Undefined where there is no Lease. */
  version: string | undefined;
  holder: string;
  seconds: number;
  since: number;
}

/**
 * One process's claim to a Lease: gets it, renews it, gives it back.
 *
 * Every write carries the version that was read, so that of all who write at once one succeeds. Versions also tell
 * whether the holder lives: each renewal makes a new one. A Lease that somebody deleted counts as held until the time
 * of whoever held it is over.
 */
export class LeaseClaim {
  readonly #options: LeaseClaimOptions;
  #renewal: Renewal | undefined;
  /** The Lease as this process stored it, for a renewal that need not read it first. */
  #lease: Lease | undefined;
  #observed: Observation | undefined;
  /** A write was not answered: whether it was carried out is not known. */
  #unsure = false;

  constructor(options: LeaseClaimOptions) {
    this.#options = options;
  }

  /** Milliseconds since this process last got or renewed the Lease; Infinity where it did not, or gave it up. */
  get age(): number {
    return this.#renewal?.age ?? Infinity;
  }

  /** Who held the Lease when it was last seen; "" for nobody, undefined before it was seen. */
  get holder(): string | undefined {
    return this.#observed?.holder;
  }

  /** Whether the Lease may be this process's, as far as it knows. */
  get mayHold(): boolean {
    return this.#renewal !== undefined || this.#unsure;
  }

  /** Milliseconds until the Lease may be taken from its holder, if it does not change; 0 or less: now. */
  get untilExpired(): number {
    if (this.#observed === undefined) return 0;
    const { since, seconds } = this.#observed;
    return since + seconds * 1_000 - this.#options.clock.monotonic();
  }

  /** One attempt to get or to keep the Lease, within so many milliseconds. Rejects with `KubeError`s. */
  async attempt(milliseconds: number, signal: AbortSignal): Promise<ClaimOutcome> {
    const { clock } = this.#options;
    const until = clock.monotonic() + milliseconds;
    const call = (): CallOptions => ({
      signal,
      deadline: Math.max(1, until - clock.monotonic()),
    });
    if (this.#lease !== undefined && await this.#write(this.#lease, call())) return "held";
    const lease = await this.#read(call());
    if (!this.#free) return "other";
    return await this.#write(lease, call()) ? "held" : "raced";
  }

  async #read(call: CallOptions): Promise<Lease | undefined> {
    const { api, namespace, name } = this.#options;
    const lease = await api.get(resources.leases, { namespace, name }, call).catch((error) => {
      if (isKubeError(error, "not-found")) return undefined;
      throw error;
    });
    this.#observe(lease);
    return lease;
  }

  /** Stores that this process holds the Lease; false where `current` is no longer what is there. */
  async #write(current: Lease | undefined, call: CallOptions): Promise<boolean> {
    const { api, clock, identity, leaseSeconds } = this.#options;
    const lease = heldLease(current, this.#options, identity, leaseSeconds, clock.now());
    this.#lease = undefined;
    this.#unsure = true;
    const renewal = new Renewal(clock);
    try {
      const stored = current === undefined
        ? await api.create(resources.leases, lease, call)
        : await api.replace(resources.leases, lease, call);
      this.#lease = stored;
      this.#renewal = renewal;
      this.#unsure = false;
      this.#observe(stored);
      return true;
    } catch (error) {
      if (isKubeError(error, "conflict", "already-exists", "not-found")) {
        this.#unsure = false;
        return false;
      }
      throw error;
    }
  }

  #observe(lease: Lease | undefined): void {
    const version = lease?.metadata.resourceVersion;
    const before = this.#observed;
    if (before !== undefined && before.version === version) return;
    const { leaseSeconds, clock } = this.#options;
    const { holderIdentity = "", leaseDurationSeconds = leaseSeconds } = lease?.spec ?? {};
    const gone = lease === undefined;
    const holder = gone ? before?.holder ?? "" : holderIdentity;
    this.#observed = {
      version,
      holder,
      seconds: gone ? before?.seconds ?? 0 : leaseDurationSeconds,
      since: clock.monotonic(),
    };
    if (before?.holder !== holder) this.#options.onHolder(holder);
  }

  /** Whether this process may take the Lease as it was last seen. */
  get #free(): boolean {
    const { identity, hasEnded } = this.#options;
    const holder = this.#observed?.holder ?? "";
    return holder === "" || holder === identity || this.untilExpired <= 0 ||
      hasEnded?.(holder) === true;
  }

  /** This process no longer holds the Lease, or no longer wants to; nothing is sent. */
  giveUp(): void {
    this.#renewal = undefined;
  }

  /**
   * Gives the Lease back within so many milliseconds, so that another process need not wait for its end. Rejects with
   * `KubeError`s; then the others wait.
   */
  async release(milliseconds: number): Promise<void> {
    this.giveUp();
    const { api, clock, identity } = this.#options;
    const until = clock.monotonic() + milliseconds;
    const call = (): CallOptions => ({ deadline: Math.max(1, until - clock.monotonic()) });
    let lease = this.#lease ?? await this.#read(call());
    while (lease?.spec?.holderIdentity === identity) {
      this.#lease = undefined;
      const released = releasedLease(lease, clock.now());
      try {
        return this.#observe(await api.replace(resources.leases, released, call()));
      } catch (error) {
        // A renewal that was cut off when the work ended may have come in between.
        if (!isKubeError(error, "conflict") || clock.monotonic() >= until) throw error;
        lease = await this.#read(call());
      }
    }
  }
}

import type { Orders, OrdersSource } from "../node/orders.ts";
import type { KnownStatus } from "./known_status.ts";
import type { StatusFollower } from "./status_follower.ts";

/** What a daemon is told once and for all; spans in milliseconds. */
export interface FixedOrders {
  config: string;
  configDigest: string;
  interval: number;
  maxBackups: number;
  initialDelay: number;
}

/** The orders of a node: what the daemon was started with, and what its FileIntegrityNodeStatus says now. */
export class ClusterOrders implements OrdersSource {
  readonly #fixed: FixedOrders;
  readonly #follower: StatusFollower;
  #last: KnownStatus;

  /** @param first what the object said when it was first seen */
  constructor(fixed: FixedOrders, follower: StatusFollower, first: KnownStatus) {
    this.#fixed = fixed;
    this.#follower = follower;
    this.#last = first;
  }

  current(): Orders {
    // While the object is away, what it said last holds.
    this.#last = this.#follower.known ?? this.#last;
    const { initialDelay, ...fixed } = this.#fixed;
    const { created, reported, held, request } = this.#last;
    const { lostAt } = this.#follower;
    return {
      ...fixed,
      held,
      notBefore: reported ? 0 : created + initialDelay,
      ...(lostAt === undefined ? {} : { lostAt }),
      ...(request === undefined ? {} : { request }),
      // Its log and its counts are kept, so that nothing is accepted silently.
      absorbOnConfigChange: true,
    };
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.#follower.changed.heard(signal);
  }
}

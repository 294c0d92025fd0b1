import type { Orders, OrdersSource } from "../node/orders.ts";
import type { KnownStatus } from "./known_status.ts";
import type { MonotonicClock } from "../system/clock.ts";
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
  readonly #notBefore: number;
  #last: KnownStatus;

  /** @param first what the object said when it was first seen, which was just now */
  constructor(
    fixed: FixedOrders,
    follower: StatusFollower,
    first: KnownStatus,
    clock: MonotonicClock,
  ) {
    this.#fixed = fixed;
    this.#follower = follower;
    this.#last = first;
    // The object's time is another machine's, of which the clock here may be far off.
    const { initialDelay } = fixed;
    const left = first.created + initialDelay - clock.now();
    this.#notBefore = clock.monotonic() + Math.min(Math.max(left, 0), initialDelay);
  }

  current(): Orders {
    // While the object is away, what it said last holds.
    this.#last = this.#follower.known ?? this.#last;
    const { initialDelay: _, ...fixed } = this.#fixed;
    const { reported, held, request } = this.#last;
    const { lostAt } = this.#follower;
    return {
      ...fixed,
      held,
      notBefore: reported ? 0 : this.#notBefore,
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

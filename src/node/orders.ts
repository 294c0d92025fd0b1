import type { ReinitRequest } from "../plan/node_step.ts";

/** What a node is told to do; spans in milliseconds, moments in milliseconds of the monotonic clock. */
export interface Orders {
  /** The configuration, as a cluster holds it. */
  config: string;
  /** `sha256:<hex>` of it. */
  configDigest: string;
  /** From the end of one scan to the start of the next. */
  interval: number;
  maxBackups: number;
  held: boolean;
  /** Nothing starts before this moment. */
  notBefore: number;
  /** When results that had been published were lost; a scan that ended before does not count. */
  lostAt?: number;
  request?: ReinitRequest;
  /**
   * Whether a changed configuration gets its new baseline although the host differs from the old one. Where not,
   * the scan stays `Failed` until a new baseline is asked for.
   */
  absorbOnConfigChange: boolean;
}

/** Where a node's orders come from. */
export interface OrdersSource {
  current(): Orders;
  /** Resolves when the orders change, or the signal aborts; never rejects. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Orders that never change. */
export function fixedOrders(orders: Orders): OrdersSource {
  return {
    current: () => orders,
    changed: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
}

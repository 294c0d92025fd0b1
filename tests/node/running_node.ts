import { getLogger, type Logger } from "@logtape/logtape";
import { convertConfig } from "../../src/aide/convert.ts";
import { digestText } from "../../src/base/digest.ts";
import type { Aide } from "../../src/node/aide_process.ts";
import { localDisk } from "../../src/node/disk.ts";
import type { Orders, OrdersSource } from "../../src/node/orders.ts";
import type { Publication, Publisher } from "../../src/node/publisher.ts";
import { type NodeActivity, runNode } from "../../src/node/run_node.ts";
import { stateFiles } from "../../src/node/state_files.ts";
import type { ManualClock } from "./manual_clock.ts";
import { type TestHost, testPolicy } from "./test_host.ts";

/** A result as the node gave it out. */
export interface Given {
  publication: Publication;
  safe: boolean;
  at: number;
}

/** Orders that change while the node runs. */
class ChangingOrders implements OrdersSource {
  #orders: Orders;
  #change = Promise.withResolvers<void>();

  constructor(orders: Orders) {
    this.#orders = orders;
  }

  current(): Orders {
    return this.#orders;
  }

  async changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) return;
    await Promise.race([promise, this.#change.promise]);
  }

  set(orders: Orders): void {
    this.#orders = orders;
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve();
  }
}

/** What a `RunningNode` is made of. */
export interface NodeOptions {
  host: TestHost;
  aide: Aide;
  clock: ManualClock;
  /** Called for every publication; a rejection makes it fail. */
  publish?: Publisher["publish"];
  /** When to publish again what `publish` did not take. */
  again?: Publisher["again"];
  jitter?: () => number;
  orders?: Partial<Orders>;
  log?: Logger;
}

/** The interval of a `RunningNode` in milliseconds. */
export const interval = 900_000;

/** A node that runs until it is disposed of, with its results one by one. */
export class RunningNode implements AsyncDisposable {
  readonly #orders: ChangingOrders;
  readonly #stop = new AbortController();
  readonly #given: Given[] = [];
  /** What it turned to, in order. */
  readonly activities: NodeActivity[] = [];
  readonly #ended: Promise<void>;
  #arrival = Promise.withResolvers<void>();
  #taken = 0;

  constructor({ host, aide, clock, publish, again, jitter, orders, log }: NodeOptions) {
    const config = convertConfig(testPolicy).text;
    this.#orders = new ChangingOrders({
      config,
      configDigest: digestText(config),
      interval,
      maxBackups: 5,
      held: false,
      notBefore: 0,
      absorbOnConfigChange: false,
      ...orders,
    });
    const files = stateFiles(host.state);
    const { root } = host;
    const timeoutMs = 600_000;
    this.#ended = localDisk.makeDirectory(host.state).then(() =>
      runNode({
        parts: {
          ...{ disk: localDisk, clock, aide, log: log ?? getLogger("test") },
          ...{ files, root, workers: 1, timeoutMs },
        },
        orders: this.#orders,
        publisher: {
          publish: publish ?? (() => Promise.resolve()),
          ...(again === undefined ? {} : { again }),
        },
        anchor: undefined,
        jitter: jitter ?? (() => 0),
        turned: (activity) => this.activities.push(activity),
        published: (publication, safe) => {
          this.#given.push({ publication, safe, at: clock.now() });
          this.#arrival.resolve();
          return Promise.resolve(true);
        },
      }, this.#stop.signal)
    );
  }

  /** Its orders at this moment. */
  get orders(): Orders {
    return this.#orders.current();
  }

  /** Everything given so far. */
  get given(): readonly Given[] {
    return this.#given;
  }

  /** The next result, in order, as soon as it is there. */
  async next(): Promise<Given> {
    for (;;) {
      const given = this.#given[this.#taken];
      if (given !== undefined) {
        this.#taken++;
        return given;
      }
      this.#arrival = Promise.withResolvers();
      await Promise.race([this.#arrival.promise, this.#ended]);
      if (this.#given.length === this.#taken) await this.#ended;
    }
  }

  /** Changes the orders. */
  order(change: Partial<Orders>): void {
    this.#orders.set({ ...this.#orders.current(), ...change });
  }

  /** Ends the node and waits until it has. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

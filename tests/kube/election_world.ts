import type { CallOptions, KubeApi, ObjectAddress } from "../../src/kube/kube_api.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import type { Lease } from "../../src/kube/lease.ts";
import type { Resource } from "../../src/kube/resource.ts";
import type { MonotonicClock } from "../../src/system/clock.ts";
import { settle } from "./simulated_clock.ts";

/** Time that goes from one thing that happens to the next. */
export class World {
  time = 0;
  #order = 0;
  #coming: { at: number; order: number; happen: () => void }[] = [];
  #state: number;
  /** Looks at the world after everything that happens. */
  look: () => void = () => {};

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 1; the same ones for the same seed. */
  readonly random = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  after(milliseconds: number, happen: () => void): void {
    const at = this.time + Math.max(0, milliseconds);
    this.#coming.push({ at, order: this.#order++, happen });
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      this.#coming.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#coming[0];
      if (next === undefined || next.at > end) break;
      this.#coming.shift();
      this.time = next.at;
      this.look(); // before anybody had a chance to notice
      next.happen();
      await settle();
      this.look();
    }
    this.time = end;
    this.look();
  }
}

/** What a process sees of time; it can be frozen, suspended with its machine, or killed. */
export class Machine implements MonotonicClock {
  readonly #world: World;
  readonly #rate: number;
  /** What is held back until the process runs again. */
  #held: (() => void)[] = [];
  #stopped = 0;
  #suspendedAt: number | undefined;
  #suspended = 0;
  #timeOfDay: number;
  killed = false;
  /** Milliseconds of the world's time until which its calls do not get through. */
  cutOffUntil = 0;

  constructor(world: World) {
    this.#world = world;
    this.#rate = 0.95 + world.random() / 10;
    this.#timeOfDay = Date.parse("2026-01-01T00:00:00Z") + world.random() * 1e9;
  }

  now(): number {
    return Math.floor(this.#timeOfDay + this.#world.time * this.#rate);
  }

  monotonic(): number {
    const now = this.#suspendedAt ?? this.#world.time;
    return (now - this.#suspended) * this.#rate;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const due = this.monotonic() + milliseconds;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", () => resolve());
      const look = (): void => {
        const left = due - this.monotonic();
        if (left > 1e-6) this.#world.after(left / this.#rate, () => this.run(look));
        else resolve();
      };
      look();
    });
  }

  /** Runs something in the process, once it runs. */
  run(something: () => void): void {
    if (this.killed) return;
    if (this.#stopped > 0) this.#held.push(something);
    else something();
  }

  /** Stops the process for a while; its clocks go on. */
  freeze(milliseconds: number): void {
    this.#stopped++;
    this.#world.after(milliseconds, () => this.#goOn());
  }

  /** Stops the machine for a while; its time of day goes on, its other clock does not. */
  suspend(milliseconds: number): void {
    if (this.#suspendedAt !== undefined) return;
    this.#suspendedAt = this.#world.time;
    this.#stopped++;
    this.#world.after(milliseconds, () => {
      this.#suspended += this.#world.time - (this.#suspendedAt ?? this.#world.time);
      this.#suspendedAt = undefined;
      this.#goOn();
    });
  }

  #goOn(): void {
    if (--this.#stopped > 0) return;
    const held = this.#held;
    this.#held = [];
    for (const something of held) this.run(something);
  }

  setTimeOfDay(milliseconds: number): void {
    this.#timeOfDay += milliseconds;
  }
}

/** The server's side of one Lease. */
export class LeaseServer {
  lease: Lease | undefined;
  #version = 1;
  writes = 0;

  read(): Lease {
    if (this.lease === undefined) throw new KubeError("not-found", "no Lease");
    return structuredClone(this.lease);
  }

  create(lease: Lease): Lease {
    if (this.lease !== undefined) throw new KubeError("already-exists", "a Lease");
    return this.store(lease);
  }

  replace(lease: Lease): Lease {
    const before = this.read();
    if (before.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      throw new KubeError("conflict", "another version");
    }
    // As the API server has it: what changes nothing makes no new version.
    if (JSON.stringify(before) === JSON.stringify(lease)) return before;
    return this.store(lease);
  }

  remove(): void {
    this.lease = undefined;
  }

  store(lease: Lease): Lease {
    this.writes++;
    this.#version++;
    const metadata = { ...lease.metadata, resourceVersion: `v${this.#version}` };
    this.lease = structuredClone({ ...lease, metadata });
    return this.read();
  }
}

/** How calls fare on their way. */
export interface Network {
  /** Longest time of one way, in milliseconds. */
  latency: number;
  /** Share of messages that are lost, each way. */
  loss: number;
}

/** The API as a process on a machine reaches it: late, or not at all, and with answers that are lost. */
export function leaseApi(
  world: World,
  machine: Machine,
  server: LeaseServer,
  network: Network,
): Pick<KubeApi, "get" | "create" | "replace"> {
  const call = (
    action: () => Lease,
    { signal, deadline = 30_000 }: CallOptions = {},
  ): Promise<Lease> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason));
      const over = new AbortController();
      void machine.sleep(deadline, over.signal).then(() =>
        reject(new KubeError("deadline", "no answer"))
      );
      const way = (): number => world.random() * network.latency;
      const lost = (): boolean => world.random() < network.loss || world.time < machine.cutOffUntil;
      if (lost()) return;
      world.after(way(), () => {
        let answer: () => void;
        try {
          const lease = action();
          answer = () => resolve(lease);
        } catch (error) {
          answer = () => reject(error);
        }
        if (!lost()) world.after(way(), () => machine.run(answer));
      });
    });
  const typed = <T>(answer: Promise<Lease>): Promise<T> => answer as Promise<unknown> as Promise<T>;
  return {
    get: <T extends KubeObject>(
      _: Resource<T>,
      __: ObjectAddress,
      options?: CallOptions,
    ): Promise<T> => typed(call(() => server.read(), options)),
    create: <T extends KubeObject>(_: Resource<T>, lease: T, options?: CallOptions): Promise<T> => {
      const sent = structuredClone(lease) as KubeObject as Lease;
      return typed(call(() => server.create(sent), options));
    },
    replace: <T extends KubeObject>(
      _: Resource<T>,
      lease: T,
      options?: CallOptions,
    ): Promise<T> => {
      const sent = structuredClone(lease) as KubeObject as Lease;
      return typed(call(() => server.replace(sent), options));
    },
  };
}

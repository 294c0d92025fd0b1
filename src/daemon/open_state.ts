import type { Logger } from "@logtape/logtape";
import type { StoredNodeStatus } from "../api/node_status.ts";
import type { MonotonicClock } from "../system/clock.ts";
import { Moment } from "../system/moment.ts";
import type { Disk } from "../node/disk.ts";
import { asFault, CalledOff, type NodeFault } from "../node/fault.ts";
import { faultPublication } from "../node/run_node.ts";
import type { Publication } from "../node/publisher.ts";
import type { StateFiles } from "../node/state_files.ts";
import type { StateLock } from "../node/state_lock.ts";
import { claimState } from "./claim_state.ts";

/** What a state is opened with. */
export interface StateOpening {
  disk: Disk;
  files: StateFiles;
  /** `metadata.uid` of the FileIntegrity. */
  uid: string;
  maxBackups: number;
  /** From the end of one scan to the start of the next, in milliseconds. */
  interval: number;
  clock: MonotonicClock;
  log: Logger;
  /** Takes the state directory for this process. Throws faults. */
  take(): Promise<StateLock>;
  /** Gives the node's status as the API server has it now, however long that takes; undefined when the signal aborts. */
  read(signal: AbortSignal): Promise<StoredNodeStatus | undefined>;
  held(): boolean;
  /** Publishes a fault of a node that holds what `read` gave last, if it can. */
  publish(publication: Publication, signal: AbortSignal): Promise<void>;
  /** Told what is wrong with the directory; undefined where nothing is. */
  found(problem: string | undefined): void;
}

const retryMs = 5_000;
/** A pod that is about to end, or a mount that is not there yet, is no fault of the node. */
const patienceMs = 30_000;

/** Publishes a fault that stays: at once when it is another one, and once an interval. */
class LastingFault {
  readonly #opening: StateOpening;
  readonly #began: Moment;
  #told = "";
  #published: { message: string; at: Moment } | undefined;

  constructor(opening: StateOpening) {
    this.#opening = opening;
    this.#began = new Moment(opening.clock);
  }

  async take(fault: NodeFault, signal: AbortSignal): Promise<void> {
    const { clock, log, interval, held, read, publish } = this.#opening;
    const now = new Moment(clock);
    if (this.#told !== fault.message) {
      this.#told = fault.message;
      log.warn("Not ready: {problem}", { problem: fault.message, reason: fault.reason });
    }
    if (this.#began.age < patienceMs || held()) return;
    const last = this.#published;
    if (last !== undefined && last.message === fault.message && last.at.age < interval) return;
    if (await read(signal) === undefined) return;
    await publish(faultPublication(fault, now.time, now), signal);
    this.#published = { message: fault.message, at: now };
  }
}

/** A state that was opened. */
export interface OpenState {
  status: StoredNodeStatus;
  lock: StateLock;
}

/**
 * Takes the state directory, reads the node's status once nobody else can change what it records, and makes the
 * directory this FileIntegrity's own. A fault that lasts is published, and tried again until it is over. Gives the
 * status and the hold on the directory; undefined when the signal aborts.
 */
export async function openState(
  opening: StateOpening,
  signal: AbortSignal,
): Promise<OpenState | undefined> {
  const { disk, files, uid, maxBackups, clock, log } = opening;
  const lasting = new LastingFault(opening);
  let lock: StateLock | undefined;
  while (!signal.aborted) {
    try {
      lock ??= await opening.take();
      opening.found(undefined);
      const status = await opening.read(signal);
      if (status === undefined) break;
      const recorded = status.baseline !== undefined;
      await claimState({ disk, files, uid, recorded, maxBackups, now: clock.now(), log });
      return { status, lock };
    } catch (error) {
      const fault = asFault(error, files.directory);
      if (fault instanceof CalledOff) throw fault;
      opening.found(fault.message);
      await lasting.take(fault, signal);
    }
    await clock.sleep(retryMs, signal);
  }
  lock?.release();
  return undefined;
}

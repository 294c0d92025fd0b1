import { type Attempt, nextStep, type WaitReason } from "../plan/node_step.ts";
import { BaselineStore } from "./baseline_store.ts";
import { timestamp } from "../base/timestamp.ts";
import { Moment } from "../system/moment.ts";
import { asFault, CalledOff, type NodeFault } from "./fault.ts";
import { nodeTurn, type Work } from "./node_turn.ts";
import type { Orders, OrdersSource } from "./orders.ts";
import type { Parts } from "./parts.ts";
import { type Publication, type Publisher, PublishLater } from "./publisher.ts";
import type { TakenBaseline } from "./take_baseline.ts";

/** What a node turns to. */
export type NodeActivity =
  /** It waits for a moment of the monotonic clock, or for its orders alone. */
  | { kind: "waiting"; until: number | undefined }
  | { kind: "working" }
  | { kind: "publishing" };

/** A node at work. */
export interface NodeRun {
  parts: Parts;
  orders: OrdersSource;
  publisher: Publisher;
  /** The record of the baseline in use, from wherever it is kept. */
  anchor: TakenBaseline | undefined;
  /** 0 to 1, drawn anew for every pause. */
  jitter(): number;
  /**
   * Called with every result; the node stops when it gives false. Where `safe` is false the result could not be
   * published, and says so itself.
   */
  published(publication: Publication, safe: boolean): Promise<boolean>;
  /** Called with what a step found, before it is published. */
  found?(publication: Publication): void;
  /** Told of what the node turns to, right before it does. */
  turned?(activity: NodeActivity): void;
  /** The level at which the time of the next scan is logged, which repeats with every scan; info by default. */
  pausesAt?: "info" | "debug";
}

/** A result that is not published yet, and how often that was tried. */
interface Unsent {
  publication: Publication;
  maxBackups: number;
  failures: number;
}

/** How long the last attempt to publish may take when the node ends. */
const lastAttemptMs = 5_000;

function logWait(
  { parts: { log, clock }, pausesAt = "info" }: NodeRun,
  why: WaitReason,
  until: number | undefined,
): void {
  if (until === undefined) log.info("Held: no scan until the hold is released");
  else {
    const first = why === "initial-delay";
    const what = first ? "First scan" : "Next scan";
    log[first ? "info" : pausesAt]("{what} at {due}", {
      what,
      why,
      // By two clocks, of which one tells whole milliseconds: to the nearest second.
      due: timestamp(clock.now() + until - clock.monotonic() + 500),
    });
  }
}

/**
 * Ends a sleep when the orders change as well as when its time has come. Gives true when it is time for another attempt
 * to publish what failed so often.
 */
async function pause(
  run: NodeRun,
  until: number | undefined,
  failures: number | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock } = run.parts;
  const woken = new AbortController();
  const either = AbortSignal.any([signal, woken.signal]);
  const never = Promise.withResolvers<void>().promise;
  const time = until === undefined ? never : clock.sleep(until - clock.monotonic(), either);
  const again = failures === undefined ? never : run.publisher.again?.(failures, either) ?? never;
  const first = await Promise.race([
    time.then(() => false),
    run.orders.changed(either).then(() => false),
    again.then(() => true),
  ]);
  woken.abort();
  return first && !signal.aborted;
}

/** A signal that also aborts when the node is put on hold while it works. */
function untilHeld(
  orders: OrdersSource,
  signal: AbortSignal,
): { signal: AbortSignal; end(): void } {
  const held = new AbortController();
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const watch = async (): Promise<void> => {
    while (!both.aborted && !held.signal.aborted) {
      if (orders.current().held) held.abort();
      else await orders.changed(both);
    }
  };
  void watch();
  return { signal: AbortSignal.any([signal, held.signal]), end: () => over.abort() };
}

/** What is published of a fault at `now` (milliseconds since 1970), of work that began then. Throws `CalledOff` as it is. */
export function faultPublication(
  fault: NodeFault | CalledOff,
  now: number,
  began: Moment,
  configDigest = "",
): Publication {
  if (fault instanceof CalledOff) throw fault;
  return {
    result: {
      condition: "Errored",
      lastProbeTime: timestamp(now),
      errorMessage: fault.message,
      errorReason: fault.reason,
      scan: {
        start: timestamp(began.time),
        durationSeconds: Math.round(began.age) / 1000,
        entries: 0,
        configDigest,
        aideVersion: "",
        scope: "full",
      },
    },
  };
}

async function work(
  run: NodeRun,
  orders: Orders,
  store: BaselineStore,
  step: Work,
  signal: AbortSignal,
): Promise<Publication> {
  const { parts } = run;
  const began = new Moment(parts.clock);
  try {
    return await nodeTurn({ parts, store, orders, anchor: run.anchor, signal }, step);
  } catch (error) {
    const fault = asFault(error, parts.files.directory);
    const publication = faultPublication(
      fault,
      parts.clock.now(),
      began,
      run.anchor?.configDigest,
    );
    await store.dropDrafts().catch(() => {}); // where that fails too, the fault has said why
    return publication;
  }
}

/** Publishes, and makes a new baseline the one in use: first its record, then its files. */
async function publish(
  run: NodeRun,
  store: BaselineStore,
  publication: Publication,
  maxBackups: number,
  signal: AbortSignal,
): Promise<void> {
  await run.publisher.publish(publication, signal);
  const { baseline } = publication;
  if (baseline === undefined) return;
  run.anchor = baseline;
  try {
    await store.switchOver(baseline, maxBackups);
  } catch (error) {
    // The record is what counts: the next look at the state finishes the switch, or says what is missing.
    run.parts.log.warn("The switch to the new baseline is not finished: {problem}", {
      problem: asFault(error, run.parts.files.directory).message,
    });
  }
}

/** A result that could not be published, as the fault that it has become; what was found stays in its message. */
function unpublished(run: NodeRun, publication: Publication, error: unknown): Publication {
  const fault = asFault(error, run.parts.files.directory);
  if (fault instanceof CalledOff) throw fault;
  const { condition, changes, errorMessage } = publication.result;
  const found = changes === undefined
    ? errorMessage ?? ""
    : `${changes.added} added, ${changes.changed} changed, ${changes.removed} removed`;
  const said = `The result (${condition}${found === "" ? "" : `: ${found}`}) could not be recorded`;
  return {
    result: {
      ...publication.result,
      condition: "Errored",
      errorMessage: `${said}: ${fault.message}`,
      errorReason: fault.reason,
    },
  };
}

/** Publishes a result. Gives what it became; where it is not taken for now, what is left to be published. */
async function send(
  run: NodeRun,
  store: BaselineStore,
  { publication, maxBackups, failures }: Unsent,
  signal: AbortSignal,
): Promise<{ result: Publication; safe: boolean } | { unsent: Unsent }> {
  try {
    await publish(run, store, publication, maxBackups, signal);
    return { result: publication, safe: true };
  } catch (error) {
    if (!(error instanceof PublishLater)) {
      return { result: unpublished(run, publication, error), safe: false };
    }
    return { unsent: { publication, maxBackups, failures: failures + 1 } };
  }
}

/** Tries once more, for a short time, to publish what is left when the node ends. */
async function sendLast(run: NodeRun, store: BaselineStore, unsent: Unsent): Promise<void> {
  const enough = new AbortController();
  const over = new AbortController();
  const limit = run.parts.clock.sleep(lastAttemptMs, over.signal).then(() => enough.abort());
  const sent = await send(run, store, unsent, enough.signal).finally(() => over.abort());
  await limit;
  if ("result" in sent) await run.published(sent.result, sent.safe);
  else run.parts.log.warn("Ends with a result that could not be published");
}

/** A scan that was called off may have written its log over that of a result which is not published yet. */
function withoutLog(unsent: Unsent): Unsent {
  const { log: _, ...publication } = unsent.publication;
  return { ...unsent, publication };
}

/**
 * Runs a node until the signal aborts or `published` says that it is enough. Never two steps at once, never a due scan
 * left out; a step that is called off leaves no trace. What can't be published is tried again with the next scan. What
 * is only not taken for now is kept and tried again until then; but a new baseline whose record may have been taken is
 * neither the baseline nor to be replaced, so that nothing else is done before its record is published.
 */
export async function runNode(run: NodeRun, signal: AbortSignal): Promise<void> {
  const { parts } = run;
  const store = new BaselineStore(parts.disk, parts.files, parts.remedies);
  let last: Attempt | undefined;
  let jitter = run.jitter();
  let unsent: Unsent | undefined;
  let told = "";

  /** Publishes, and gives whether the node goes on. */
  const deliver = async (what: Unsent): Promise<boolean> => {
    run.turned?.({ kind: "publishing" });
    const sent = await send(run, store, what, signal);
    unsent = "unsent" in sent ? sent.unsent : undefined;
    return "unsent" in sent || await run.published(sent.result, sent.safe);
  };

  while (!signal.aborted) {
    const orders = run.orders.current();
    const { request, lostAt } = orders;
    const step = nextStep({
      ...(run.anchor === undefined ? {} : { baseline: run.anchor }),
      configDigest: orders.configDigest,
      ...(request === undefined ? {} : { request }),
      held: orders.held,
      notBefore: orders.notBefore,
      interval: orders.interval,
      jitter,
      ...(lostAt === undefined ? {} : { lostAt }),
      ...(last === undefined ? {} : { last }),
    }, parts.clock.monotonic());
    const blocked = unsent?.publication.baseline !== undefined;
    if (blocked || step.kind === "wait") {
      const wait = step.kind === "wait" && !blocked ? step : undefined;
      if (wait !== undefined && told !== `${wait.why} ${wait.until}`) {
        told = `${wait.why} ${wait.until}`;
        logWait(run, wait.why, wait.until);
      }
      run.turned?.({ kind: "waiting", until: wait?.until });
      const again = await pause(run, wait?.until, unsent?.failures, signal);
      if (again && unsent !== undefined && !await deliver(unsent)) return;
      continue;
    }
    told = ""; // what it waits for after this is news
    const working = untilHeld(run.orders, signal);
    run.turned?.({ kind: "working" });
    try {
      const publication = await work(run, orders, store, step, working.signal);
      last = { key: step.key, ended: parts.clock.monotonic() };
      jitter = run.jitter();
      run.found?.(publication);
      if (!await deliver({ publication, maxBackups: orders.maxBackups, failures: 0 })) return;
    } catch (error) {
      if (!(error instanceof CalledOff)) throw error;
      if (unsent !== undefined) unsent = withoutLog(unsent);
      parts.log.info("Called off");
    } finally {
      working.end();
    }
  }
  if (unsent !== undefined) await sendLast(run, store, unsent);
}

import type { MonotonicClock } from "../system/clock.ts";
import { answerError } from "./answer_error.ts";
import { type Body, bodyPieces } from "./body_pieces.ts";
import { action, type Call, callUrl, type Verb, verbs } from "./call.ts";
import { CallTime } from "./call_time.ts";
import type { Connection } from "./connection.ts";
import { connectionError, isUnsent, isUntrusted } from "./connection_error.ts";
import type { CallOptions } from "./kube_api.ts";
import { KubeError, type KubeErrorKind } from "./kube_error.ts";
import { limitedBody } from "./limited_body.ts";
import { nextAttempt } from "./retry.ts";
import { retryAfter } from "./retry_after.ts";
import { withoutCredentials } from "./without_credentials.ts";

/** A call that ended, for metrics. A watch ends when the server begins to answer it. */
export interface CallReport {
  verb: Verb;
  /** Plural of the kind. */
  resource: string;
  /** "aborted": the caller gave up, or the client was closed. */
  outcome: KubeErrorKind | "ok" | "aborted";
  /** HTTP status of the last answer. */
  code: number | undefined;
  milliseconds: number;
  attempts: number;
}

/** What a transport is made of. */
export interface TransportOptions {
  userAgent: string;
  clock: MonotonicClock;
  /** 0 to 1. */
  random: () => number;
  /** Milliseconds that a call has where it names no other deadline. */
  deadline: number;
  /** Called right before each attempt of a write; the attempt is not made when it throws. */
  guard: () => void;
  report: (call: CallReport) => void;
}

const longestErrorBody = 64 * 1024;

/** An error of one attempt, with what only the attempt knows of it. */
interface Failure {
  error: unknown;
  unsent?: boolean;
  untrusted?: boolean;
}

interface Success<R> {
  value: R;
  code: number;
}

/** What one attempt brought: an answer, or why not. */
type Outcome<R> = Success<R> | Failure;

/** Sends calls, tries again where that helps, and ends each of them in time. */
export class Transport implements Disposable {
  readonly #connection: Connection;
  readonly #options: TransportOptions;
  readonly #closed = new AbortController();

  constructor(connection: Connection, options: TransportOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Address of the API server. */
  get server(): string {
    return this.#connection.server;
  }

  /** Ends every call under way; the connection is closed. */
  [Symbol.dispose](): void {
    this.#closed.abort(new DOMException("The client of the API server was closed", "AbortError"));
    this.#connection[Symbol.dispose]();
  }

  /** The time of one call, for those that last longer than their first answer. */
  time({ deadline, signal }: CallOptions): CallTime {
    const { clock, deadline: usual } = this.#options;
    return new CallTime(clock, deadline ?? usual, [signal, this.#closed.signal]);
  }

  /** Makes a call; `read` takes the body of the answer, which is a success. */
  async call<R>(
    call: Call,
    options: CallOptions,
    read: (body: Body) => Promise<R>,
  ): Promise<R> {
    using time = this.time(options);
    return await this.within(call, time, read);
  }

  /** Makes a call within `time`. Rejects with `KubeError`, or the reason of the signal that ended the call. */
  async within<R>(
    call: Call,
    time: CallTime,
    read: (body: Body) => Promise<R>,
  ): Promise<R> {
    const { clock, report } = this.#options;
    const startedAt = clock.monotonic();
    const counts = { attempts: 0 };
    const tell = (outcome: CallReport["outcome"], code: number | undefined): void =>
      report({
        verb: call.verb,
        resource: call.resource.plural,
        outcome,
        code,
        milliseconds: clock.monotonic() - startedAt,
        attempts: counts.attempts,
      });
    try {
      const { value, code } = await this.#attempts(call, time, read, counts);
      tell("ok", code);
      return value;
    } catch (error) {
      const { kind, code } = error instanceof KubeError
        ? error
        : { kind: "aborted" as const, code: undefined };
      tell(kind, code);
      throw error;
    }
  }

  async #attempts<R>(
    call: Call,
    time: CallTime,
    read: (body: Body) => Promise<R>,
    counts: { attempts: number },
  ): Promise<Success<R>> {
    const { random } = this.#options;
    const url = callUrl(this.#connection.server, call);
    let refreshed = false;
    let ambiguous = false;
    for (;;) {
      counts.attempts++;
      const outcome = await this.#attempt(call, url, time, read);
      if ("value" in outcome) return outcome;
      const { error, ...failure } = outcome;
      if (time.signal.aborted) throw this.#ended(call, time, error);
      if (!(error instanceof KubeError)) throw error;
      // What the lost answer said: it is gone.
      if (call.verb === "delete" && ambiguous && error.kind === "not-found") {
        return { value: undefined as R, code: 404 };
      }
      const { repeatable } = verbs[call.verb];
      const { attempts } = counts;
      const next = nextAttempt(
        { ...error, ...failure, kind: error.kind, repeatable, attempts, refreshed },
        random,
      );
      if (!next.again || next.after >= time.left) throw error;
      ambiguous ||= failure.unsent !== true && error.kind !== "too-many-requests";
      if (next.refresh) {
        refreshed = true;
        await this.#connection.refresh();
      }
      if (next.after > 0) await time.pause(next.after);
      if (time.signal.aborted) throw this.#ended(call, time, error);
    }
  }

  async #attempt<R>(
    call: Call,
    url: URL,
    { signal }: CallTime,
    read: (body: Body) => Promise<R>,
  ): Promise<Outcome<R>> {
    let prepared;
    try {
      signal.throwIfAborted();
      prepared = await abortable(this.#prepare(call), signal);
    } catch (error) {
      return { error, unsent: true };
    }
    const { init, client } = prepared;
    try {
      // Nothing may wait between the two: a process that was frozen here must look again before it writes.
      if (verbs[call.verb].writes) this.#options.guard();
      const sent = fetch(url, { ...init, signal, client });
      let response;
      try {
        response = await sent;
      } catch (error) {
        return {
          error: connectionError(call, this.#connection.server, error),
          unsent: isUnsent(error),
          untrusted: isUntrusted(error),
        };
      }
      const body = bodyPieces(response.body, signal);
      if (!response.ok) return { error: await this.#refusal(call, response, body, init) };
      try {
        return { value: await read(body), code: response.status };
      } catch (error) {
        if (error instanceof KubeError) return { error };
        return { error: connectionError(call, this.#connection.server, error) };
      }
    } catch (error) {
      return { error };
    }
  }

  async #prepare(call: Call): Promise<{ init: RequestInit; client: Deno.HttpClient }> {
    const { method, contentType } = verbs[call.verb];
    const authorization = await this.#connection.authorization();
    const client = await this.#connection.http();
    const headers: Record<string, string> = {
      accept: "application/json",
      "user-agent": this.#options.userAgent,
      ...authorization === undefined ? {} : { authorization },
      ...contentType === undefined ? {} : { "content-type": contentType },
    };
    // A text would be sent a second time, without a word, when a kept connection breaks before the answer: Deno holds
    // every request that it can repeat for repeatable. A Blob it sends once.
    const body = call.body === undefined ? {} : { body: new Blob([JSON.stringify(call.body)]) };
    return { init: { method, headers, ...body, redirect: "manual" }, client };
  }

  async #refusal(
    call: Call,
    response: Response,
    pieces: Body,
    { headers: sent }: RequestInit,
  ): Promise<KubeError> {
    const { status: code, headers } = response;
    const wait = retryAfter(headers.get("retry-after"), this.#options.clock.now());
    let body = "";
    try {
      const { bytes } = await limitedBody(pieces, longestErrorBody);
      body = withoutCredentials(new TextDecoder().decode(bytes), new Headers(sent), this.server);
    } catch (error) {
      // Which of several things these two mean, their body says; of the others the status says enough.
      if (code === 404 || code === 409) return connectionError(call, this.server, error);
    }
    return answerError(call, { code, body, retryAfter: wait });
  }

  #ended(call: Call, time: CallTime, cause: unknown): unknown {
    if (!time.isUp) return time.signal.reason;
    return new KubeError("deadline", `${action(call)}: no answer in the time that it was given`, {
      cause,
    });
  }
}

/** `promise`, or the signal's reason when it aborts first. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    promise.catch(() => {});
  }
}

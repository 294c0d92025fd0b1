import { LineSplitter } from "../base/line_splitter.ts";
import { asStatus, errorKind, serverSaid } from "./answer_error.ts";
import { action, type Call } from "./call.ts";
import { KubeError } from "./kube_error.ts";
import type { KubeObject, WatchEvent } from "./kube_object.ts";
import { asObject, isFields, protocolError } from "./read_answer.ts";
import type { Resource } from "./resource.ts";

/** A longer line is no object: etcd takes none that is nearly as large. */
export const longestLine = 16 * 1024 * 1024;

/** Makes events of the bytes of a watch, in whatever pieces they come. */
export class WatchLines<T extends KubeObject> {
  readonly #call: Call;
  readonly #resource: Resource<T>;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #splitter: LineSplitter;
  #events: WatchEvent<T>[] = [];
  #error: unknown;

  /** `limit`: bytes of the longest line. */
  constructor(call: Call, resource: Resource<T>, limit = longestLine) {
    this.#call = call;
    this.#resource = resource;
    this.#splitter = new LineSplitter(
      limit,
      (bytes, start, end) => this.#line(bytes.subarray(start, end)),
      () => this.#error ??= protocolError(call, `an event has more than ${limit} bytes`),
    );
  }

  /**
   * The events that a piece completes. When one of its lines is an error, the events before it come with it: "gone"
   * for a version that is too old, what the server says for its other errors, "protocol" for what is no event.
   */
  push(piece: Uint8Array): { events: WatchEvent<T>[]; error?: unknown } {
    this.#splitter.push(piece);
    const events = this.#events;
    this.#events = [];
    return this.#error === undefined ? { events } : { events, error: this.#error };
  }

  /** Whether the stream ended between two lines. */
  ended(): boolean {
    return this.#splitter.end().length === 0;
  }

  #line(bytes: Uint8Array): void {
    if (this.#error !== undefined || bytes.length === 0) return;
    try {
      this.#events.push(this.#event(bytes));
    } catch (error) {
      this.#error = error;
    }
  }

  #event(bytes: Uint8Array): WatchEvent<T> {
    let value: unknown;
    try {
      value = JSON.parse(this.#decoder.decode(bytes));
    } catch (cause) {
      throw protocolError(this.#call, "an event is not JSON", cause);
    }
    if (!isFields(value)) throw protocolError(this.#call, "an event is not an object");
    const { type, object } = value;
    switch (type) {
      case "ADDED":
      case "MODIFIED":
      case "DELETED":
        return { type, object: asObject(this.#call, this.#resource, object) };
      case "BOOKMARK":
        return { type, resourceVersion: this.#bookmark(object) };
      case "ERROR":
        throw this.#failure(object);
      default:
        throw protocolError(this.#call, "an event is of no known type");
    }
  }

  #bookmark(object: unknown): string {
    const metadata = isFields(object) ? object.metadata : undefined;
    const version = isFields(metadata) ? metadata.resourceVersion : undefined;
    if (typeof version === "string" && version !== "") return version;
    throw protocolError(this.#call, "a bookmark has no version");
  }

  #failure(object: unknown): KubeError {
    const status = asStatus(object);
    const code = status?.code;
    if (status === undefined || code === undefined) {
      return protocolError(this.#call, "an error has no status");
    }
    const gone = status.reason === "Expired" || status.reason === "Gone";
    return new KubeError(
      gone ? "gone" : errorKind(code, status),
      `${action(this.#call)}: ${serverSaid(status.message ?? "no reason given")} (code ${code})`,
      { code, status },
    );
  }
}

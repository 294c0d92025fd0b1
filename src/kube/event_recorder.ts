import { createHash } from "node:crypto";
import type { Clock } from "../system/clock.ts";
import { timestamp } from "../base/timestamp.ts";
import type { CallOptions, KubeApi } from "./kube_api.ts";
import { isKubeError } from "./kube_error.ts";
import type { KubeObject } from "./kube_object.ts";
import { type Resource, resources } from "./resource.ts";

/** An Event of the API, as this program makes it. */
export type KubeEvent = typeof resources.events extends Resource<infer T> ? T : never;

/** Something to tell of an object. */
export interface Occurrence {
  /** The object that it is told of; `metadata.uid` must be there. */
  about: Pick<KubeObject, "apiVersion" | "kind" | "metadata">;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  /**
   * What makes this occurrence another one than the last of the same reason, and the same one when it is looked at
   * again, also by a process that was started later.
   */
  transition: string;
  /**
   * Where it stands among others of its object: a whole number that grows with time, and is the same when it is looked
   * at again. Lists of Events come by name, and so in this order. 0 where absent.
   */
  order?: number;
}

/** What a recorder works with. */
export interface EventRecorderOptions {
  api: Pick<KubeApi, "create">;
  /** The part of the program that tells: `reportingComponent` and the source. */
  component: string;
  /** The process that tells: the pod's name. */
  instance: string;
  clock: Clock;
}

const maxMessage = 1024;
const maxName = 253;
const orderLength = 14; // hexadecimal digits of the largest safe number
const hashLength = 18;
const suffixLength = orderLength + hashLength;
const maxTold = 10_000;

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** `text` within `max` bytes of UTF-8; what is cut off leaves "…", and no character is cut in two. */
function cut(text: string, max: number): string {
  if (bytes(text) <= max) return text;
  const room = max - bytes("…");
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(room));
  return `${text.slice(0, read)}…`;
}

/**
 * Name of the Event of an occurrence: the object's name, shortened where it must be, its order, and a hash of the object's
 * uid, the reason and the transition.
 */
export function eventName({ about, reason, transition, order = 0 }: Occurrence): string {
  const { name, uid } = about.metadata;
  if (!uid) {
    throw new TypeError(`Cannot record an event about ${about.kind} ${name}: it has no uid`);
  }
  const hash = createHash("sha256").update(JSON.stringify([uid, reason, transition])).digest("hex");
  // A label of a DNS name can't end with the "-" or "." that the cut may leave.
  const stem = name.slice(0, maxName - 1 - suffixLength).replace(/[-.]+$/, "");
  const at = Math.max(Math.trunc(order), 0).toString(16).padStart(orderLength, "0");
  return `${stem}.${at}${hash.slice(0, hashLength)}`;
}

/** Tells of objects by Events with names that follow from what they tell: told once, however often it is recorded. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  // Names of what was told, the oldest first: a settled operator need not ask the server again.
  readonly #told = new Set<string>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /**
   * Records an occurrence in the namespace of its object; whether it was news to the server. Rejects with `KubeError`s;
   * whoever calls is to record it again then, which can't tell it twice.
   */
  async record(occurrence: Occurrence, options: CallOptions = {}): Promise<boolean> {
    const event = this.#event(occurrence);
    const key = `${event.metadata.namespace}/${event.metadata.name}`;
    if (this.#told.has(key)) return false;
    const news = await this.#create(event, options);
    this.#told.add(key);
    for (const oldest of this.#told) {
      if (this.#told.size <= maxTold) break;
      this.#told.delete(oldest);
    }
    return news;
  }

  async #create(event: KubeEvent, options: CallOptions): Promise<boolean> {
    try {
      await this.#options.api.create(resources.events, event, options);
      return true;
    } catch (error) {
      if (isKubeError(error, "already-exists")) return false;
      throw error;
    }
  }

  #event(occurrence: Occurrence): KubeEvent {
    const { about: { apiVersion, kind, metadata }, type, reason, message } = occurrence;
    const { component, instance, clock } = this.#options;
    const { name, namespace, uid = "" } = metadata;
    const time = timestamp(clock.now());
    return {
      apiVersion: resources.events.apiVersion,
      kind: resources.events.kind,
      // The API server wants Events about objects without a namespace in this one.
      metadata: { name: eventName(occurrence), namespace: namespace ?? "default" },
      involvedObject: {
        ...{ apiVersion, kind, name, uid },
        ...(namespace === undefined ? {} : { namespace }),
      },
      ...{ type, reason, message: cut(message, maxMessage) },
      ...{ firstTimestamp: time, lastTimestamp: time, count: 1 },
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }
}

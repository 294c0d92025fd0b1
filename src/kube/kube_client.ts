export type { CallReport } from "./transport.ts";
import { type MonotonicClock, systemClock } from "../system/clock.ts";
import type { Call } from "./call.ts";
import type { Connection } from "./connection.ts";
import type {
  Applied,
  ApplyOptions,
  CallOptions,
  Content,
  DeleteOptions,
  KubeApi,
  KubeDiscovery,
  KubeReviewer,
  ListOptions,
  MergePatch,
  ObjectAddress,
  Selection,
  WatchOptions,
  WriteOptions,
} from "./kube_api.ts";
import type { KubeList, KubeObject, WatchEvent } from "./kube_object.ts";
import { isKubeError } from "./kube_error.ts";
import { readKinds, readList, readNothing, readObject, readReview } from "./read_answer.ts";
import { type Resource, type ResourceAddress, resourcePath } from "./resource.ts";
import { type CallReport, Transport } from "./transport.ts";
import { watchEvents } from "./watch_events.ts";

/** Options of a client. */
export interface KubeClientOptions {
  /** Names the program in the API server's audit log. */
  userAgent?: string;
  clock?: MonotonicClock;
  /** 0 to 1, for the pauses between attempts. */
  random?: () => number;
  /** Milliseconds that a call has, retries included, where it names no other deadline; default 30,000. */
  deadline?: number;
  /**
   * Called right before each attempt of a write, with nothing waited for in between; when it throws, nothing is sent
   * and the call rejects with what it threw.
   */
  guard?: () => void;
  /** Told of every call that ended. */
  report?: (call: CallReport) => void;
}

const usualPage = 500;
const usualWatch = 290;

/** Speaks to an API server over a connection that it then owns: disposing of the client closes it and ends every call. */
export class KubeClient implements KubeApi, KubeReviewer, KubeDiscovery, Disposable {
  readonly #transport: Transport;

  constructor(connection: Connection, options: KubeClientOptions = {}) {
    this.#transport = new Transport(connection, {
      userAgent: options.userAgent ?? "file-integrity-operator",
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      deadline: options.deadline ?? 30_000,
      guard: options.guard ?? (() => {}),
      report: options.report ?? (() => {}),
    });
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    options: CallOptions = {},
  ): Promise<T> {
    return await this.#object({ verb: "get", resource, address }, resource, options);
  }

  async *pages<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): AsyncGenerator<KubeList<T>, void> {
    let token: string | undefined;
    do {
      const call: Call = {
        verb: "list",
        resource,
        address: place(options),
        query: { ...selectors(options), limit: options.pageSize ?? usualPage, continue: token },
      };
      const page = await this.#transport.call(
        call,
        options,
        (body) => readList(call, resource, body),
      );
      yield page;
      token = page.metadata.continue || undefined;
    } while (token !== undefined);
  }

  async list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<KubeList<T>> {
    const items: T[] = [];
    let resourceVersion: string | undefined;
    for await (const page of this.pages(resource, options)) {
      for (const item of page.items) items.push(item);
      resourceVersion = page.metadata.resourceVersion;
    }
    return { metadata: resourceVersion === undefined ? {} : { resourceVersion }, items };
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const timeoutSeconds = options.timeoutSeconds ?? usualWatch;
    const call: Call = {
      verb: "watch",
      resource,
      address: place(options),
      query: {
        ...selectors(options),
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        timeoutSeconds,
      },
    };
    yield* watchEvents(this.#transport, call, resource, { ...options, timeoutSeconds });
  }

  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const { metadata: { name, namespace } } = object;
    resourcePath(resource, { ...place({ namespace }), name }); // a collection's path needs neither
    const call: Call = {
      verb: "create",
      resource,
      address: place({ namespace }),
      created: name,
      query: manager(options),
      body: withType(resource, object),
    };
    return await this.#object(call, resource, options);
  }

  async apply<T extends KubeObject>(
    resource: Resource<T>,
    object: Applied<T>,
    options: ApplyOptions,
  ): Promise<T> {
    const { metadata: { name, namespace } } = object;
    const call: Call = {
      verb: "apply",
      resource,
      address: { ...place({ namespace }), name, ...part(options) },
      query: { ...manager(options), force: options.force },
      body: withType(resource, object),
    };
    return await this.#object(call, resource, options);
  }

  async replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const { metadata: { name, namespace } } = object;
    const call: Call = {
      verb: "replace",
      resource,
      address: { ...place({ namespace }), name, ...part(options) },
      query: manager(options),
      body: withType(resource, object),
    };
    return await this.#object(call, resource, options);
  }

  async mergePatch<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    patch: MergePatch,
    options: WriteOptions = {},
  ): Promise<T> {
    const call: Call = {
      verb: "patch",
      resource,
      address: { ...address, ...part(options) },
      query: manager(options),
      body: patch,
    };
    return await this.#object(call, resource, options);
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, propagation } = options;
    const preconditions = {
      ...uid === undefined ? {} : { uid },
      ...resourceVersion === undefined ? {} : { resourceVersion },
    };
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...Object.keys(preconditions).length === 0 ? {} : { preconditions },
      ...propagation === undefined ? {} : { propagationPolicy: propagation },
    };
    await this.#transport.call({ verb: "delete", resource, address, body }, options, readNothing);
  }

  async review<T extends KubeObject>(
    resource: Resource<T>,
    question: Content<T>,
    options: CallOptions = {},
  ): Promise<Content<T>> {
    const call: Call = {
      verb: "review",
      resource,
      address: {},
      body: withType(resource, question),
    };
    return await this.#transport.call(call, options, (body) => readReview(call, resource, body));
  }

  async kinds(apiVersion: string, options: CallOptions = {}): Promise<ReadonlySet<string>> {
    const resource = { apiVersion, kind: "APIResourceList", plural: "", namespaced: false };
    const call: Call = { verb: "discover", resource, address: {} };
    try {
      return await this.#transport.call(call, options, (body) => readKinds(call, body));
    } catch (error) {
      if (isKubeError(error) && error.code === 404) return new Set(); // with or without a Status
      throw error;
    }
  }

  #object<T extends KubeObject>(
    call: Call,
    resource: Resource<T>,
    options: CallOptions,
  ): Promise<T> {
    return this.#transport.call(call, options, (body) => readObject(call, resource, body));
  }
}

type Query = NonNullable<Call["query"]>;

function place({ namespace }: { namespace?: string | undefined }): ResourceAddress {
  return namespace === undefined ? {} : { namespace };
}

function part({ subresource }: WriteOptions): ResourceAddress {
  return subresource === undefined ? {} : { subresource };
}

function selectors({ labelSelector, fieldSelector }: Selection): Query {
  return { labelSelector, fieldSelector };
}

function manager({ fieldManager }: WriteOptions): Query {
  return { fieldManager };
}

// What lists of built-in kinds leave out, a write needs.
function withType<T extends object>({ apiVersion, kind }: Resource<KubeObject>, object: T): T {
  return { ...object, apiVersion, kind };
}

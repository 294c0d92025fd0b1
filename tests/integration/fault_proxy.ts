/** A proxy between a client and the API server that fails as a test wants it to. */
import { LineSplitter } from "../../src/base/line_splitter.ts";
import type { Connection } from "../../src/kube/connection.ts";
import { HttpClientSource } from "../../src/kube/http_client_source.ts";
import type { Effect, Fault, Moment } from "./faults.ts";
import { HttpConnection, type WireRequest } from "./http_connection.ts";
import { listenAgain } from "./kube/listen_again.ts";
import { type SeenRequest, seenRequest, type SeenVerb } from "./seen_request.ts";
import { type KeyPair, ThrowawayAuthority } from "./throwaway_authority.ts";

/** Which requests; each part that is given has to fit. */
export interface Matcher {
  verb?: SeenVerb;
  /** Fits path and query. */
  path?: RegExp;
  where?: (request: SeenRequest) => boolean;
}

/** How often a fault comes. */
export interface Occasions {
  /** Requests that match and go through before the first one that does not. */
  after?: number;
  /** Requests that it then hits; 1 by default. */
  times?: number;
}

/** A fault that was put in. */
export interface Injection {
  /** Requests that it hit. */
  readonly hits: number;
  /** Resolves when the fault has hit as many requests as it was to. */
  readonly spent: Promise<void>;
  /** Takes it out again. */
  remove(): void;
}

interface Waiting extends Injection {
  matcher: Matcher;
  fault: Fault;
  passes: number;
  left: number;
  hits: number;
  spend(): void;
}

const hopByHop = ["connection", "content-length", "host", "transfer-encoding", "accept-encoding"];

/** The proxy. It speaks TLS with a certificate of an authority that was made for it. */
export class FaultProxy implements AsyncDisposable {
  /** Every request that came, in order. */
  readonly seen: SeenRequest[] = [];
  readonly #upstream: string;
  readonly #client: Deno.HttpClient;
  readonly #keys: KeyPair;
  readonly #protocols: string[];
  readonly #connections = new Set<HttpConnection>();
  readonly #work = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  #faults: Waiting[] = [];
  #listener: Deno.Listener;
  #gate: PromiseWithResolvers<void> | undefined;

  private constructor(
    target: { server: string; ca: string },
    /** The authority that its certificate is signed by. */
    readonly authority: ThrowawayAuthority,
    keys: KeyPair,
    port: number,
    protocols: string[],
  ) {
    this.#protocols = protocols;
    this.#upstream = target.server;
    this.#keys = keys;
    this.#listener = this.#listen(port); // before there is anything that stays open where it fails
    this.#client = Deno.createHttpClient({ caCerts: [target.ca], http2: false });
  }

  /**
   * A proxy in front of an API server, on a port of its own by default. It offers HTTP/2, which it does not speak:
   * a client that could would fail. `protocols` says otherwise.
   */
  static async start(
    target: { server: string; ca: string },
    port = 0,
    protocols: string[] = ["h2", "http/1.1"],
  ): Promise<FaultProxy> {
    const authority = await ThrowawayAuthority.make("fault-proxy");
    return new FaultProxy(target, authority, await authority.server(), port, protocols);
  }

  /** Its port on loopback. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Its address. */
  get server(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** A way to the API server through this proxy, with a token. */
  connection(token: string): Connection {
    const clients = new HttpClientSource();
    return {
      server: this.server,
      http: () => Promise.resolve(clients.client({ ca: this.authority.ca })),
      authorization: () => Promise.resolve(`Bearer ${token}`),
      refresh: () => Promise.resolve(),
      [Symbol.dispose]: () => clients[Symbol.dispose](),
    };
  }

  /** Lets a fault hit requests that match. Where several faults wait for a request, the first one hits it. */
  inject(matcher: Matcher, fault: Fault, { after = 0, times = 1 }: Occasions = {}): Injection {
    const { promise: spent, resolve: spend } = Promise.withResolvers<void>();
    const waiting: Waiting = {
      ...{ matcher, fault, passes: after, left: times, hits: 0, spent, spend },
      remove: () => this.#faults = this.#faults.filter((one) => one !== waiting),
    };
    this.#faults.push(waiting);
    return waiting;
  }

  /** Requests that match, of those that came. */
  requests(matcher: Matcher): SeenRequest[] {
    return this.seen.filter((request) => matches(matcher, request));
  }

  /** Cuts every connection there is. */
  cutAll(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Refuses connections, until `up`, and cuts those there are. */
  down(): void {
    this.#listener.close();
    this.cutAll();
  }

  /** Takes connections again, at the same port, which meanwhile may be the near end of somebody's connection. */
  async up(): Promise<void> {
    const { port } = this;
    this.#listener = await listenAgain(() => this.#listen(port));
  }

  /** Holds back every byte to the clients, of every connection, until `thaw`. */
  freeze(): void {
    this.#gate ??= Promise.withResolvers();
  }

  thaw(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.thaw();
    try {
      this.#listener.close();
    } catch {
      // It is down.
    }
    this.cutAll();
    while (this.#work.size > 0) await Promise.all(this.#work);
    this.#client.close();
  }

  #listen(port: number): Deno.Listener {
    const listener = Deno.listenTls({
      ...{ hostname: "127.0.0.1", port, ...this.#keys },
      alpnProtocols: this.#protocols,
    });
    this.#track(this.#accept(listener));
    return listener;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    for await (const socket of listener) {
      const connection = new HttpConnection(socket, () => this.#gate?.promise ?? Promise.resolve());
      this.#connections.add(connection);
      this.#track(this.#serve(connection).finally(() => this.#connections.delete(connection)));
    }
  }

  async #serve(connection: HttpConnection): Promise<void> {
    try {
      for (let request; (request = await connection.request()) !== undefined;) {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        const seen = seenRequest(request, promise);
        this.seen.push(seen);
        let gone = false;
        void connection.ended.then(() => gone = true);
        try {
          await this.#exchange(connection, request, seen);
        } finally {
          resolve(gone);
        }
      }
    } catch {
      // The connection broke, on either side, or a fault has cut it.
    } finally {
      connection.cut();
      await connection.ended;
    }
  }

  #fault(request: SeenRequest): Fault | undefined {
    for (const waiting of this.#faults) {
      if (!matches(waiting.matcher, request)) continue;
      if (waiting.passes-- > 0) continue;
      waiting.hits++;
      if (--waiting.left <= 0) {
        waiting.remove();
        waiting.spend();
      }
      return waiting.fault;
    }
    return undefined;
  }

  async #exchange(to: HttpConnection, request: WireRequest, seen: SeenRequest): Promise<void> {
    const fault = this.#fault(seen);
    const at = fault?.at ?? "request";
    if (fault !== undefined && at === "request" && await this.#take(to, fault)) return;
    const abort = new AbortController();
    if (at !== "answered") void to.ended.then(() => abort.abort());
    const answer = await this.#forward(
      request,
      abort.signal,
      fault?.do === "ask" ? fault.query : {},
    );
    seen.code = answer.status;
    try {
      const headers = Object.fromEntries(
        ["content-type", "retry-after"].flatMap((name) => {
          const value = answer.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      );
      const dribble = fault?.do === "dribble" ? fault : undefined;
      if (seen.verb === "watch" && answer.status === 200) {
        await to.head(200, { ...headers, "transfer-encoding": "chunked" });
        await this.#watch(to, answer, seen, fault);
      } else {
        const body = new Uint8Array(await answer.arrayBuffer());
        if (fault !== undefined && at === "answered" && await this.#take(to, fault)) return;
        await to.head(answer.status, { ...headers, "content-length": String(body.length) });
        const half = Math.floor(body.length / 2);
        if (fault !== undefined && at === "body") {
          await to.send(body.subarray(0, half));
          if (await this.#take(to, fault)) return;
          await to.send(body.subarray(half));
        } else await this.#body(to, body, dribble);
      }
    } finally {
      abort.abort();
    }
  }

  async #forward(
    { method, target, headers, body }: WireRequest,
    signal: AbortSignal,
    query: Record<string, string>,
  ): Promise<Response> {
    const url = new URL(`${this.#upstream}${target}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const passed = new Headers(headers);
    for (const name of hopByHop) passed.delete(name);
    return await fetch(url, {
      ...{ method, headers: passed, redirect: "manual", signal, client: this.#client },
      // Not as bytes: those would be sent again by themselves.
      ...body.length === 0 ? {} : { body: new Blob([body]) },
    });
  }

  async #watch(
    to: HttpConnection,
    answer: Response,
    seen: SeenRequest,
    fault: Fault | undefined,
  ): Promise<void> {
    const dribble = fault?.do === "dribble" ? fault : undefined;
    const moment = fault === undefined || dribble ? undefined : fault.at;
    const due = (): boolean => isLines(moment) && moment.lines === seen.lines;
    if (fault !== undefined && due() && isLines(moment) && !moment.within) {
      if (await this.#take(to, fault)) return;
    }
    let lines: Uint8Array[] = [];
    const splitter = new LineSplitter(2 ** 26, (bytes, start, end) => {
      // What the splitter keeps of a line may end with it: there is no place behind it.
      const line = new Uint8Array(end - start + 1);
      line.set(bytes.subarray(start, end));
      line[end - start] = 0x0a;
      lines.push(line);
    }, () => {});
    for await (const piece of answer.body ?? []) {
      splitter.push(piece);
      const complete = lines;
      lines = [];
      for (const line of complete) {
        if (fault !== undefined && due() && isLines(moment) && moment.within) {
          await to.chunk(line.subarray(0, Math.ceil(line.length / 2)));
          if (await this.#take(to, fault)) return;
        }
        await this.#body(to, line, dribble, true);
        seen.lines++;
        if (fault !== undefined && due() && isLines(moment) && !moment.within) {
          if (await this.#take(to, fault)) return;
        }
      }
    }
    await to.chunk();
  }

  async #body(
    to: HttpConnection,
    bytes: Uint8Array,
    dribble: Extract<Effect, { do: "dribble" }> | undefined,
    chunked = false,
  ): Promise<void> {
    const step = dribble?.bytes ?? Math.max(1, bytes.length);
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      await (chunked ? to.chunk(piece) : to.send(piece));
      if (dribble !== undefined) await this.#pause(dribble.milliseconds, to);
    }
  }

  /** Lets a fault happen; true when nothing is to follow it. */
  async #take(to: HttpConnection, fault: Fault): Promise<boolean> {
    switch (fault.do) {
      case "stall":
        await to.ended;
        return true;
      case "cut":
        to.cut();
        return true;
      case "wait":
        await this.#pause(fault.milliseconds, to);
        return false;
      case "answer": {
        const body = new TextEncoder().encode(fault.body ?? "");
        await to.head(fault.code, { ...fault.headers, "content-length": String(body.length) });
        await to.send(body);
        return true;
      }
      case "flood":
        await to.head(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
        for (const spaces = new Uint8Array(65_536).fill(0x20);;) await to.chunk(spaces);
      case "line":
        await to.chunk(new TextEncoder().encode(`${fault.line}\n`));
        await to.chunk();
        return true;
      case "ask":
      case "dribble":
        return false;
    }
  }

  async #pause(milliseconds: number, to: HttpConnection): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([promise, to.ended]);
    clearTimeout(timer);
  }
}

function isLines(moment: Moment | undefined): moment is Exclude<Moment, string> {
  return typeof moment === "object";
}

function matches({ verb, path, where }: Matcher, request: SeenRequest): boolean {
  return (verb === undefined || verb === request.verb) &&
    (path === undefined || path.test(`${request.path}?${request.query}`)) &&
    (where === undefined || where(request));
}

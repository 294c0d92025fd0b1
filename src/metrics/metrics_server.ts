import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { listen } from "../system/listen.ts";
import { OpenConnections } from "./open_connections.ts";
import type { ServingCertificate } from "./serving_certificate.ts";

/** A request, as far as an answer depends on it. */
export interface ScrapeRequest {
  method: string;
  /** Without a query. */
  path: string;
  /** The bearer token; undefined where there is none. */
  token: string | undefined;
  gzip: boolean;
}

/** An answer. */
export interface ScrapeAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array<ArrayBuffer>;
}

/** Answers a request. */
export type Answer = (request: ScrapeRequest) => Promise<ScrapeAnswer>;

// One Prometheus or two, and somebody who looks.
const connections = 32;
const requestTimeout = 10_000;
const idleTimeout = 120_000;

function scrapeRequest({ method = "", url = "/", headers }: IncomingMessage): ScrapeRequest {
  const { authorization = "", "accept-encoding": encodings = "" } = headers;
  return {
    method,
    path: url.replace(/[?#].*$/s, ""),
    token: /^bearer +(\S+)$/i.exec(authorization)?.[1],
    gzip: /(^|[,\s])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(encodings)),
  };
}

function send(request: IncomingMessage, response: ServerResponse, answer: ScrapeAnswer): void {
  const { status, headers, body } = answer;
  response.writeHead(status, {
    "cache-control": "no-store",
    "content-length": String(
      typeof body === "string" ? new TextEncoder().encode(body).length : body.length,
    ),
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

const listener = (answer: Answer): RequestListener => (request, response) => {
  answer(scrapeRequest(request)).then(
    (answered) => send(request, response, answered),
    () =>
      send(request, response, {
        status: 500,
        headers: { "content-type": "text/plain; charset=utf-8" },
        body: "Internal error\n",
      }),
  );
};

const systemErrors: Readonly<Record<string, new (message: string) => Error>> = {
  EADDRINUSE: Deno.errors.AddrInUse,
  EADDRNOTAVAIL: Deno.errors.AddrNotAvailable,
  EINVAL: Deno.errors.AddrNotAvailable, // what Deno says instead
};

/** Listens with a server of Node.js; rejects with Deno's errors. */
async function listenWith(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (error: Error & { code?: string }): void => {
    const Known = systemErrors[error.code ?? ""];
    reject(Known === undefined ? error : new Known(error.message));
  };
  server.once("error", failed);
  server.listen({ host, port }, resolve);
  await promise;
  server.off("error", failed);
}

/** A port on which metrics are served, by HTTP/1.1. */
export class MetricsServer implements AsyncDisposable {
  private constructor(
    private readonly server: Server | TlsServer,
    private readonly connections: OpenConnections,
  ) {}

  /**
   * Serves on a port of an address, or of all interfaces where it is undefined: with TLS where there is a certificate,
   * else in plain HTTP. Rejects with `CannotListen`.
   */
  static async start(
    { address, port, certificate, answer }: {
      address: string | undefined;
      port: number;
      certificate: ServingCertificate | undefined;
      answer: Answer;
    },
  ): Promise<MetricsServer> {
    const limits = {
      requestTimeout,
      headersTimeout: requestTimeout,
      keepAliveTimeout: idleTimeout,
    };
    const server = certificate === undefined
      ? createPlainServer(limits, listener(answer))
      : createTlsServer(
        {
          ...{ ...limits, ...certificate, handshakeTimeout: requestTimeout },
          ...{ minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] },
        },
        listener(answer),
      );
    const open = new OpenConnections(server, connections);
    await listen(address, port, (host) => listenWith(server, host, port));
    return new MetricsServer(server, open);
  }

  /** Uses another certificate for the connections that are made from now on. */
  renew(certificate: ServingCertificate): void {
    if ("setSecureContext" in this.server) {
      this.server.setSecureContext({ ...certificate, minVersion: "TLSv1.2" });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.server.close(() => resolve());
    this.connections.endAll();
    await promise;
  }
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Answer,
  MetricsServer,
  type ScrapeRequest,
} from "../../src/metrics/metrics_server.ts";
import { CannotListen } from "../../src/system/listen.ts";
import { type KeyPair, ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { freePorts } from "../cluster/free_ports.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { ScrapeConnection } from "./scrape_connection.ts";

const port = 8585;

/** Says what it was asked. */
const echo: Answer = (request) =>
  Promise.resolve({
    status: 200,
    headers: { "content-type": "application/json" },
    body: `${JSON.stringify(request)}\n`,
  });

interface Server extends AsyncDisposable {
  address: string;
  open(alpn?: string[]): Promise<ScrapeConnection>;
}

async function plainServer(answer: Answer = echo): Promise<Server> {
  const address = loopbackAddress();
  const server = await MetricsServer.start({ address, port, certificate: undefined, answer });
  return {
    address,
    open: () => ScrapeConnection.open(address, port),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

let authority: Promise<ThrowawayAuthority> | undefined;

interface SecureServer extends Server {
  ca: string;
  pair: KeyPair;
}

async function secureServer(answer: Answer = echo): Promise<SecureServer> {
  const address = loopbackAddress();
  const by = await (authority ??= ThrowawayAuthority.make());
  const pair = await by.server(`IP:${address}`);
  const server = await MetricsServer.start({ address, port, certificate: pair, answer });
  return {
    ...{ address, pair, ca: by.ca },
    open: (alpn) => ScrapeConnection.open(address, port, by.ca, alpn),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

for (const [kind, start] of [["plain HTTP", plainServer], ["TLS", secureServer]] as const) {
  Deno.test(`metrics server: in ${kind} it answers by HTTP/1.1, one request after the other`, async () => {
    await using server = await start();
    using connection = await server.open();
    for (const path of ["/metrics", "/metrics-fio"]) {
      const answer = await connection.ask(path);
      assertEquals([answer.version, answer.status], ["HTTP/1.1", 200]);
      assertEquals(JSON.parse(answer.text).path, path);
      assertEquals(answer.headers.get("content-type"), "application/json");
      assertEquals(answer.headers.get("cache-control"), "no-store");
    }
    const head = await connection.ask("/metrics", {}, "HEAD");
    assertEquals(Number(head.headers.get("content-length")) > 0, true);
    assertEquals((await connection.ask("/metrics")).status, 200); // no body was left in between
  });

  Deno.test(`metrics server: in ${kind} connections that say nothing keep nobody out`, async () => {
    await using server = await start();
    const silent: Deno.Conn[] = [];
    try {
      for (let at = 0; at < 100; at++) {
        silent.push(await Deno.connect({ hostname: server.address, port }));
      }
      using connection = await server.open();
      assertEquals((await connection.ask("/metrics")).status, 200);
      // The oldest was ended, for another one.
      using first = ScrapeConnection.of(silent[0]!);
      assertEquals(await first.end(), "");
    } finally {
      for (const one of silent) {
        try {
          one.close();
        } catch {
          // It is closed.
        }
      }
    }
  });

  Deno.test(`metrics server: in ${kind} requests that are never whole keep nobody out`, async () => {
    await using server = await start();
    using stack = new DisposableStack();
    for (let at = 0; at < 40; at++) {
      await stack.use(await server.open()).send("GET /metrics HTTP/1.1\r\nHost: me");
    }
    using connection = await server.open();
    assertEquals((await connection.ask("/metrics")).status, 200);
  });

  Deno.test(`metrics server: in ${kind} who is about to be answered is not ended for others`, async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await using server = await start(async (request) => {
      if (request.path === "/slow") {
        asked.resolve();
        await gate.promise;
      }
      return await echo(request);
    });
    using slow = await server.open();
    const answer = slow.ask("/slow");
    await asked.promise;
    using stack = new DisposableStack();
    for (let at = 0; at < 40; at++) {
      assertEquals((await stack.use(await server.open()).ask("/metrics")).status, 200);
    }
    gate.resolve();
    assertEquals((await answer).status, 200);
  });

  Deno.test(`metrics server: in ${kind} connections that were closed do not count`, async () => {
    await using server = await start();
    using first = await server.open();
    assertEquals((await first.ask("/metrics")).status, 200);
    for (let at = 0; at < 50; at++) {
      using other = await server.open();
      // That the one before is closed is known when this one is answered.
      assertEquals((await other.ask("/metrics")).status, 200);
    }
    assertEquals((await first.ask("/metrics")).status, 200);
  });

  Deno.test(`metrics server: in ${kind} what is no request, or too much of one, ends that connection alone`, async () => {
    await using server = await start();
    using other = await server.open();
    assertEquals((await other.ask("/metrics")).status, 200);
    using nonsense = await server.open();
    await nonsense.send("GET /metrics HTTP/1.1\r\nHost: metrics\r\nno header\r\n\r\n");
    assertEquals((await nonsense.answer()).status, 400);
    using large = await server.open();
    await large.send(`GET /metrics HTTP/1.1\r\nHost: metrics\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    assertEquals((await large.answer()).status, 431);
    using absurd = await server.open();
    await absurd.send(`GET /metrics HTTP/1.1\r\nX: ${"x".repeat(1_000_000)}`).catch(() => {});
    assertEquals(/^(HTTP\/1.1 431 .*)?$/s.test(await absurd.end()), true);
    assertEquals((await other.ask("/metrics")).status, 200);
  });

  Deno.test(`metrics server: in ${kind} an answer that fails is 500, and says nothing of why`, async () => {
    await using server = await start((): Promise<never> => Promise.reject(new Error("secret")));
    using connection = await server.open();
    const answer = await connection.ask("/metrics");
    assertEquals([answer.status, answer.text], [500, "Internal error\n"]);
    assertEquals((await connection.ask("/metrics", {}, "HEAD")).status, 500);
  });

  Deno.test(`metrics server: in ${kind} its end is that of every connection, and the port is free`, async () => {
    const server = await start();
    using kept = await server.open();
    assertEquals((await kept.ask("/metrics")).status, 200);
    using silent = await server.open();
    await server[Symbol.asyncDispose]();
    assertEquals(await kept.end(), "");
    assertEquals(await silent.end(), "");
    Deno.listen({ hostname: server.address, port }).close();
  });

  Deno.test(`metrics server: in ${kind} a port that is taken is named with the remedy`, async () => {
    await using server = await start();
    const error = await assertRejects(
      () =>
        MetricsServer.start({
          ...{ address: server.address, port, answer: echo },
          certificate: "pair" in server ? server.pair as KeyPair : undefined,
        }),
      CannotListen,
    );
    assertEquals(
      error.message,
      `Cannot listen on ${server.address}:${port}: another process has that port: end it, or give another ` +
        "address of this machine with --bind-address or BIND_ADDRESS",
    );
  });
}

Deno.test("metrics server: an address of another machine is named with the remedy", async () => {
  await assertRejects(
    () => MetricsServer.start({ address: "192.0.2.1", port, certificate: undefined, answer: echo }),
    CannotListen,
    "this machine does not have that address",
  );
});

Deno.test("metrics server: without an address it is on all interfaces", async () => {
  const start = async (tries: number): Promise<[MetricsServer, number]> => {
    const [free = 0] = freePorts(1);
    try {
      const address = undefined;
      const all = { address, port: free, certificate: undefined, answer: echo };
      return [await MetricsServer.start(all), free];
    } catch (error) {
      // Somebody else was faster.
      if (tries === 0 || !(error instanceof CannotListen)) throw error;
      return await start(tries - 1);
    }
  };
  const [server, free] = await start(3);
  await using _server = server;
  for (const address of ["127.0.0.1", loopbackAddress()]) {
    using connection = await ScrapeConnection.open(address, free);
    assertEquals((await connection.ask("/metrics")).status, 200);
  }
});

Deno.test("metrics server: over TLS it speaks HTTP/1.1, whatever else is offered", async () => {
  await using server = await secureServer();
  for (const alpn of [["h2", "http/1.1"], ["http/1.1"], undefined]) {
    using connection = await server.open(alpn);
    const { alpnProtocol } = await (connection.connection as Deno.TlsConn).handshake();
    assertEquals(alpnProtocol ?? undefined, alpn === undefined ? undefined : "http/1.1");
    assertEquals((await connection.ask("/metrics")).version, "HTTP/1.1");
  }
  // Who speaks nothing else is told so.
  await assertRejects(() => server.open(["h2"]), Error, "NoApplicationProtocol");
});

/** Runs openssl against a server; gives its exit status and both streams. */
async function handshake(
  { address, ca }: SecureServer,
  ...args: string[]
): Promise<{ code: number; said: string }> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, ca);
    const { code, stdout, stderr } = await new Deno.Command("openssl", {
      args: [
        ...["s_client", "-connect", `${address}:${port}`, "-CAfile", file, "-verify_return_error"],
        ...args,
      ],
      stdin: "null",
    }).output();
    return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("metrics server: TLS 1.2 and 1.3 are spoken, older ones refused", async () => {
  await using server = await secureServer();
  for (const version of ["tls1_2", "tls1_3"]) {
    const { code, said } = await handshake(server, `-${version}`);
    assertEquals(code, 0, said);
  }
  for (const version of ["tls1_1", "tls1"]) {
    const { code, said } = await handshake(server, `-${version}`, "-cipher", "ALL:@SECLEVEL=0");
    assertEquals(code, 1);
    assert(/alert (handshake failure|protocol version)/.test(said), said);
  }
});

Deno.test("metrics server: what is not TLS gets no answer there", async () => {
  await using server = await secureServer();
  using plain = await ScrapeConnection.open(server.address, port);
  await plain.send("GET /metrics HTTP/1.1\r\nHost: metrics\r\n\r\n");
  assertEquals((await plain.end()).includes("HTTP"), false);
  using connection = await server.open();
  assertEquals((await connection.ask("/metrics")).status, 200);
});

Deno.test("metrics server: of a request counts its method, its path, its token and whether it takes gzip", async () => {
  await using server = await plainServer();
  using connection = await server.open();
  const asked = async (
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
  ): Promise<ScrapeRequest> => JSON.parse((await connection.ask(path, headers, method)).text);
  const usual = { method: "GET", path: "/metrics", gzip: false };
  assertEquals(await asked("/metrics"), usual as ScrapeRequest);
  assertEquals((await asked("/metrics", {}, "DELETE")).method, "DELETE");
  for (const path of ["/metrics?name[]=x", "/metrics?", "/metrics#x", "/metrics?a#b?c"]) {
    assertEquals((await asked(path)).path, "/metrics", path);
  }
  const tokens = {
    "Bearer abc.def": "abc.def",
    "bearer abc": "abc",
    "BEARER   abc": "abc",
    "Bearer": undefined,
    "Bearer a b": undefined,
    "Basic abc": undefined,
    "xBearer abc": undefined,
    "": undefined,
  };
  for (const [authorization, token] of Object.entries(tokens)) {
    assertEquals((await asked("/metrics", { authorization })).token, token, authorization);
  }
  const encodings = {
    "gzip": true,
    "deflate, gzip;q=1.0, *;q=0.5": true,
    "GZIP": true,
    "gzip;q=0.1": true,
    "identity": false,
    "gzip;q=0": false,
    "gzip; q=0.00, br": false,
    "x-gzip": false,
    "": false,
  };
  for (const [encoding, gzip] of Object.entries(encodings)) {
    assertEquals((await asked("/metrics", { "accept-encoding": encoding })).gzip, gzip, encoding);
  }
});

const hasCurl = await new Deno.Command("curl", { args: ["--version"], stdout: "piped" }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "metrics server: curl that would rather speak HTTP/2 is answered by HTTP/1.1",
  ignore: !hasCurl,
  fn: async () => {
    await using server = await secureServer();
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, server.ca);
    const { code, stdout } = await new Deno.Command("curl", {
      args: [
        ...["--silent", "--show-error", "--http2", "--cacert", file, "--compressed"],
        ...["--write-out", "%{http_version} %{http_code}", "--output", "/dev/null"],
        `https://${server.address}:${port}/metrics`,
      ],
    }).output();
    await Deno.remove(file);
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "1.1 200"]);
  },
});

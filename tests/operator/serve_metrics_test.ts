/** The operator's ports with metrics: real TLS, real files, a clock that goes when it is told to. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type LogRecord, reset } from "@logtape/logtape";
import { recordedLog } from "../recorded_log.ts";
import { fioMetricsPort, metricsPort } from "../../src/api/ports.ts";
import type { Content, KubeReviewer } from "../../src/kube/kube_api.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import type { Resource } from "../../src/kube/resource.ts";
import { BearerReviews } from "../../src/metrics/bearer_reviews.ts";
import { serveMetrics } from "../../src/operator/serve_metrics.ts";
import { CannotListen } from "../../src/system/listen.ts";
import { type KeyPair, ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { settle, SimulatedClock } from "../kube/simulated_clock.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { MountedSecret } from "../metrics/mounted_secret.ts";
import { type Answered, ScrapeConnection } from "../metrics/scrape_connection.ts";
import { expiredPair, selfSigned } from "../metrics/self_signed.ts";

/** Knows one token. */
const api: KubeReviewer = {
  review<T extends KubeObject>({ kind }: Resource<T>, question: Content<T>): Promise<Content<T>> {
    const { spec } = question as unknown as { spec: { token?: string } };
    const user = { username: "prometheus" };
    const status = kind === "TokenReview"
      ? spec.token === "known" ? { authenticated: true, user } : {}
      : { allowed: true };
    return Promise.resolve({ status } as unknown as Content<T>);
  },
};

const authorized = { authorization: "Bearer known" };

/** Metrics being served, from a Secret on an address of their own. */
class Served implements AsyncDisposable {
  readonly clock = new SimulatedClock();
  readonly address = loopbackAddress();
  readonly log: LogRecord[] = [];
  readonly stop = new AbortController();
  running: Promise<void> = Promise.resolve();
  over = false;
  /** Makes /metrics-fio. */
  product = (): Promise<string> => Promise.resolve("product 1\n");

  private constructor(readonly secret: MountedSecret) {}

  static async prepare(): Promise<Served> {
    return new Served(await MountedSecret.mount());
  }

  async start(plain = false): Promise<void> {
    const log = await recordedLog(this.log);
    const { clock, address } = this;
    this.running = serveMetrics({
      pages: {
        "/metrics": () => Promise.resolve("machinery 1\n"),
        "/metrics-fio": () => this.product(),
      },
      reviews: new BearerReviews({ api, clock }),
      ...{ log, clock, address, plain },
      certificateDirectory: this.secret.directory,
    }, this.stop.signal);
    const ended = (): void => void (this.over = true);
    this.running.then(ended, ended); // who waits for it, hears of it
    await this.#rest();
  }

  /** Lets time pass, and all be done that is then to be done. */
  async after(milliseconds: number): Promise<void> {
    await this.clock.advance(milliseconds, () => this.#rest());
  }

  async #rest(): Promise<void> {
    const end = performance.now() + 60_000;
    while (this.clock.sleepers === 0 && !this.over) {
      if (performance.now() > end) throw new Error("It does not come to rest");
      await settle();
    }
  }

  async set({ cert, key }: KeyPair): Promise<void> {
    await this.secret.set({ "tls.crt": cert, "tls.key": key });
  }

  open(port: number, ca?: string): Promise<ScrapeConnection> {
    return ScrapeConnection.open(this.address, port, ca);
  }

  /** Asks once. */
  async ask(
    port: number,
    path: string,
    ca?: string,
    headers: Record<string, string> = authorized,
  ): Promise<Answered> {
    using connection = await this.open(port, ca);
    return await connection.ask(path, headers);
  }

  /** What was logged since the last time, as a person reads it; the directory is DIR. */
  said(): string[] {
    return this.log.splice(0).map(({ level, message }) =>
      `${level}: ${message.join("").replaceAll(this.secret.directory, "DIR")}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.running.catch(() => {});
    await this.secret[Symbol.asyncDispose]();
    await reset();
  }
}

const ports = [metricsPort, fioMetricsPort];
const remedy =
  "metrics are served as soon as the Secret file-integrity-operator-serving-cert has a certificate, or in plain " +
  "HTTP with --plain-metrics";

/** Both ports have both pages, over TLS and for the known token alone. */
async function assertServed(served: Served, ca: string, only = ports): Promise<void> {
  for (const port of only) {
    assertEquals((await served.ask(port, "/metrics", ca)).text, "machinery 1\n");
    assertEquals((await served.ask(port, "/metrics-fio", ca)).text, "product 1\n");
    assertEquals((await served.ask(port, "/metrics-fio", ca, {})).status, 401);
    const other = { authorization: "Bearer other" };
    assertEquals((await served.ask(port, "/metrics", ca, other)).status, 401);
    assertEquals((await served.ask(port, "/", ca)).status, 404);
  }
}

async function assertSilent(served: Served, only = ports): Promise<void> {
  for (const port of only) {
    await assertRejects(() => served.open(port), Deno.errors.ConnectionRefused);
  }
}

Deno.test("serve metrics: without a certificate nothing listens, and it begins as soon as there is one", async () => {
  await using served = await Served.prepare();
  await served.start();
  await assertSilent(served);
  assertEquals(served.said(), [
    `info: Metrics are not served over TLS yet: there is no certificate in DIR; ${remedy}`,
  ]);
  await served.after(30_000);
  assertEquals(served.said(), []);
  const authority = await ThrowawayAuthority.make();
  await served.set(await authority.server(`IP:${served.address}`));
  await served.after(4_999);
  assertEquals(served.said(), []);
  await served.after(1);
  assertEquals(served.said(), ["info: Metrics are served on 8383 and 8585"]);
  await assertServed(served, authority.ca);
});

Deno.test("serve metrics: what can't be made is in the log, not in the answer, and the next scrape tries again", async () => {
  await using served = await Served.prepare();
  await served.start(true);
  served.said();
  const { product } = served;
  served.product = () => Promise.reject(new RangeError("secret of the inside"));
  const failed = await served.ask(metricsPort, "/metrics-fio");
  assertEquals([failed.status, failed.text], [500, "Internal error\n"]);
  assertEquals(served.said(), [
    "error: /metrics-fio could not be made: RangeError: secret of the inside",
  ]);
  served.product = product;
  assertEquals((await served.ask(metricsPort, "/metrics-fio")).status, 200);
  assertEquals(served.said(), []);
});

Deno.test("serve metrics: another certificate is that of new connections, and those that are there go on", async () => {
  await using served = await Served.prepare();
  const [one, other] = [await ThrowawayAuthority.make(), await ThrowawayAuthority.make("other")];
  const names = `IP:${served.address}`;
  await served.set(await one.server(names));
  await served.start();
  served.said();
  using kept = await served.open(fioMetricsPort, one.ca);
  assertEquals((await kept.ask("/metrics-fio", authorized)).status, 200);
  await served.set(await other.server(names));
  await served.after(60_000);
  assertEquals(served.said(), ["info: Metrics are served with another certificate from now on"]);
  assertEquals((await kept.ask("/metrics-fio", authorized)).status, 200);
  await assertServed(served, other.ca);
  for (const port of ports) {
    await assertRejects(() => served.open(port, one.ca), Error, "invalid peer certificate");
  }
  assertEquals((await kept.ask("/metrics-fio", authorized)).status, 200);
  // Over and over.
  for (const authority of [one, other, one]) {
    await served.set(await authority.server(names));
    await served.after(60_000);
    await assertServed(served, authority.ca);
  }
});

Deno.test("serve metrics: while the new certificate can't be used the old one is, and that is said once", async () => {
  await using served = await Served.prepare();
  const authority = await ThrowawayAuthority.make();
  const names = `IP:${served.address}`;
  const [one, other] = [await authority.server(names), await authority.server(names)];
  await served.set(one);
  await served.start();
  served.said();
  const weak = await selfSigned(served.address, "RSA of 1,024 bits");
  const stays = "warning: The certificate for metrics stays the one before: ";
  for (
    const [broken, why] of [
      [{ cert: one.cert, key: other.key }, /tls.key is not the key of the first certificate/],
      [{ cert: "garbage", key: one.key }, /tls.crt and tls.key are to be .* both in PEM/],
      [{ cert: one.cert.slice(0, 300), key: one.key }, /both in PEM/],
      [weak, /key too small/],
    ] as const
  ) {
    await served.set(broken);
    await served.after(60_000);
    const [said = "", ...more] = served.said();
    assert(said.startsWith(`${stays}the certificate in DIR can't be used: `), `${why}: ${said}`);
    assertMatch(said, why);
    assertEquals(more, []);
    await served.after(600_000);
    assertEquals(served.said(), []);
    await assertServed(served, authority.ca);
    // As it was, all is well: that is nothing to tell, but the next problem is.
    await served.set(one);
    await served.after(60_000);
    assertEquals(served.said(), []);
  }
  await served.secret.set({});
  await served.after(60_000);
  assertEquals(served.said(), [`${stays}there is no certificate in DIR`]);
  await assertServed(served, authority.ca);
  const next = await ThrowawayAuthority.make("next");
  await served.set(await next.server(names));
  await served.after(60_000);
  assertEquals(served.said().length, 1);
  await assertServed(served, next.ca);
});

Deno.test("serve metrics: a first certificate that can't be used ends nothing", async () => {
  await using served = await Served.prepare();
  await served.set(await selfSigned(served.address, "RSA of 1,024 bits"));
  await served.start();
  const [said = "", ...more] = served.said();
  assertMatch(said, /^warning: Metrics are not served over TLS: the certificate in DIR can't be /);
  assert(said.endsWith(remedy), said);
  assertEquals(more, []);
  await assertSilent(served);
  const authority = await ThrowawayAuthority.make();
  await served.set(await authority.server(`IP:${served.address}`));
  await served.after(5_000);
  await assertServed(served, authority.ca);
});

Deno.test("serve metrics: one that has expired is served, so that whoever asks is told that it has, and so is the log", async () => {
  await using served = await Served.prepare();
  const expired = await expiredPair(served.address);
  await served.set(expired);
  await served.start();
  assertEquals(served.said(), [
    "info: Metrics are served on 8383 and 8585",
    "warning: The certificate for metrics has expired on 2024-02-01T00:00:00.000Z: whoever scrapes refuses it; renew " +
    "the one in the Secret file-integrity-operator-serving-cert",
  ]);
  await assertRejects(
    () => served.open(fioMetricsPort, expired.cert),
    Error,
    "certificate expired",
  );
});

Deno.test("serve metrics: plain metrics are for anybody, at once; the other port stays as it is", async () => {
  await using served = await Served.prepare();
  await served.start(true);
  for (const headers of [{}, authorized, { authorization: "Bearer other" }] as const) {
    const answer = await served.ask(metricsPort, "/metrics-fio", undefined, headers);
    assertEquals([answer.status, answer.version, answer.text], [200, "HTTP/1.1", "product 1\n"]);
    assertEquals((await served.ask(metricsPort, "/metrics", undefined, headers)).status, 200);
  }
  await assertSilent(served, [fioMetricsPort]);
  const authority = await ThrowawayAuthority.make();
  await served.set(await authority.server(`IP:${served.address}`));
  await served.after(5_000);
  assertEquals(served.said().at(-1), "info: Metrics are served on 8585");
  await assertServed(served, authority.ca, [fioMetricsPort]);
  assertEquals((await served.ask(metricsPort, "/metrics")).status, 200);
});

for (const taken of ports) {
  for (const plain of taken === metricsPort ? [true, false] : [false]) {
    Deno.test(`serve metrics: where ${taken} is taken${plain ? " for plain metrics" : ""} it rejects, and leaves no port behind`, async () => {
      await using served = await Served.prepare();
      const { address } = served;
      const listener = Deno.listen({ hostname: address, port: taken });
      try {
        const authority = await ThrowawayAuthority.make();
        await served.set(await authority.server(`IP:${address}`));
        await served.start(plain);
        assert(served.over, "it goes on");
        const error = await assertRejects(() => served.running, CannotListen);
        assert(error.message.startsWith(`Cannot listen on ${address}:${taken}: another process `));
        await assertSilent(served, ports.filter((port) => port !== taken));
      } finally {
        listener.close();
      }
    });
  }
}

Deno.test("serve metrics: it ends with its signal, whoever is connected", async () => {
  await using served = await Served.prepare();
  const authority = await ThrowawayAuthority.make();
  await served.set(await authority.server(`IP:${served.address}`));
  await served.start();
  using kept = await served.open(metricsPort, authority.ca);
  assertEquals((await kept.ask("/metrics", authorized)).status, 200);
  using silent = await served.open(fioMetricsPort, authority.ca);
  using unspoken = await served.open(fioMetricsPort);
  served.stop.abort();
  await served.running;
  for (const one of [kept, silent, unspoken]) assertEquals(await one.end(), "");
  await assertSilent(served);
});

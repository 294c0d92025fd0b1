import { X509Certificate } from "node:crypto";
import { assertEquals, assertMatch } from "@std/assert";
import { MetricsServer } from "../../src/metrics/metrics_server.ts";
import {
  followCertificate,
  hasAuthority,
  type ServingCertificate,
} from "../../src/metrics/serving_certificate.ts";
import { type KeyPair, ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { settle, SimulatedClock } from "../kube/simulated_clock.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { MountedSecret } from "./mounted_secret.ts";
import { selfSigned } from "./self_signed.ts";

const address = loopbackAddress();

/** Follows the certificate of a Secret, on a clock that goes when it is told to. */
class Follower implements AsyncDisposable {
  readonly clock = new SimulatedClock();
  /** What was told: certificates by their name, problems as they are. */
  readonly told: string[] = [];
  refuses: Error | undefined;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(readonly directory: string, pairs: Record<string, KeyPair>) {
    const nameOf = ({ cert }: ServingCertificate): string =>
      Object.entries(pairs).find(([, pair]) => pair.cert === cert)?.[0] ?? "another";
    this.#running = followCertificate(directory, {
      use: (certificate) => {
        this.told.push(`use ${nameOf(certificate)}`);
        return this.refuses === undefined ? Promise.resolve() : Promise.reject(this.refuses);
      },
      problem: (text) => this.told.push(text.replaceAll(directory, "DIR")),
      expired: (since) => this.told.push(`expired ${since.toISOString()}`),
    }, { clock: this.clock, signal: this.#stop.signal });
  }

  /** What is told until it waits for the next look, after some time. */
  async after(milliseconds: number): Promise<string[]> {
    await this.#rest();
    const before = this.told.length;
    await this.clock.advance(milliseconds, () => this.#rest());
    return this.told.slice(before);
  }

  /** What it told before its first pause. */
  async first(): Promise<string[]> {
    await this.#rest();
    return this.told;
  }

  async #rest(): Promise<void> {
    const end = performance.now() + 60_000;
    while (this.clock.sleepers === 0) {
      if (performance.now() > end) throw new Error("It does not come to rest");
      await settle();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

async function twoPairs(): Promise<{ one: KeyPair; other: KeyPair }> {
  const authority = await ThrowawayAuthority.make();
  const name = `IP:${address}`;
  return { one: await authority.server(name), other: await authority.server(name) };
}

const files = ({ cert, key }: KeyPair): Record<string, string> => ({
  ...{ "tls.crt": cert, "tls.key": key },
});

Deno.test("serving certificate: the first one is looked for every 5 s for a minute, the next one every minute", async () => {
  await using secret = await MountedSecret.mount();
  const pairs = await twoPairs();
  await using follower = new Follower(secret.directory, pairs);
  assertEquals(await follower.first(), ["there is no certificate in DIR"]);
  assertEquals(await follower.after(5_000), []);
  await secret.set(files(pairs.one));
  assertEquals(await follower.after(4_999), []);
  assertEquals(await follower.after(1), ["use one"]);
  assertEquals(await follower.after(600_000), []);
  await secret.set(files(pairs.other));
  assertEquals(await follower.after(59_999), []);
  assertEquals(await follower.after(1), ["use other"]);
  // The same again, in other files, is nothing new.
  await secret.set(files(pairs.other));
  assertEquals(await follower.after(120_000), []);
});

Deno.test("serving certificate: one that does not come within a minute is looked for every minute", async () => {
  await using secret = await MountedSecret.mount();
  const pairs = await twoPairs();
  await using follower = new Follower(secret.directory, pairs);
  await follower.first();
  await follower.after(60_000);
  await secret.set(files(pairs.one));
  assertEquals(await follower.after(59_999), []);
  assertEquals(await follower.after(1), ["use one"]);
});

Deno.test("serving certificate: one that was there before is used at once", async () => {
  await using secret = await MountedSecret.mount();
  const pairs = await twoPairs();
  await secret.set(files(pairs.one));
  await using follower = new Follower(secret.directory, pairs);
  assertEquals(await follower.first(), ["use one"]);
});

Deno.test("serving certificate: where the directory is not there, there is no certificate either", async () => {
  await using follower = new Follower(`${await Deno.makeTempDir()}/none`, {});
  assertEquals(await follower.first(), ["there is no certificate in DIR"]);
  assertEquals(await follower.after(60_000), []);
});

Deno.test("serving certificate: what can't be used is told once, and again when the reason is another", async () => {
  await using secret = await MountedSecret.mount();
  const { one, other } = await twoPairs();
  const cut = one.cert.slice(0, one.cert.length / 2);
  const garbled = one.cert.replace(/\n[^\n]{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const pem = "tls.crt and tls.key are to be a certificate and its key, both in PEM";
  const unreadable = "tls.crt is not of certificates alone, or tls.key no key without a password";
  const faults: [string, Record<string, string>, string][] = [
    ["a key of another", { ...files(one), "tls.key": other.key }, "tls.key is not the key of"],
    ["half a certificate", { ...files(one), "tls.crt": cut }, pem],
    ["no text", { ...files(one), "tls.key": "" }, pem],
    ["no PEM", { ...files(one), "tls.crt": "garbage" }, pem],
    ["garbage in PEM", { ...files(one), "tls.crt": garbled }, unreadable],
    ["a chain that breaks off", { ...files(one), "tls.crt": one.cert + cut }, pem],
    ["garbage in a chain", { ...files(one), "tls.crt": one.cert + broken }, unreadable],
    ["the two in each other's place", { "tls.crt": one.key, "tls.key": one.cert }, unreadable],
  ];
  await using follower = new Follower(secret.directory, { one, other });
  await follower.first();
  await secret.set(files(one));
  assertEquals(await follower.after(5_000), ["use one"]);
  for (const [what, broken, why] of faults) {
    await secret.set(broken);
    const [problem = "", ...more] = await follower.after(60_000);
    assertEquals(
      problem.startsWith(`the certificate in DIR can't be used: ${why}`),
      true,
      `${what}: ${problem}`,
    );
    assertEquals(more, []);
    assertEquals(await follower.after(600_000), [], what);
    // All is well again, with the one that is in use.
    await secret.set(files(one));
    assertEquals(await follower.after(60_000), []);
  }
  await secret.set({ "tls.crt": one.cert });
  assertEquals(await follower.after(60_000), ["there is no certificate in DIR"]);
  await secret.set(files(other));
  assertEquals(await follower.after(60_000), ["use other"]);
});

Deno.test("serving certificate: one that a server does not take is told, and tried again", async () => {
  await using secret = await MountedSecret.mount();
  const pairs = await twoPairs();
  await secret.set(files(pairs.one));
  await using follower = new Follower(secret.directory, pairs);
  assertEquals(await follower.first(), ["use one"]);
  follower.refuses = new Error("key too small");
  await secret.set(files(pairs.other));
  assertEquals(await follower.after(60_000), [
    "use other",
    "the certificate in DIR can't be used: key too small",
  ]);
  assertEquals(await follower.after(60_000), ["use other"]);
  follower.refuses = undefined;
  assertEquals(await follower.after(60_000), ["use other"]);
  assertEquals(await follower.after(60_000), []);
});

Deno.test("serving certificate: no half of one and half of another is ever used, however the two are swapped", async () => {
  await using secret = await MountedSecret.mount();
  const pairs = await twoPairs();
  await secret.set(files(pairs.one));
  await using follower = new Follower(secret.directory, pairs);
  await follower.first();
  for (let at = 0; at < 30; at++) {
    const looked = follower.after(60_000);
    await secret.set(files(at % 2 === 0 ? pairs.other : pairs.one));
    await looked;
  }
  const problems = follower.told.filter((text) => !text.startsWith("use "));
  assertEquals(problems.filter((text) => !text.startsWith("there is no")), []);
});

Deno.test("serving certificate: that the one in use has expired is told once of each", async () => {
  await using secret = await MountedSecret.mount();
  const pairs = await twoPairs();
  const [one, other] = [pairs.one, pairs.other].map(({ cert }) =>
    Date.parse(new X509Certificate(cert).validTo)
  );
  await secret.set(files(pairs.one));
  await using follower = new Follower(secret.directory, pairs);
  const { clock } = follower;
  assertEquals(await follower.first(), ["use one"]);
  clock.offset += one! - clock.now() - 60_001;
  assertEquals(await follower.after(60_000), []);
  const expired = `expired ${new Date(one!).toISOString()}`;
  assertEquals(await follower.after(60_000), [expired]);
  assertEquals(await follower.after(600_000), []);
  // What can't be used is no other one.
  await secret.set({ ...files(pairs.other), "tls.crt": "garbage" });
  const [problem = "", ...more] = await follower.after(60_000);
  assertMatch(problem, /can't be used/);
  assertEquals(more, []);
  clock.offset += other! - clock.now() - 60_000;
  await secret.set(files(pairs.other));
  assertEquals(await follower.after(60_000), [
    "use other",
    `expired ${new Date(other!).toISOString()}`,
  ]);
  assertEquals(await follower.after(60_000), []);
});

Deno.test("serving certificate: it ends with its signal, also while it waits", async () => {
  const follower = new Follower(await Deno.makeTempDir(), {});
  await follower.first();
  await follower[Symbol.asyncDispose]();
  assertEquals(follower.clock.sleepers, 0);
});

Deno.test("serving certificate: whether an authority comes with it", async () => {
  await using secret = await MountedSecret.mount();
  assertEquals(await hasAuthority(secret.directory), false);
  const { one } = await twoPairs();
  await secret.set({ ...files(one), "ca.crt": "" });
  assertEquals(await hasAuthority(secret.directory), false);
  await secret.set({ ...files(one), "ca.crt": one.cert });
  assertEquals(await hasAuthority(secret.directory), true);
});

const inOtherForms = {
  "RSA in PKCS #1": ["RSA", ["rsa", "-traditional"]],
  "P-256 in SEC1": ["P-256", ["ec"]],
} as const;

Deno.test("serving certificate: keys of every kind that issuers make are served with, and others refused by name", async () => {
  const serve = async (pair: KeyPair): Promise<string> => {
    const told = Promise.withResolvers<string>();
    await using secret = await MountedSecret.mount();
    await secret.set(files(pair));
    const stop = new AbortController();
    const clock = new SimulatedClock();
    const following = followCertificate(secret.directory, {
      use: async (certificate) => {
        const answer = { status: 200, headers: {}, body: "served" };
        await using _server = await MetricsServer.start({
          ...{ address, port: 8585, certificate, answer: () => Promise.resolve(answer) },
        });
        const { success, stdout } = await new Deno.Command("openssl", {
          args: ["s_client", "-connect", `${address}:8585`, "-verify_quiet"],
          stdin: "null",
        }).output();
        const cipher = /Cipher is (\S+)/.exec(new TextDecoder().decode(stdout))?.[1];
        told.resolve(success && cipher !== "(NONE)" ? "served" : "no handshake");
      },
      problem: (text) => told.resolve(text.replace(/^.* can't be used: /, "")),
      expired: () => told.resolve("expired"),
    }, { clock, signal: stop.signal });
    try {
      return await told.promise;
    } finally {
      stop.abort();
      await following;
    }
  };
  for (const kind of ["RSA", "P-256", "P-384", "P-521", "Ed25519"] as const) {
    assertEquals(await serve(await selfSigned(address, kind)), "served", kind);
  }
  for (const [what, [kind, convert]] of Object.entries(inOtherForms)) {
    assertEquals(await serve(await selfSigned(address, kind, convert)), "served", what);
  }
  const take = "take RSA, P-256, P-384, P-521 or Ed25519";
  assertEquals(
    await serve(await selfSigned(address, "secp256k1")),
    `tls.key is of a kind that can't be used (secp256k1): ${take}`,
  );
  assertEquals(
    await serve(await selfSigned(address, "RSA-PSS")),
    `tls.key is of a kind that can't be used (rsa-pss): ${take}`,
  );
  const encrypted = ["ec", "-aes128", "-passout", "pass:secret"];
  assertEquals(
    await serve(await selfSigned(address, "P-256", encrypted)),
    "tls.crt is not of certificates alone, or tls.key no key without a password",
  );
  assertEquals(
    /key too small/.test(await serve(await selfSigned(address, "RSA of 1,024 bits"))),
    true,
  );
});

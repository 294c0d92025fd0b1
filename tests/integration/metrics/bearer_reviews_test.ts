/** Who may scrape, as the real API server says, asked by the operator's account. */

import { assertEquals, assertMatch } from "@std/assert";
import { type CallReport, KubeClient } from "../../../src/kube/kube_client.ts";
import { answerScrape } from "../../../src/metrics/answer_scrape.ts";
import { BearerReviews, type Reviewed } from "../../../src/metrics/bearer_reviews.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { serviceAccount } from "../../cluster/manifests.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { SimulatedClock } from "../../kube/simulated_clock.ts";
import { answer } from "../faults.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { directClient } from "../kube/direct_client.ts";
import { HurriedClock } from "../kube/hurried_clock.ts";

const paths = ["/metrics", "/metrics-fio"] as const;

// A review has 8 s: on this clock they are 80, for a review of which something is to come.
const patience = new HurriedClock(0.1);

/** Reviews by the operator's account, with what they asked. */
class Reviews implements Disposable {
  /** By resource, since the last look. */
  readonly #calls: CallReport[];
  readonly clock = new SimulatedClock();
  readonly reviews: BearerReviews;

  private constructor(private readonly client: KubeClient, calls: CallReport[]) {
    this.#calls = calls;
    this.reviews = new BearerReviews({ api: client, clock: this.clock });
  }

  static async of(cluster: TestCluster, namespace: TestNamespace): Promise<Reviews> {
    const calls: CallReport[] = [];
    const report = (call: CallReport): void => void calls.push(call);
    const client = await directClient(cluster, namespace, { report, clock: patience }, "operator");
    return new Reviews(client, calls);
  }

  /** What is said of a token now, whatever was said before. */
  async anew(token: string, path: string = paths[1]): Promise<Reviewed> {
    this.clock.skip(60_000);
    return await this.reviews.review(token, path);
  }

  /** What was asked since the last time. */
  asked(): string[] {
    return this.#calls.splice(0).map(({ verb, resource, outcome }) =>
      `${verb} ${resource} ${outcome}`
    );
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

const question = ["review tokenreviews ok", "review subjectaccessreviews ok"];

/** Waits until something holds. */
async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 90_000;
  while (!await look()) {
    if (performance.now() > end) throw new Error(`Waited 90 s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The token of the account for scraping, once the API server knows that it may. */
async function scraper(reviews: Reviews, namespace: TestNamespace): Promise<string> {
  const token = await namespace.token("operator-metrics");
  await until(
    "the account may scrape",
    async () => await reviews.anew(token, "/metrics") === "allowed",
  );
  reviews.asked();
  return token;
}

clusterTest(
  "reviews: the account of the manifests may get both paths, and no other account",
  async (cluster) => {
    await using namespace = await cluster.namespace("reviews");
    using reviews = await Reviews.of(cluster, namespace);
    const token = await scraper(reviews, namespace);
    for (const path of paths) {
      assertEquals(await reviews.anew(token, path), "allowed");
      assertEquals(reviews.asked(), question);
      for (const account of ["operator", "daemon", "viewer", "editor"] as const) {
        assertEquals(
          await reviews.anew(await namespace.token(account), path),
          "forbidden",
          account,
        );
      }
      assertEquals(reviews.asked(), Array(4).fill(question).flat());
    }
    assertEquals(await reviews.anew(token, "/metrics/other"), "forbidden");
    assertEquals(await reviews.anew(token, "/healthz2"), "forbidden");
  },
);

clusterTest(
  "reviews: any account that the ClusterRole is bound to may, for as long as it is",
  async (cluster) => {
    await using namespace = await cluster.namespace("reviews");
    using reviews = await Reviews.of(cluster, namespace);
    const token = await namespace.token("viewer");
    assertEquals(await reviews.anew(token), "forbidden");
    const admin = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await cluster.kubectl(args);
      if (code !== 0) throw new Error(stderr);
    };
    const binding = `reviews-${namespace.name}`;
    await admin(
      ...["create", "clusterrolebinding", binding, "--clusterrole=file-integrity-operator-metrics"],
      `--serviceaccount=${namespace.name}:${serviceAccount("viewer")}`,
    );
    try {
      await until("it may", async () => await reviews.anew(token) === "allowed");
    } finally {
      await admin("delete", "clusterrolebinding", binding);
    }
    await until("it may not", async () => await reviews.anew(token) === "forbidden");
  },
);

/** A token like another one, with some claims changed, signed by the cluster's key. */
async function forged(
  cluster: TestCluster,
  token: string,
  claims: Record<string, unknown>,
): Promise<string> {
  const part = (at: number): Record<string, unknown> =>
    JSON.parse(
      new TextDecoder().decode(
        Uint8Array.fromBase64(token.split(".")[at] ?? "", { alphabet: "base64url" }),
      ),
    );
  const encoded = (bytes: Uint8Array): string =>
    bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const text = [part(0), { ...part(1), ...claims }]
    .map((one) => encoded(new TextEncoder().encode(JSON.stringify(one)))).join(".");
  const pem = await Deno.readTextFile(`${cluster.home}/state/pki/sa.key`);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const key = await crypto.subtle.importKey(
    "pkcs8",
    Uint8Array.fromBase64(pem.replace(/-----[^-]+-----|\s/g, "")),
    algorithm,
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(text));
  return `${text}.${encoded(new Uint8Array(signature))}`;
}

clusterTest(
  "reviews: tokens that are made up, expired, for others, or of nobody any more are not known",
  async (cluster) => {
    await using namespace = await cluster.namespace("reviews");
    using reviews = await Reviews.of(cluster, namespace);
    const token = await scraper(reviews, namespace);
    const now = Math.floor(Date.now() / 1000);
    // One that is like it is known: what follows fails for what is changed.
    assertEquals(await reviews.anew(await forged(cluster, token, { jti: "another" })), "allowed");
    const unknown = {
      "made up": "made-up",
      "cut": token.slice(0, -10),
      "signed by somebody": token.replace(/\.[^.]*$/, `.${"A".repeat(86)}`),
      "expired": await forged(cluster, token, {
        iat: now - 7_200,
        nbf: now - 7_200,
        exp: now - 3_600,
      }),
      "not yet valid": await forged(cluster, token, { nbf: now + 3_600 }),
      "for another audience": await forged(cluster, token, { aud: ["another"] }),
      "of another issuer": await forged(cluster, token, { iss: "https://another.example.com" }),
    };
    reviews.asked();
    for (const [what, one] of Object.entries(unknown)) {
      assertEquals(await reviews.anew(one), "unknown", what);
      assertEquals(reviews.asked(), ["review tokenreviews ok"], what);
    }
    // What can't be one does not even leave the process.
    for (const one of ["", "with space", "line\nbreak", "x".repeat(20_000)]) {
      assertEquals(await reviews.anew(one), "unknown");
    }
    assertEquals(reviews.asked(), []);
    const { code, stderr } = await cluster.kubectl([
      ...["delete", "serviceaccount", serviceAccount("operator-metrics")],
      ...["--namespace", namespace.name],
    ]);
    assertEquals(code, 0, stderr);
    await until("it is nobody's", async () => await reviews.anew(token) === "unknown");
  },
);

clusterTest(
  "reviews: the API server is asked once a minute about who may, and every 10 s about who may not",
  async (cluster) => {
    await using namespace = await cluster.namespace("reviews");
    using reviews = await Reviews.of(cluster, namespace);
    const token = await scraper(reviews, namespace);
    const viewer = await namespace.token("viewer");
    const { clock } = reviews;
    // Of two that scrape both paths every 5 s.
    const scrape = async (): Promise<void> => {
      const all = [token, viewer, "made-up"].flatMap((one) =>
        paths.map((path) => reviews.reviews.review(one, path))
      );
      assertEquals(await Promise.all(all), [
        ...["allowed", "allowed", "forbidden", "forbidden", "unknown", "unknown"] as const,
      ]);
    };
    clock.skip(60_000);
    for (let seconds = 0; seconds < 60; seconds += 5) {
      await scrape();
      await scrape();
      clock.skip(5_000);
    }
    const asked = reviews.asked();
    const of = (resource: string): number => asked.filter((one) => one.includes(resource)).length;
    // Two paths: once for who may, six times for each that may not, of which one is known.
    assertEquals([of("tokenreviews"), of("subjectaccessreviews")], [2 + 12 + 12, 2 + 12]);
  },
);

const pages = { "/metrics-fio": (): Promise<string> => Promise.resolve("a page\n") };
const request = { method: "GET", path: "/metrics-fio", gzip: false };

clusterTest(
  "reviews: while the API server is away nobody gets a page, and then who may does again",
  async (cluster) => {
    await using namespace = await cluster.namespace("reviews");
    using direct = await Reviews.of(cluster, namespace);
    const token = await scraper(direct, namespace);
    await using proxy = await FaultProxy.start(cluster);
    // 80 ms where nothing is to come of a review.
    const operator = await namespace.token("operator");
    using hurried = new KubeClient(proxy.connection(operator), { clock: new HurriedClock(100) });
    using patient = new KubeClient(proxy.connection(operator), { clock: patience });
    using viewer = await directClient(cluster, namespace, { clock: patience }, "viewer");
    const endpoint = (api: KubeClient): (token: string) => Promise<[number, string]> => {
      const reviews = new BearerReviews({ api, clock: systemClock });
      const scrape = answerScrape(pages, (token, path) => reviews.review(token, path));
      return async (token) => {
        const { status, body } = await scrape({ ...request, token });
        return [status, String(body).trim()];
      };
    };
    const [soon, ask] = [endpoint(hurried), endpoint(patient)];
    const away = (why: RegExp) => ([status, text]: [number, string]): void => {
      assertEquals(status, 503);
      const [, named = ""] =
        /^Service unavailable: the API server could not be asked who has .* \((.*)\)$/
          .exec(text) ?? [];
      assertMatch(named, why);
    };
    const matcher = { path: /tokenreviews/ };
    const refusing = proxy.inject(matcher, answer(503, "ServiceUnavailable"), { times: Infinity });
    away(/^(unavailable|deadline)$/)(await soon(token)); // which one, is a matter of time
    refusing.remove();

    const silent = proxy.inject(matcher, { do: "stall" }, { times: Infinity });
    away(/^deadline$/)(await soon(token));
    const many = await Promise.all(Array.from({ length: 9 }, (_, at) => soon(`made-up-${at}`)));
    many.slice(0, 8).forEach(away(/^deadline$/));
    assertEquals(many[8], [503, "Service unavailable: too many ask at once"]);
    silent.remove();

    const cut = proxy.inject(matcher, { do: "cut" }, { times: Infinity });
    away(/^(network|deadline)$/)(await soon(token));
    cut.remove();
    // The operator's own account may not ask: its manifests are older than it is.
    away(/^forbidden$/)(await endpoint(viewer)(token));

    assertEquals(await ask(token), [200, "a page"]);
    // Who was let in stays so for a minute, whatever becomes of the API server.
    proxy.down();
    away(/^(network|deadline)$/)(await soon(token));
    assertEquals(await ask(token), [200, "a page"]);
  },
);

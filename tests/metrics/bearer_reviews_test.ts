/** What the real API server answers is in tests/integration/metrics; here is when it is asked, and by whom. */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Content, KubeReviewer } from "../../src/kube/kube_api.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import type { KubeObject } from "../../src/kube/kube_object.ts";
import type { Resource } from "../../src/kube/resource.ts";
import { BearerReviews } from "../../src/metrics/bearer_reviews.ts";
import { settle, SimulatedClock } from "../kube/simulated_clock.ts";

interface Question {
  kind: string;
  // deno-lint-ignore no-explicit-any
  spec: any;
}

type Status = Record<string, unknown>;

const user = {
  username: "system:serviceaccount:ns:prometheus",
  uid: "an-uid",
  groups: ["system:serviceaccounts", "system:authenticated"],
  extra: { "authentication.kubernetes.io/pod-name": ["prometheus-0"] },
};

/** An API server whose answers a test gives. */
class Reviewer implements KubeReviewer {
  readonly questions: Question[] = [];
  /** While it is there, nothing is answered before it resolves. */
  gate: Promise<void> | undefined;
  allowed = true;
  known = true;
  failure: unknown;

  async review<T extends KubeObject>(
    { kind }: Resource<T>,
    question: Content<T>,
  ): Promise<Content<T>> {
    this.questions.push({ kind, ...question as unknown as { spec: unknown } });
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    const status: Status = kind === "TokenReview"
      ? this.known ? { authenticated: true, user } : { error: "no such token" }
      : { allowed: this.allowed };
    return { status } as unknown as Content<T>;
  }

  get tokens(): string[] {
    return this.questions.flatMap(({ spec }) => spec.token ?? []);
  }
}

function world(): { api: Reviewer; clock: SimulatedClock; reviews: BearerReviews } {
  const api = new Reviewer();
  const clock = new SimulatedClock();
  return { api, clock, reviews: new BearerReviews({ api, clock }) };
}

Deno.test("bearer reviews: the second question has all that the first one's answer says of the account", async () => {
  const { api, reviews } = world();
  assertEquals(await reviews.review("token", "/metrics-fio"), "allowed");
  assertEquals(api.questions, [
    { kind: "TokenReview", spec: { token: "token" } },
    {
      kind: "SubjectAccessReview",
      spec: {
        ...{ user: user.username, uid: user.uid, groups: user.groups, extra: user.extra },
        nonResourceAttributes: { path: "/metrics-fio", verb: "get" },
      },
    },
  ]);
});

Deno.test("bearer reviews: who is not known, or is nobody, is not asked about further", async () => {
  const { api, clock, reviews } = world();
  api.known = false;
  assertEquals(await reviews.review("token", "/metrics"), "unknown");
  const { username: _, ...nobody } = user;
  for (
    const status of [{ authenticated: true, user: nobody }, { authenticated: false, user }, {}]
  ) {
    clock.skip(10_000);
    api.review = (_resource, question) => {
      api.questions.push({ kind: "TokenReview", ...question as unknown as { spec: unknown } });
      return Promise.resolve({ status } as unknown as typeof question);
    };
    assertEquals(await reviews.review("token", "/metrics"), "unknown");
  }
  assertEquals(api.questions.map(({ kind }) => kind), Array(4).fill("TokenReview"));
});

Deno.test("bearer reviews: what is no token is not sent", async () => {
  const { api, reviews } = world();
  const none = ["", " ", "a b", "a\nb", "tökén", "a\u0000", '"', "a,b", "x".repeat(16_385)];
  for (const token of none) assertEquals(await reviews.review(token, "/metrics"), "unknown");
  assertEquals(api.questions, []);
  assertEquals(await reviews.review("x".repeat(16_384), "/metrics"), "allowed");
  assertEquals(await reviews.review("A-Za_z0.9~+/=", "/metrics"), "allowed");
});

for (
  const [reviewed, milliseconds] of [
    ["allowed", 60_000],
    ["forbidden", 10_000],
    ["unknown", 10_000],
  ] as const
) {
  Deno.test(`bearer reviews: that it is ${reviewed} holds for ${milliseconds / 1000} s, for one path`, async () => {
    const { api, clock, reviews } = world();
    api.allowed = reviewed === "allowed";
    api.known = reviewed !== "unknown";
    const ask = async (path = "/metrics"): Promise<number> => {
      assertEquals(await reviews.review("token", path), reviewed);
      return api.tokens.length;
    };
    assertEquals(await ask(), 1);
    clock.skip(milliseconds - 1);
    assertEquals(await ask(), 1);
    assertEquals(await ask("/metrics-fio"), 2);
    clock.offset += 86_400_000; // the time of day has nothing to do with it
    assertEquals(await ask(), 2);
    clock.skip(1);
    assertEquals(await ask(), 3);
    clock.skip(1);
    assertEquals(await ask(), 3);
    assertEquals(await ask("/metrics-fio"), 3);
  });
}

Deno.test("bearer reviews: it holds from the answer on, however long that took", async () => {
  const { api, clock, reviews } = world();
  const gate = Promise.withResolvers<void>();
  api.gate = gate.promise;
  const asked = reviews.review("token", "/metrics");
  await settle();
  clock.skip(100_000);
  gate.resolve();
  assertEquals(await asked, "allowed");
  clock.skip(59_999);
  assertEquals(await reviews.review("token", "/metrics"), "allowed");
  assertEquals(api.tokens.length, 1);
});

Deno.test("bearer reviews: who asks the same meanwhile gets the same answer, or the same failure", async () => {
  const { api, reviews } = world();
  const gate = Promise.withResolvers<void>();
  api.gate = gate.promise;
  const many = (): Promise<unknown>[] =>
    Array.from({ length: 20 }, () => reviews.review("token", "/metrics").catch((error) => error));
  const asked = many();
  gate.resolve();
  assertEquals(await Promise.all(asked), Array(20).fill("allowed"));
  assertEquals(api.tokens, ["token"]);

  const other = world();
  const failure = other.api.failure = new KubeError("unavailable", "away");
  const failed = await Promise.all(
    Array.from(
      { length: 5 },
      () => other.reviews.review("token", "/metrics").catch((error) => error),
    ),
  );
  for (const one of failed) assertStrictEquals(one, failure);
  assertEquals(other.api.tokens, ["token"]);
  // A failure is no answer.
  other.api.failure = undefined;
  assertEquals(await other.reviews.review("token", "/metrics"), "allowed");
  assertEquals(other.api.tokens, ["token", "token"]);
});

Deno.test("bearer reviews: of many tokens 8 are asked about at once; who is known is served all the same", async () => {
  const { api, reviews } = world();
  assertEquals(await reviews.review("prometheus", "/metrics"), "allowed");
  const gate = Promise.withResolvers<void>();
  api.gate = gate.promise;
  const asked = Array.from({ length: 12 }, (_, at) => reviews.review(`token-${at}`, "/metrics"));
  assertEquals(await Promise.all(asked.slice(8)), Array(4).fill("busy"));
  assertEquals(await reviews.review("prometheus", "/metrics"), "allowed");
  gate.resolve();
  assertEquals(await Promise.all(asked.slice(0, 8)), Array(8).fill("allowed"));
  // That it was not looked at is no answer either.
  assertEquals(await reviews.review("token-11", "/metrics"), "allowed");
  assertEquals(api.tokens.length, 1 + 8 + 1);
});

Deno.test("bearer reviews: failures give their places back", async () => {
  const { api, reviews } = world();
  api.failure = new KubeError("network", "away");
  for (let at = 0; at < 20; at++) {
    await assertRejects(() => reviews.review(`token-${at}`, "/metrics"), KubeError, "away");
  }
  api.failure = undefined;
  assertEquals(await reviews.review("token", "/metrics"), "allowed");
});

Deno.test("bearer reviews: 256 are remembered, and the oldest is forgotten for another", async () => {
  const { api, reviews } = world();
  for (let at = 0; at < 256; at++) await reviews.review(`token-${at}`, "/metrics");
  await reviews.review("token-0", "/metrics");
  assertEquals(api.tokens.length, 256);
  await reviews.review("token-256", "/metrics");
  await reviews.review("token-1", "/metrics");
  assertEquals(api.tokens.length, 257);
  await reviews.review("token-0", "/metrics");
  assertEquals(api.tokens.length, 258);
});

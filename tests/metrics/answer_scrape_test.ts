import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { KubeError, kubeErrorKinds } from "../../src/kube/kube_error.ts";
import { answerScrape } from "../../src/metrics/answer_scrape.ts";
import type { Reviewed } from "../../src/metrics/bearer_reviews.ts";
import type { ScrapeAnswer, ScrapeRequest } from "../../src/metrics/metrics_server.ts";

const long = "# a page\n".repeat(1_000);
const token = "a-very.secret-token_of~somebody";

interface Asked {
  token: string;
  path: string;
}

/** An endpoint with pages, and whom it asked about. */
function endpoint(
  reviewed?: Reviewed | Error,
): {
  ask(request?: Partial<ScrapeRequest>): Promise<ScrapeAnswer>;
  asked: Asked[];
  made: string[];
} {
  const asked: Asked[] = [];
  const made: string[] = [];
  const page = (path: string, text: string) => (): Promise<string> => {
    made.push(path);
    return Promise.resolve(text);
  };
  const answer = answerScrape(
    { "/metrics": page("/metrics", "short\n"), "/metrics-fio": page("/metrics-fio", long) },
    reviewed === undefined ? undefined : (token, path) => {
      asked.push({ token, path });
      return reviewed instanceof Error ? Promise.reject(reviewed) : Promise.resolve(reviewed);
    },
  );
  const usual = { method: "GET", path: "/metrics-fio", token, gzip: false };
  return { ask: (request = {}) => answer({ ...usual, ...request }), asked, made };
}

const bytesOf = ({ body }: ScrapeAnswer): Uint8Array<ArrayBuffer> =>
  typeof body === "string" ? new TextEncoder().encode(body) : body;

async function unpacked(answer: ScrapeAnswer): Promise<string> {
  const stream = new Blob([bytesOf(answer)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

const prometheusText = "text/plain; version=0.0.4; charset=utf-8";

Deno.test("scrape: who may get a page gets it, made for this request", async () => {
  const { ask, asked, made } = endpoint("allowed");
  const answer = await ask();
  assertEquals(answer, {
    status: 200,
    headers: { "content-type": prometheusText, vary: "accept-encoding" },
    body: long,
  });
  assertEquals((await ask({ path: "/metrics" })).body, "short\n");
  assertEquals(asked, [{ token, path: "/metrics-fio" }, { token, path: "/metrics" }]);
  assertEquals(made, ["/metrics-fio", "/metrics"]);
});

Deno.test("scrape: a page comes packed to who takes that, where it is worth it", async () => {
  const { ask } = endpoint("allowed");
  const answer = await ask({ gzip: true });
  assertEquals(answer.headers["content-encoding"], "gzip");
  assertEquals(answer.headers["content-type"], prometheusText);
  assertEquals(await unpacked(answer), long);
  assert(bytesOf(answer).length < long.length / 10);
  const short = await ask({ gzip: true, path: "/metrics" });
  assertEquals([short.headers["content-encoding"], short.body], [undefined, "short\n"]);
});

Deno.test("scrape: a HEAD is answered as a GET is", async () => {
  const { ask } = endpoint("allowed");
  assertEquals(await ask({ method: "HEAD" }), await ask());
});

Deno.test("scrape: nobody but those whom the API server lets gets a page, and each is told what to do", async () => {
  const cases: [Reviewed | Error, Partial<ScrapeRequest>, number, RegExp][] = [
    ["allowed", { token: undefined }, 401, /^Unauthorized: send the token of a ServiceAccount/],
    ["unknown", {}, 401, /^Unauthorized: the API server does not know the token: get a new one/],
    ["forbidden", {}, 403, /bind the ClusterRole file-integrity-operator-metrics, .*\/metrics-fio/],
    ["busy", {}, 503, /^Service unavailable: too many ask at once/],
    [new KubeError("network", "no route"), {}, 503, /the API server could not be asked .*network/],
    [new TypeError(`a fault about ${token}`), {}, 503, /could not be asked .*internal error/],
  ];
  for (const [reviewed, request, status, body] of cases) {
    for (const method of ["GET", "HEAD"]) {
      const { ask, made } = endpoint(reviewed);
      const answer = await ask({ ...request, method });
      assertEquals(answer.status, status);
      assertMatch(String(answer.body), body);
      assertEquals(answer.headers["content-type"], "text/plain; charset=utf-8");
      assertEquals(made, []);
      assertEquals(
        answer.headers["www-authenticate"],
        status === 401 ? 'Bearer realm="metrics"' : undefined,
      );
      assertEquals(answer.headers["retry-after"] !== undefined, status === 503);
    }
  }
});

Deno.test("scrape: whatever keeps the API server from answering is 503, and named", async () => {
  for (const kind of kubeErrorKinds) {
    const { ask } = endpoint(new KubeError(kind, `something with ${token}`));
    const { status, body } = await ask();
    assertEquals(status, 503);
    assertStringIncludes(String(body), `(${kind})`);
  }
});

Deno.test("scrape: another path is not there, another method is not allowed, and nobody is asked about either", async () => {
  const { ask, asked, made } = endpoint("allowed");
  for (const path of ["/", "/metrics/", "/metrics-fi", "//metrics", "toString", "__proto__"]) {
    const answer = await ask({ path });
    assertEquals(answer.status, 404, path);
    assertEquals(answer.body, "Not found: metrics are at /metrics and /metrics-fio\n");
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "get", ""]) {
    const answer = await ask({ method });
    assertEquals([answer.status, answer.headers.allow], [405, "GET, HEAD"], method);
  }
  assertEquals([asked, made], [[], []]);
});

Deno.test("scrape: where nobody is to be asked, everybody gets the pages, with a token or without", async () => {
  for (const sent of [token, undefined]) {
    const { ask } = endpoint();
    const answer = await ask({ token: sent });
    assertEquals([answer.status, answer.body], [200, long]);
    assertEquals((await ask({ token: sent, path: "/" })).status, 404);
    assertEquals((await ask({ token: sent, method: "POST" })).status, 405);
  }
});

Deno.test("scrape: no answer has the token in it, or what an error says", async () => {
  const all: (Reviewed | Error)[] = [
    ...["allowed", "unknown", "forbidden", "busy"] as const,
    ...[new KubeError("network", token), new TypeError(token)],
  ];
  let answers = 0;
  for (const reviewed of all) {
    for (const method of ["GET", "HEAD", "POST"]) {
      for (const path of ["/metrics", "/metrics-fio", "/other"]) {
        const { headers, body } = await endpoint(reviewed).ask({ method, path });
        assertEquals(JSON.stringify([headers, String(body)]).includes(token), false);
        answers++;
      }
    }
  }
  assertEquals(answers, 6 * 9);
});

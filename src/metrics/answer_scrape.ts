import { KubeError } from "../kube/kube_error.ts";
import type { Reviewed } from "./bearer_reviews.ts";
import { MetricRegistry } from "./metric_registry.ts";
import type { Answer, ScrapeAnswer, ScrapeRequest } from "./metrics_server.ts";

/** The pages, by path, each made anew for every scrape. */
export type ScrapePages = Readonly<Record<string, () => Promise<string>>>;

const textType = { "content-type": "text/plain; charset=utf-8" };

const refuse = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
): ScrapeAnswer => ({ status, headers: { ...textType, ...headers }, body: `${body}\n` });

const challenge = { "www-authenticate": 'Bearer realm="metrics"' };

/** The answer to somebody who may not have a page; undefined for who may. */
async function refusal(
  { token, path }: ScrapeRequest,
  review: (token: string, path: string) => Promise<Reviewed>,
): Promise<ScrapeAnswer | undefined> {
  if (token === undefined) {
    return refuse(
      401,
      "Unauthorized: send the token of a ServiceAccount that may get this path, as in Authorization: Bearer TOKEN",
      challenge,
    );
  }
  let reviewed;
  try {
    reviewed = await review(token, path);
  } catch (error) {
    const problem = error instanceof KubeError ? error.kind : "internal error";
    return refuse(
      503,
      `Service unavailable: the API server could not be asked who has the token (${problem})`,
      { "retry-after": "5" },
    );
  }
  switch (reviewed) {
    case "allowed":
      return undefined;
    case "unknown":
      return refuse(
        401,
        "Unauthorized: the API server does not know the token: get a new one",
        challenge,
      );
    case "forbidden":
      return refuse(
        403,
        `Forbidden: bind the ClusterRole file-integrity-operator-metrics, which may get ${path}, to the token's account`,
      );
    case "busy":
      return refuse(503, "Service unavailable: too many ask at once", { "retry-after": "1" });
  }
}

const worthPacking = 1_400; // what fits into one packet does not get there sooner

async function packed(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Answers scrapes with pages; for nobody but those whom `review` allows, where there is one. */
export function answerScrape(
  pages: ScrapePages,
  review?: (token: string, path: string) => Promise<Reviewed>,
): Answer {
  return async (request) => {
    const { method, path, gzip } = request;
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    const known = Object.keys(pages).sort().join(" and ");
    if (page === undefined) return refuse(404, `Not found: metrics are at ${known}`);
    if (method !== "GET" && method !== "HEAD") {
      return refuse(405, "Not allowed: ask with GET or HEAD", { allow: "GET, HEAD" });
    }
    const refused = review === undefined ? undefined : await refusal(request, review);
    if (refused !== undefined) return refused;
    const text = await page();
    const headers = { "content-type": MetricRegistry.contentType, vary: "accept-encoding" };
    if (!gzip || text.length < worthPacking) return { status: 200, headers, body: text };
    return {
      status: 200,
      headers: { ...headers, "content-encoding": "gzip" },
      body: await packed(text),
    };
  };
}

/** Answers the probes of a kubelet. */

import { probePort } from "../api/ports.ts";
import { listen } from "./listen.ts";
import { printable } from "./output.ts";

/** One thing that was looked at. */
export interface Check {
  /** A word or two. */
  name: string;
  /** What is wrong with it; undefined where nothing is. */
  problem: string | undefined;
}

/** What the probes are answered from. Neither may wait for what can take its time. */
export interface ProbeSource {
  /** Whether a restart of the process would mend nothing. */
  alive(): readonly Check[];
  /** Whether it does what it is there for. */
  ready(): readonly Check[] | Promise<readonly Check[]>;
}

const longestLine = 300;

function line({ name, problem }: Check): string {
  if (problem === undefined) return `ok ${name}\n`;
  const text = printable(`failed ${name}: ${problem}`).replaceAll("\n", "\\012");
  return `${text.length > longestLine ? `${text.slice(0, longestLine - 1)}…` : text}\n`;
}

// A probe comes once in a while: a connection that is kept for the next one costs more than it saves.
const headers = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "connection": "close",
};

/** The answer to a probe: 200 or 503, with a line for each check. */
export async function answerProbe(request: Request, source: ProbeSource): Promise<Response> {
  const { pathname } = new URL(request.url);
  const answer = (status: number, text: string, more: Record<string, string> = {}): Response =>
    new Response(request.method === "HEAD" ? null : text, {
      status,
      headers: { ...headers, ...more },
    });
  if (pathname !== "/healthz" && pathname !== "/readyz") {
    return answer(404, "Not found: ask for /healthz or /readyz\n");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answer(405, "Not allowed: ask with GET or HEAD\n", { allow: "GET, HEAD" });
  }
  const checks = pathname === "/healthz" ? source.alive() : await source.ready();
  const failed = checks.some(({ problem }) => problem !== undefined);
  return answer(failed ? 503 : 200, checks.map(line).join(""));
}

/**
 * Answers probes on the address, or on all interfaces where it is undefined, until it is disposed of. Rejects with
 * `CannotListen`.
 */
export async function startProbes(
  address: string | undefined,
  source: ProbeSource,
): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const server = await listen(address, probePort, (hostname) =>
    Deno.serve({
      ...{ hostname, port: probePort, signal: stop.signal },
      onListen: () => {},
      onError: () => new Response("Internal error\n", { status: 500, headers }),
    }, (request) => answerProbe(request, source)));
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(); // whoever is still connected is not waited for
      await server.finished;
    },
  };
}

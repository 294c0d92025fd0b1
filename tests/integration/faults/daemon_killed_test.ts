/** The daemon dies before and after each request with which it publishes: the status is the old one or the new one. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { absorbedConfigMapName, failureConfigMapName } from "../../../src/api/names.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { digestStream } from "../../../src/base/digest.ts";
import type { FaultProxy, Injection, Matcher } from "../fault_proxy.ts";
import type { Installation } from "../product/installation.ts";
import type { SeenRequest } from "../seen_request.ts";
import { publishedFailure, type PublishedLog, publishedLog } from "./published_log.ts";
import { routedTest } from "./routed_product.ts";
import { Verdicts } from "./verdicts.ts";

/** So many that their log is in several parts: digests do not compress. */
const files = 6_000;

const isDaemon = ({ headers }: SeenRequest): boolean =>
  (headers.get("user-agent") ?? "").startsWith("file-integrity-daemon/");

/** The requests with which a daemon publishes. */
const publishing = (request: SeenRequest): boolean =>
  isDaemon(request) && ["apply", "patch"].includes(request.verb);

/** Those with which it publishes a new baseline that was asked for. */
const baselining = (request: SeenRequest): boolean =>
  isDaemon(request) && (request.verb === "apply" && /-absorbed(-\d+)?$/.test(request.path) ||
    request.verb === "patch" && request.body.includes('"requestID":"'));

/** Which request of a publication it is, with a log in so many parts: those come first, then the status. */
function place({ verb, path }: SeenRequest, parts: number): number {
  if (verb === "patch") return parts;
  return Number(/-(?:failed|absorbed)-(\d+)$/.exec(path)?.[1] ?? 1) - 1;
}

async function write(product: Installation, node: string, text: string): Promise<void> {
  const directory = `${product.nodes.hostRoot(node)}/etc/many`;
  await Deno.mkdir(directory, { recursive: true });
  for (let number = 0; number < files; number++) {
    await Deno.writeTextFile(`${directory}/${number}`, `${text} ${number}\n`);
  }
}

const baselineDigest = async (product: Installation, node: string): Promise<string> => {
  const path = `${product.nodes.hostRoot(node)}/var/lib/file-integrity/worker/aide.db.gz`;
  return await digestStream((await Deno.open(path)).readable);
};

/** Holds a log against what was changed. */
function checkLog(log: PublishedLog, parts: number): void {
  assertEquals(log.parts, parts);
  assertEquals(log.text.match(/^f .*: \/hostroot\/etc\/many\/\d+$/gm)?.length, files);
  assertStringIncludes(log.text, "End timestamp: ");
}

const moments = ["request", "answered"] as const;

/** A moment of a publication: before the API server has the request of that number, or when it is done. */
interface Moment {
  request: number;
  at: typeof moments[number];
}

const momentsOf = (requests: number): Moment[] =>
  Array.from({ length: requests }, (_, request) => moments.map((at) => ({ request, at }))).flat();

/** A publication that goes on anew as often as the daemon is killed in it. */
interface Killed {
  product: Installation;
  proxy: FaultProxy;
  /** Its requests. */
  requests: (request: SeenRequest) => boolean;
  /** Of its log. */
  parts: number;
  /** What it comes from. */
  begin?: () => Promise<unknown>;
}

/**
 * Kills the daemon at each moment of a publication, which it then begins anew; gives the status at each moment, at which
 * the daemon stays until it is killed.
 */
async function* killedAtEach(
  { product, proxy, requests, parts, begin }: Killed,
): AsyncGenerator<Moment & { status: StoredNodeStatus }> {
  const [node = ""] = product.workers;
  const all = momentsOf(parts + 1);
  const matcher = (number: number): Matcher => ({
    where: (seen) => requests(seen) && place(seen, parts) === number,
  });
  let injection: Injection | undefined;
  const arm = (index: number): void => {
    injection?.remove();
    const moment = all[index];
    injection = moment &&
      // Whatever the daemon tries again ends up there as well.
      proxy.inject(matcher(moment.request), { do: "stall", at: moment.at }, { times: Infinity });
  };
  arm(0);
  await begin?.();
  for (const [index, { request, at }] of all.entries()) {
    await product.until(`the daemon publishes, request ${request}`, () => {
      const answered = (proxy.requests(matcher(request)).at(-1)?.code ?? 0) > 0;
      return Promise.resolve((injection?.hits ?? 0) > 0 && (at === "request" || answered));
    });
    const status = await product.status("worker", node);
    assert(status !== undefined);
    yield { request, at, status };
    const { pod, restarts } = product.nodes.container("aide-worker");
    // At once with the end of this life: the next one is to come to the next moment.
    arm(index + 1);
    product.nodes.kill(pod, "SIGKILL");
    await product.nodes.until("the daemon to start again", () => {
      return product.nodes.containers(pod).some((one) => one.restarts > restarts) || undefined;
    });
  }
}

routedTest(
  "faults: a daemon is killed before and after each request of a publication, and nothing is lost",
  async (product, proxy) => {
    const [node = ""] = product.workers;
    await write(product, node, "as it was");
    await product.apply("worker");
    const first = await product.untilResult("worker", node, "Succeeded");
    await using verdicts = await Verdicts.follow(product);
    await product.nodes.stopNode(node);
    await write(product, node, "changed");
    const before = proxy.seen.length;
    await product.nodes.startNode(node);
    await product.untilResult("worker", node, "Failed");
    const sent = proxy.seen.slice(before).filter(publishing);
    const parts = new Set(sent.map(({ path }) => path)).size - 1;
    assert(parts > 1, `its log is in ${parts} part`);

    let last: StoredNodeStatus | undefined;
    const later = ({ lastResult }: StoredNodeStatus): boolean =>
      lastResult?.lastProbeTime !== last?.lastResult?.lastProbeTime;
    // A failure, told again and again.
    const publication = { product, proxy, parts };
    for await (
      const { request, at, status } of killedAtEach({ ...publication, requests: publishing })
    ) {
      assertEquals(status.lastResult?.condition, "Failed");
      assertEquals(status.baseline, first.baseline);
      last ??= status; // scans went on until the first of these moments
      const told = request === parts && at === "answered";
      assertEquals(later(status), told, `killed at request ${request}, ${at}`);
      last = status;
    }
    const failure = await publishedFailure(product, "worker", node, later);
    assertEquals(
      failure.status.lastResult?.resultConfigMapName,
      failureConfigMapName("worker", node),
    );
    checkLog(failure.log, parts);

    // A new baseline, which absorbs it.
    let absorbedAt: string | undefined;
    const reInit = `${annotations.reInit}=${node}`;
    const begin = (): Promise<unknown> =>
      product.kubectl(["annotate", "fileintegrity", "worker", reInit]);
    for await (
      const { request, at, status } of killedAtEach({ ...publication, requests: baselining, begin })
    ) {
      const { baseline, lastResult } = status;
      if (request === parts && at === "answered") {
        assertEquals([baseline?.reason, lastResult?.condition], ["requested", "Succeeded"]);
        assertEquals(baseline?.absorbed?.changed, files);
        absorbedAt = lastResult?.lastProbeTime;
      } else {
        assertEquals(baseline, first.baseline);
        assertEquals(lastResult?.condition, "Failed");
        assertEquals(await baselineDigest(product, node), first.baseline?.digest);
      }
    }
    last = await product.untilResult("worker", node, "Succeeded");
    const { baseline } = last;
    last = await product.untilResult("worker", node, "Succeeded", later);
    assertEquals(last.baseline, baseline);
    assertEquals(await baselineDigest(product, node), baseline?.digest);
    checkLog(
      await publishedLog(product, absorbedConfigMapName("worker", node), absorbedAt),
      parts,
    );

    assertEquals(verdicts.of(`worker-${node}`), ["Succeeded", `Failed of ${files}`, "Succeeded"]);
    const { results, baselines } = await product.until("all is told", async () => {
      const told = await product.told();
      return told.results.length >= 3 && told.baselines.length >= 2 && told;
    });
    assertEquals([results.length, baselines.length], [3, 2]);
    // Who is kept at a moment for long gives its call up, and tries again.
    const kept = /; tried again until it works"/;
    assertEquals(product.faults(/"message":"(Failed|It absorbed|Absorbed)/, kept), []);
  },
  { workers: [`killed-${crypto.randomUUID().slice(0, 8)}`], restartPause: 1 },
);

/** The daemon dies before and after each request with which it publishes: the status is the old one or the new one. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { absorbedConfigMapName, failureConfigMapName } from "../../../src/api/names.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { digestStream } from "../../../src/base/digest.ts";
import type { FaultProxy, Injection, Matcher } from "../fault_proxy.ts";
import type { Installation } from "../product/installation.ts";
import type { SeenRequest } from "../seen_request.ts";
import { publishedLog } from "./published_log.ts";
import { routedTest } from "./routed_product.ts";
import { Verdicts } from "./verdicts.ts";

/** So many that their log is in several parts: digests do not compress. */
const files = 6_000;

const isDaemon = ({ headers }: SeenRequest): boolean =>
  (headers.get("user-agent") ?? "").startsWith("file-integrity-daemon/");

/** The requests with which a daemon publishes. */
const publishing: Matcher = {
  where: (request) => isDaemon(request) && ["apply", "patch"].includes(request.verb),
};

/** Those with which it publishes a new baseline that was asked for. */
const baselining: Matcher = {
  where: (request) =>
    isDaemon(request) && (request.verb === "apply" && /-absorbed(-\d+)?$/.test(request.path) ||
      request.verb === "patch" && request.body.includes('"requestID":"')),
};

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

/** Holds the log that begins in a ConfigMap against what the status says of it. */
async function checkLog(
  product: Installation,
  name: string,
  scanTime: string | undefined,
  parts: number,
): Promise<void> {
  const log = await publishedLog(product, name, scanTime);
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

/** Kills the daemon at each moment of a publication, which it then begins anew; gives the status after each time. */
async function* killedAtEach(
  product: Installation,
  proxy: FaultProxy,
  matcher: Matcher,
  requests: number,
): AsyncGenerator<Moment & { status: StoredNodeStatus }> {
  const [node = ""] = product.workers;
  const arm = ({ request, at }: Moment): Injection =>
    proxy.inject(matcher, { do: "stall", at }, { after: request });
  const all = momentsOf(requests);
  let [moment, ...rest] = all;
  let injection = moment === undefined ? undefined : arm(moment);
  while (moment !== undefined && injection !== undefined) {
    const { pod, restarts } = product.nodes.container("aide-worker");
    const { at } = moment;
    await product.until(`the daemon publishes, request ${moment.request}`, () => {
      const [last] = proxy.requests(matcher).slice(-1);
      return Promise.resolve(injection?.hits === 1 && (at === "request" || (last?.code ?? 0) > 0));
    });
    // The next one is to wait for the publication that follows this one's end.
    const [next, ...others] = rest;
    injection = next === undefined ? undefined : arm(next);
    product.nodes.kill(pod, "SIGKILL");
    const status = await product.status("worker", node);
    assert(status !== undefined);
    yield { ...moment, status };
    await product.nodes.until("the daemon to start again", () => {
      return product.nodes.containers(pod).some((one) => one.restarts > restarts) || undefined;
    });
    [moment, rest] = [next, others];
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
    const before = proxy.requests(publishing).length;
    await product.nodes.startNode(node);
    let last = await product.untilResult("worker", node, "Failed");
    const parts = proxy.requests(publishing).length - before - 1;
    assert(parts > 1, `its log is in ${parts} part`);

    const later = ({ lastResult }: StoredNodeStatus): boolean =>
      lastResult?.lastProbeTime !== last.lastResult?.lastProbeTime;
    // A failure, told again and again.
    for await (
      const { request, at, status } of killedAtEach(product, proxy, publishing, parts + 1)
    ) {
      assertEquals(status.lastResult?.condition, "Failed");
      assertEquals(status.baseline, first.baseline);
      const told = request === parts && at === "answered";
      assertEquals(later(status), told, `killed at request ${request}, ${at}`);
      last = status;
    }
    last = await product.untilResult("worker", node, "Failed", later);
    const failure = failureConfigMapName("worker", node);
    assertEquals(last.lastResult?.resultConfigMapName, failure);
    await checkLog(product, failure, last.lastResult?.lastProbeTime, parts);

    // A new baseline, which absorbs it.
    let absorbedAt: string | undefined;
    const reInit = `${annotations.reInit}=${node}`;
    await product.kubectl(["annotate", "fileintegrity", "worker", reInit]);
    for await (
      const { request, at, status } of killedAtEach(product, proxy, baselining, parts + 1)
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
    await checkLog(product, absorbedConfigMapName("worker", node), absorbedAt, parts);

    assertEquals(verdicts.of(`worker-${node}`), ["Succeeded", `Failed of ${files}`, "Succeeded"]);
    assertEquals((await product.events("NodeIntegrityStatus")).length, 3);
    assertEquals((await product.events("NodeBaseline")).length, 2);
    assertEquals(product.faults(/"message":"(Failed|It absorbed|Absorbed)/), []);
  },
  { workers: [`killed-${crypto.randomUUID().slice(0, 8)}`], restartPause: 1 },
);

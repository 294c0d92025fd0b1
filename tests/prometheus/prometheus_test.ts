import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { prometheusRuleSpec } from "../../src/plan/prometheus_rule.ts";
import { type SecretKey, serviceMonitorSpec } from "../../src/plan/service_monitor.ts";
import { ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { Prometheus } from "./prometheus.ts";
import { checkMetrics, checkRules, testRules } from "./promtool.ts";
import { scrapeJobs } from "./scrape_jobs.ts";

const namespace = "fio";
const token = "a.bearer.token";

const node = 'fileintegrity="worker",node="worker-1"';

/** What a leader answers, in as few words as the alert needs. */
const answer = (failed: number): string =>
  `
# HELP file_integrity_operator_leader Whether this process leads
# TYPE file_integrity_operator_leader gauge
file_integrity_operator_leader 1
# HELP file_integrity_operator_caches_synced Whether it knows all
# TYPE file_integrity_operator_caches_synced gauge
file_integrity_operator_caches_synced 1
# HELP file_integrity_operator_node_failed Whether a node has failed
# TYPE file_integrity_operator_node_failed gauge
file_integrity_operator_node_failed{${node}} ${failed}
`.trimStart();

/** A server that answers, by TLS and to the token alone, what `said` gives. */
async function served(
  authority: ThrowawayAuthority,
  said: (path: string) => string,
): Promise<{ address: string; end(): Promise<void> }> {
  const pair = await authority.server(`DNS:metrics.${namespace}.svc`);
  const server = Deno.serve(
    { ...pair, hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      if (request.headers.get("authorization") !== `Bearer ${token}`) {
        return new Response("", { status: 401 });
      }
      return new Response(said(new URL(request.url).pathname), {
        headers: { "content-type": "text/plain; version=0.0.4" },
      });
    },
  );
  return {
    address: `127.0.0.1:${server.addr.port}`,
    end: async () => await server.shutdown(),
  };
}

const isThere = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** What a running Prometheus will leave nothing of: its process and its data. */
async function traces({ pid }: Prometheus): Promise<string[]> {
  const process = `/proc/${pid}`;
  const command = (await Deno.readTextFile(`${process}/cmdline`)).split("\0");
  const data = command.find((one) => one.startsWith("--storage.tsdb.path="))?.split("=")[1] ?? "";
  const found = [process, data];
  for (const path of found) assertEquals(await isThere(path), true, path);
  return found;
}

Deno.test("prometheus: it scrapes as the ServiceMonitor says, warns as the PrometheusRule says, and leaves nothing", async () => {
  const authority = await ThrowawayAuthority.make();
  const secrets = await Deno.makeTempDir({ prefix: "secrets-" });
  const secretFile = ({ name, key }: SecretKey): string => `${secrets}/${name}.${key}`;
  const spec = serviceMonitorSpec({
    namespace,
    hasCertificateAuthority: true,
    plainMetrics: false,
  });
  let failed = 0;
  const paths = new Set<string>();
  const operator = await served(authority, (path) => {
    paths.add(path);
    return answer(failed);
  });
  try {
    await Deno.writeTextFile(
      `${secrets}/file-integrity-operator-serving-cert.ca.crt`,
      authority.ca,
    );
    const tokenFile = `${secrets}/file-integrity-operator-metrics-token.token`;
    await Deno.writeTextFile(tokenFile, "another.token");
    const { address } = operator;
    const pods = [{ name: "a", addresses: { "metrics": address, "metrics-fio": address } }];
    const scrape = scrapeJobs(spec, { namespace, pods, secretFile });
    const rules = [prometheusRuleSpec(namespace)];
    let left: string[] = [];
    {
      await using prometheus = await Prometheus.start({ scrape, rules });
      left = await traces(prometheus);
      assertMatch(prometheus.address, /^http:\/\/127\.0\.0\.1:\d+$/);
      await prometheus.until("it is refused with another token", async () => {
        const targets = await prometheus.targets();
        // One whose answer takes longer than its second is down for that until the next one.
        const refused = targets.filter(({ health, lastError }) =>
          health === "down" && lastError === "server returned HTTP status 401 Unauthorized"
        );
        return targets.length === 2 && refused.length === 2;
      });

      await Deno.writeTextFile(tokenFile, token);
      const targets = await prometheus.untilScraped(2);
      assertEquals(targets.map(({ scrapeUrl }) => scrapeUrl).sort(), [
        `https://${address}/metrics`,
        `https://${address}/metrics-fio`,
      ]);
      assertEquals([...paths].sort(), ["/metrics", "/metrics-fio"]);
      const expression =
        'sum by (node, namespace, pod) (file_integrity_operator_node_failed{endpoint="metrics-fio"})';
      const series = await prometheus.until("the series is there", async () => {
        const found = await prometheus.query(expression);
        return found.length > 0 && found;
      });
      assertEquals(series, [
        { labels: { node: "worker-1", namespace, pod: "a" }, value: 0 },
      ]);

      failed = 1;
      const labels = { fileintegrity: "worker", node: "worker-1" };
      const alert = await prometheus.untilFiring("NodeHasIntegrityFailure", labels);
      assertEquals(alert.labels, {
        ...labels,
        ...{ alertname: "NodeHasIntegrityFailure", namespace, severity: "warning" },
      });
      assertStringIncludes(
        alert.annotations.description ?? "",
        "kubectl -n fio get fileintegritynodestatus worker-worker-1 -o yaml",
      );
      // A scrape that failed makes others pending until the next one.
      await prometheus.until("it is the only alert", async () => {
        const alerts = await prometheus.alerts();
        return alerts.length === 1 && alerts[0]?.labels.alertname === "NodeHasIntegrityFailure";
      });

      failed = 0;
      await prometheus.untilSilent("NodeHasIntegrityFailure");

      await prometheus.reload({ scrape: [] });
      await prometheus.untilScraped(0);
      await assertRejects(
        () => prometheus.reload({ scrape: [{ job_name: "" }] }),
        Error,
        "job_name is empty",
      );
    }
    for (const path of left) assertEquals(await isThere(path), false, path);
  } finally {
    await operator.end();
    await Deno.remove(secrets, { recursive: true });
  }
});

Deno.test("prometheus: one that can't start says why", async () => {
  let said = "";
  try {
    await using _ = await Prometheus.start({ scrape: [{ job_name: "", scheme: "no" }] });
  } catch (error) {
    said = String(error);
  }
  assertMatch(said, /Prometheus ended before .*job_name is empty/s);
});

Deno.test("promtool: it tells faults of rules, of metrics, and of what rules are expected to do", async () => {
  const groups = [{ name: "a", rules: [{ alert: "Always", expr: "vector(1)" }] }];
  assertEquals((await checkRules({ groups })).code, 0);
  const broken = [{ name: "a", rules: [{ alert: "Always", expr: "vector(" }] }];
  assertMatch((await checkRules({ groups: broken })).said, /could not parse expression/);

  assertEquals(await checkMetrics(answer(0)), { code: 0, said: "" });
  assertMatch((await checkMetrics("# TYPE a counter\na 1\n")).said, /should have "_total" suffix/);
  assertMatch((await checkMetrics("a{ 1\n")).said, /error while linting/);

  const test = { name: "always", series: {} };
  const always = { alertname: "Always" };
  assertEquals((await testRules([{ groups }], [{ ...test, firing: { "1m": [always] } }])).code, 0);
  const { code, said } = await testRules([{ groups }], [{ ...test, firing: { "1m": [] } }]);
  assertEquals(code, 1);
  assertMatch(said, /exp: nil\s+got: .*alertname="Always"/);
});

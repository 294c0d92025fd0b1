import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { prometheusRuleSpec } from "../../../src/plan/prometheus_rule.ts";
import { checkMetrics } from "../../prometheus/promtool.ts";
import type { Exposition } from "../../prometheus/exposition.ts";
import type { Prometheus } from "../../prometheus/prometheus.ts";
import { productTest } from "./installation.ts";
import { ScrapedOperator } from "./scraped_operator.ts";
import { statusGone } from "./status_gone.ts";

const failed = "file_integrity_operator_node_failed";

/** Values of a metric by a label; those that are 0 are left out. */
function counted(scraped: Exposition, metric: string, label: string): Record<string, number> {
  const samples = scraped.of(`file_integrity_operator_${metric}`).filter(({ value }) =>
    value !== 0
  );
  return Object.fromEntries(samples.map(({ labels, value }) => [labels[label] ?? "", value]));
}

/** The alerts that fire, each with its node. */
async function firing(prometheus: Prometheus): Promise<string[]> {
  const alerts = await prometheus.alerts();
  return alerts.filter(({ state }) => state === "firing")
    .map(({ labels }) => `${labels.alertname} ${labels.node}`);
}

productTest(
  "metrics: Prometheus scrapes by TLS with a token, and warns when a file changes",
  async (product) => {
    const name = "worker";
    const [a = "", b = ""] = product.workers;
    await product.whileDown(a, async () => {
      await product.apply(name);
      await product.untilPhase(name, "Initializing");
    });
    for (const node of product.workers) await product.untilResult(name, node, "Succeeded");
    // The pod was there before the certificate.
    const operator = await ScrapedOperator.of(product);
    const before = await operator.scrape();
    assertEquals(
      before.of(failed).map(({ labels, value }) => [labels, value]),
      product.workers.toSorted().map((node) => [{ fileintegrity: name, node }, 0]),
    );
    for (const path of ["/metrics", "/metrics-fio"] as const) {
      const { text } = await operator.scrape(path);
      assertEquals(await checkMetrics(text), { code: 0, said: "" });
    }
    const [host = ""] = await operator.addresses();
    for (const port of [8383, 8585] as const) {
      const nobody = await operator.ask(host, port, "/metrics-fio", "");
      assertEquals([nobody.status, nobody.httpVersion], [401, "1.1"]);
      const token = await product.namespace.token("editor");
      // A busy one leaves open for a while who that is.
      const editor = await product.until("the API server says who asks", async () => {
        const answer = await operator.ask(host, port, "/metrics-fio", token);
        return answer.status !== 503 && answer;
      });
      assertEquals(editor.status, 403);
      assert(!editor.text.includes(a), editor.text);
    }

    await using scraping = await operator.prometheus([prometheusRuleSpec(product.namespace.name)]);
    const { prometheus } = scraping;
    await prometheus.untilScraped(2);
    await prometheus.until(
      "it has evaluated the rules",
      async () => (await prometheus.query(`${failed} == 0`)).length === product.workers.length,
    );
    assertEquals(await firing(prometheus), []);
    await product.change(a, "/etc/resolv.conf");
    const alert = await prometheus.untilFiring("NodeHasIntegrityFailure", { node: a });
    assertEquals(alert.labels.severity, "warning");
    assertEquals(alert.labels.namespace, product.namespace.name);
    assertEquals(alert.labels.fileintegrity, name);
    assertMatch(alert.annotations.summary ?? "", new RegExp(a));
    assertEquals(await firing(prometheus), [`NodeHasIntegrityFailure ${a}`]);

    // What the existing operator's test reads after a failure and a new baseline.
    await product.untilPhase(name, "Active");
    await product.whileStopped(`aide-${name}`, async () => {
      await product.kubectl(["annotate", "fileintegrity", name, `${annotations.reInit}=`]);
      await product.untilPhase(name, "Initializing");
    });
    await prometheus.untilSilent("NodeHasIntegrityFailure");
    for (const node of product.workers) {
      await product.untilResult(
        name,
        node,
        "Succeeded",
        ({ baseline }) => baseline?.reason === "requested",
      );
    }
    await product.untilPhase(name, "Active");
    const after = await product.until("all is counted", async () => {
      const scraped = await operator.scrape();
      return counted(scraped, "phase_total", "phase").Active === 2 && scraped;
    });
    assertEquals(counted(after, "phase_total", "phase"), {
      Pending: 1,
      Initializing: 2,
      Active: 2,
    });
    assertEquals(counted(after, "daemonset_update_total", "operation"), { update: 1 });
    assertEquals(counted(after, "reinit_daemonset_update_total", "operation"), {});
    assertEquals(counted(after, "reinit_total", "by"), { demand: 1 });
    assertEquals(
      after.value("file_integrity_operator_node_status_total", { node: a, condition: "Failed" }),
      1,
    );
    assertEquals(
      after.value("file_integrity_operator_node_status_total", { node: b, condition: "Failed" }),
      undefined,
    );
    assertEquals(
      after.value("file_integrity_operator_node_baseline_info", { node: b, reason: "requested" }),
      1,
    );
    assertEquals(after.value(failed, { node: a }), 0);

    // What is gone has no series.
    await product.kubectl(["delete", "fileintegrity", name]);
    const gone = await product.until("its series are gone", async () => {
      const scraped = await operator.scrape();
      return scraped.samples.every(({ labels }) => labels.fileintegrity === undefined) && scraped;
    });
    assertEquals(gone.value("file_integrity_operator_leader"), 1);
    const absorbed = /"message":"(It absorbed|Absorbed)/;
    assertEquals(product.faults(/"message":"Failed/, absorbed, statusGone), []);
  },
);

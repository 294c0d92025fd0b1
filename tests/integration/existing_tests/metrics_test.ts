/** Of the existing operator's end-to-end tests those of its metrics, each on an installation of its own. */

import { assertEquals, assertMatch } from "@std/assert";
import { productTest } from "../product/installation.ts";
import { ScrapedOperator } from "../product/scraped_operator.ts";

// Port 8383 is plain HTTP there; here only where that is asked for.
productTest("TestMetricsHTTPVersion", async (product) => {
  const operator = await ScrapedOperator.of(product);
  await operator.scrape();
  const [host = ""] = await operator.addresses();
  const secured = await operator.ask(host, 8585, "/metrics-fio");
  assertEquals([secured.status, secured.httpVersion], [200, "1.1"]);
  const plain = await operator.askPlain(host, 8383, "/metrics");
  assertEquals([plain.status, plain.httpVersion], [200, "1.1"]);
  assertMatch(plain.text, /^process_resident_memory_bytes \d+$/m);
}, { workers: [], operatorArgs: ["--plain-metrics"] });

productTest("TestServiceMonitoringMetricsTarget", async (product) => {
  const operator = await ScrapedOperator.of(product);
  await operator.scrape();
  await using scraping = await operator.prometheus([]);
  const targets = await scraping.prometheus.untilScraped(2);
  assertEquals(
    targets.map(({ labels: { namespace, endpoint } }) => [namespace, endpoint]).sort(),
    ["metrics", "metrics-fio"].map((endpoint) => [product.namespace.name, endpoint]),
  );
  // Of one moment: a scrape that takes longer than its second makes a target down until the next one.
  const up = `up{namespace="${product.namespace.name}"} == 1`;
  await scraping.prometheus.until(
    "both are up",
    async () => (await scraping.prometheus.query(up)).length === 2,
  );
  const pods = product.nodes.containers("file-integrity-operator");
  assertEquals(pods.map(({ restarts }) => restarts), [0]);
  assertEquals(product.faults(), []);
}, { workers: [] });

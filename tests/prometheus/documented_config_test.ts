import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { serviceMonitorSpec } from "../../src/plan/service_monitor.ts";
import { userBlocks } from "../docs/document.ts";
import { checkConfig } from "./promtool.ts";

interface Job {
  scheme: string;
  metrics_path: string;
  tls_config: { server_name: string };
  relabel_configs: { target_label?: string }[];
}

Deno.test("documents: Prometheus takes the configuration that they show, and scrapes as its operator does", async () => {
  const [block, ...others] = (await userBlocks())
    .filter(({ text }) => text.startsWith("scrape_configs:"));
  assert(block !== undefined);
  assertEquals(others, []);
  const { code, said } = await checkConfig(block.text);
  assertEquals(code, 0, said);

  const [job] = (parse(block.text) as { scrape_configs: Job[] }).scrape_configs;
  const endpoint = serviceMonitorSpec({
    ...{ namespace: "openshift-file-integrity", hasCertificateAuthority: true },
    plainMetrics: false,
  }).endpoints.find(({ port }) => port === "metrics-fio");
  assertEquals(job?.scheme, endpoint?.scheme);
  assertEquals(job?.metrics_path, endpoint?.path);
  assertEquals(job?.tls_config.server_name, endpoint?.tlsConfig?.serverName);
  // The alerts and the dashboard select by it.
  assert(job?.relabel_configs.some(({ target_label }) => target_label === "namespace"));

  // Without this refusal nothing was looked at.
  const refused = await checkConfig(block.text.replace("role: endpointslice", "role: nobody"));
  assertEquals(refused.code === 0, false);
  assertStringIncludes(refused.said, "nobody");
});

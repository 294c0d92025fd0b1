import { assertEquals } from "@std/assert";
import { type Endpoint, serviceMonitorSpec } from "../../src/plan/service_monitor.ts";

const namespace = "openshift-file-integrity";

/** The existing operator's second endpoint, field by field. */
const existing: Endpoint = {
  port: "metrics-fio",
  path: "/metrics-fio",
  scheme: "https",
  authorization: {
    type: "Bearer",
    credentials: { name: "file-integrity-operator-metrics-token", key: "token" },
  },
  tlsConfig: {
    serverName: "metrics.openshift-file-integrity.svc",
    caFile: "/etc/prometheus/configmaps/serving-certs-ca-bundle/service-ca.crt",
  },
};

Deno.test("service monitor: on OpenShift, the product's metrics as the existing operator's, the machinery's the same way", () => {
  const options = { namespace, hasCertificateAuthority: false, plainMetrics: false };
  assertEquals(serviceMonitorSpec(options), {
    selector: { matchLabels: { name: "file-integrity-operator" } },
    endpoints: [{ ...existing, port: "metrics", path: "/metrics" }, existing],
  });
});

Deno.test("service monitor: where the certificate comes with its authority, that one is trusted", () => {
  const options = { namespace: "fio", hasCertificateAuthority: true, plainMetrics: false };
  const [machinery, product] = serviceMonitorSpec(options).endpoints;
  for (const endpoint of [machinery, product]) {
    assertEquals(endpoint?.tlsConfig, {
      serverName: "metrics.fio.svc",
      ca: { secret: { name: "file-integrity-operator-serving-cert", key: "ca.crt" } },
    });
  }
});

Deno.test("service monitor: plain metrics are the machinery's alone", () => {
  for (const hasCertificateAuthority of [false, true]) {
    const options = { namespace, hasCertificateAuthority };
    const secured = serviceMonitorSpec({ ...options, plainMetrics: false });
    assertEquals(serviceMonitorSpec({ ...options, plainMetrics: true }), {
      ...secured,
      endpoints: [
        { port: "metrics", path: "/metrics", scheme: "http" },
        ...secured.endpoints.slice(1),
      ],
    });
  }
});

/** Which way Prometheus scrapes the operator, for the ServiceMonitor of prometheus-operator. */

/** Name of the Service of the operator's metrics, and of the ServiceMonitor. */
export const metricsName = "metrics";

/** Label by which the ServiceMonitor finds that Service, and which it has itself. */
export const metricsLabels: Readonly<Record<string, string>> = { name: "file-integrity-operator" };

// The existing operator's; manifests/ has the token's Secret, OpenShift or cert-manager makes the other one.
const tokenSecret = "file-integrity-operator-metrics-token";
const certificateSecret = "file-integrity-operator-serving-cert";

/** Where OpenShift's Prometheus has the authority of the certificates that OpenShift makes for Services. */
const openShiftAuthority = "/etc/prometheus/configmaps/serving-certs-ca-bundle/service-ca.crt";

/** A key of a Secret in the ServiceMonitor's namespace. */
export interface SecretKey {
  name: string;
  key: string;
}

/** One path of one port that is scraped. */
export interface Endpoint {
  /** Name of the Service's port. */
  port: string;
  path: string;
  /** In lower case: older definitions accept no other. */
  scheme: "http" | "https";
  authorization?: { type: "Bearer"; credentials: SecretKey };
  tlsConfig?: { serverName: string; ca: { secret: SecretKey } } | {
    serverName: string;
    caFile: string;
  };
}

/** `spec` of a ServiceMonitor, as far as this program fills it in. */
export interface ServiceMonitorSpec {
  endpoints: Endpoint[];
  selector: { matchLabels: Record<string, string> };
}

/** What decides how the operator is scraped. */
export interface ScrapeOptions {
  /** The operator's. */
  namespace: string;
  /** Whether the Secret with the serving certificate has the authority that signed it, as `ca.crt`. */
  hasCertificateAuthority: boolean;
  /** Whether port `metrics` serves anybody, without TLS. */
  plainMetrics: boolean;
}

function secured(
  { namespace, hasCertificateAuthority }: ScrapeOptions,
): Pick<Endpoint, "scheme" | "authorization" | "tlsConfig"> {
  const serverName = `${metricsName}.${namespace}.svc`;
  return {
    scheme: "https",
    authorization: { type: "Bearer", credentials: { name: tokenSecret, key: "token" } },
    tlsConfig: hasCertificateAuthority
      ? { serverName, ca: { secret: { name: certificateSecret, key: "ca.crt" } } }
      : { serverName, caFile: openShiftAuthority },
  };
}

/** `spec` of the ServiceMonitor: the machinery's metrics of one port, the product's of the other. */
export function serviceMonitorSpec(options: ScrapeOptions): ServiceMonitorSpec {
  const machinery = { port: "metrics", path: "/metrics" };
  return {
    endpoints: [
      options.plainMetrics
        ? { ...machinery, scheme: "http" }
        : { ...machinery, ...secured(options) },
      { port: "metrics-fio", path: "/metrics-fio", ...secured(options) },
    ],
    selector: { matchLabels: { ...metricsLabels } },
  };
}

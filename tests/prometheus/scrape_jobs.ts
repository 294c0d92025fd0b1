/** What prometheus-operator makes of a ServiceMonitor: the jobs of a Prometheus. */
import type { Endpoint, SecretKey, ServiceMonitorSpec } from "../../src/plan/service_monitor.ts";

/** A pod behind the Service. */
export interface ScrapedPod {
  name: string;
  /** By the name of the Service's port: where it listens, "127.0.0.1:40123". */
  addresses: Readonly<Record<string, string>>;
}

/** What the cluster adds to a ServiceMonitor. */
export interface ScrapedInstallation {
  namespace: string;
  pods: readonly ScrapedPod[];
  /** Path of a file with what a Secret of the namespace holds. */
  secretFile(secret: SecretKey): string;
  /** Path of a file that stands for one of Prometheus' own; those are in no test. */
  ownFile?(path: string): string;
}

function tls(
  { tlsConfig }: Endpoint,
  { secretFile, ownFile = (path) => path }: ScrapedInstallation,
): unknown {
  if (tlsConfig === undefined) return {};
  const file = "ca" in tlsConfig ? secretFile(tlsConfig.ca.secret) : ownFile(tlsConfig.caFile);
  return { tls_config: { server_name: tlsConfig.serverName, ca_file: file } };
}

/**
 * A job for each endpoint, with the labels that prometheus-operator gives to targets. Pods stand in it by their address:
 * there is no discovery. What it does not know of a ServiceMonitor makes it throw.
 */
export function scrapeJobs(spec: ServiceMonitorSpec, installation: ScrapedInstallation): unknown[] {
  const { namespace, pods, secretFile } = installation;
  return spec.endpoints.map((endpoint, at) => {
    const { port, path, scheme, authorization, tlsConfig: _, ...unknown } = endpoint;
    if (Object.keys(unknown).length > 0) {
      throw new TypeError(`Cannot scrape by ${JSON.stringify(unknown)}`);
    }
    return {
      job_name: `serviceMonitor/${namespace}/metrics/${at}`,
      honor_labels: false,
      metrics_path: path,
      scheme,
      ...(authorization !== undefined && {
        authorization: {
          type: authorization.type,
          credentials_file: secretFile(authorization.credentials),
        },
      }),
      ...tls(endpoint, installation) as object,
      static_configs: pods.map(({ name, addresses }) => ({
        targets: [addresses[port]],
        labels: {
          ...{ namespace, pod: name, service: "metrics", job: "metrics", endpoint: port },
          container: "file-integrity-operator",
        },
      })),
    };
  });
}

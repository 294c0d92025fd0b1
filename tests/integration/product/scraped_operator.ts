/** The operator of an installation as a Prometheus sees it: by TLS, with a token. */

import http from "node:http";
import https from "node:https";
import { readManifests } from "../../cluster/manifests.ts";
import { Exposition } from "../../prometheus/exposition.ts";
import { Prometheus } from "../../prometheus/prometheus.ts";
import { scrapeJobs } from "../../prometheus/scrape_jobs.ts";
import { type SecretKey, serviceMonitorSpec } from "../../../src/plan/service_monitor.ts";
import { ThrowawayAuthority } from "../throwaway_authority.ts";
import type { Installation } from "./installation.ts";

/** The ports of the operator. */
export type MetricsPort = 8383 | 8585;

/** An answer. */
export interface Scraped {
  status: number;
  httpVersion: string;
  text: string;
}

const certificateSecret = "file-integrity-operator-serving-cert";
const tokenSecret = "file-integrity-operator-metrics-token";

/** Has what belongs to scraping an operator, as its manifests and whoever issues certificates give it. */
export class ScrapedOperator {
  private constructor(
    readonly product: Installation,
    /** The certificate of the authority; PEM. */
    readonly authority: string,
    /** Of the account that may scrape. */
    readonly token: string,
  ) {}

  /** Makes the Service, the certificate and the token. */
  static async of(product: Installation): Promise<ScrapedOperator> {
    const authority = await makeCertificate(product);
    for (const manifest of await readManifests()) {
      const { kind, metadata } = manifest;
      if (kind !== "Service" && !(kind === "Secret" && metadata.name === tokenSecret)) continue;
      const moved = { ...manifest, metadata: { ...metadata, namespace: product.namespace.name } };
      await product.admin(["apply", "-f", "-"], JSON.stringify(moved));
    }
    const token = await product.until("the API server fills the token in", async () => {
      const encoded: string | undefined = (await product.get("secret", tokenSecret))?.data?.token;
      return encoded !== undefined && atob(encoded);
    });
    return new ScrapedOperator(product, authority, token);
  }

  /** Name in the certificate. */
  get serverName(): string {
    return `metrics.${this.product.namespace.name}.svc`;
  }

  /** Addresses of the operator's pods that are not about to end. */
  async addresses(): Promise<string[]> {
    const text = await this.product.admin([
      ...["get", "pods", "-l", "name=file-integrity-operator", "-o", "json"],
    ]);
    // deno-lint-ignore no-explicit-any
    return JSON.parse(text).items.flatMap(({ metadata, status }: any) =>
      metadata.deletionTimestamp === undefined ? status.podIP ?? [] : []
    );
  }

  /** Asks a pod for a path. Rejects where it does not answer. */
  async ask(
    host: string,
    port: MetricsPort,
    path: string,
    token: string | undefined = this.token,
  ): Promise<Scraped> {
    return await answered((take) =>
      https.get({
        ...{ host, port, path, servername: this.serverName, ca: this.authority, agent: false },
        headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      }, take)
    );
  }

  /** The same in plain HTTP, as nobody. */
  async askPlain(host: string, port: MetricsPort, path: string): Promise<Scraped> {
    return await answered((take) => http.get({ host, port, path, agent: false }, take));
  }

  /** A Prometheus that scrapes what is there now, as the operator's ServiceMonitor says. */
  async prometheus(
    rules: readonly unknown[],
    plainMetrics = false,
  ): Promise<ScrapingPrometheus> {
    const namespace = this.product.namespace.name;
    const files = await SecretFiles.of(this.product, [certificateSecret, tokenSecret]);
    try {
      const spec = serviceMonitorSpec({ namespace, plainMetrics, hasCertificateAuthority: true });
      const pods = (await this.addresses()).map((address) => ({
        name: `file-integrity-operator-at-${address}`,
        addresses: { "metrics": `${address}:8383`, "metrics-fio": `${address}:8585` },
      }));
      const scrape = scrapeJobs(spec, { namespace, pods, secretFile: (key) => files.path(key) });
      const prometheus = await Prometheus.start({ scrape, rules });
      return {
        prometheus,
        [Symbol.asyncDispose]: async () => {
          await prometheus[Symbol.asyncDispose]();
          await files[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Scrapes the leader, once there is one that answers. */
  async scrape(path: "/metrics" | "/metrics-fio" = "/metrics-fio"): Promise<Exposition> {
    const port = path === "/metrics" ? 8383 : 8585;
    return await this.product.until("the leader answers", async () => {
      for (const address of await this.addresses()) {
        const product = await this.ask(address, 8585, "/metrics-fio").catch(() => undefined);
        if (product?.status !== 200) continue;
        if (new Exposition(product.text).value("file_integrity_operator_caches_synced") !== 1) {
          continue;
        }
        const { status, text } = await this.ask(address, port, path);
        if (status === 200) return new Exposition(text);
      }
    });
  }
}

/** What is answered to a request. */
async function answered(
  send: (take: (response: http.IncomingMessage) => void) => http.ClientRequest,
): Promise<Scraped> {
  const { promise, resolve, reject } = Promise.withResolvers<Scraped>();
  const request = send((response) => {
    const { statusCode = 0, httpVersion } = response;
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk) => text += chunk);
    response.on("end", () => resolve({ status: statusCode, httpVersion, text }));
    response.on("error", reject);
  });
  request.on("error", reject);
  return await promise;
}

/** Files of Secrets, as Prometheus has them mounted. */
class SecretFiles implements AsyncDisposable {
  private constructor(readonly directory: string) {}

  static async of(product: Installation, secrets: readonly string[]): Promise<SecretFiles> {
    const files = new SecretFiles(await Deno.makeTempDir());
    for (const name of secrets) {
      const { data } = await product.get("secret", name);
      for (const [key, value] of Object.entries(data as Record<string, string>)) {
        await Deno.writeFile(files.path({ name, key }), Uint8Array.fromBase64(value));
      }
    }
    return files;
  }

  path({ name, key }: SecretKey): string {
    return `${this.directory}/${name}.${key}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** A Prometheus with the files that it reads. */
export interface ScrapingPrometheus extends AsyncDisposable {
  readonly prometheus: Prometheus;
}

/** Makes the Secret with the certificate, and gives that of its authority. */
async function makeCertificate(product: Installation): Promise<string> {
  const authority = await ThrowawayAuthority.make("serving-ca");
  const { cert, key } = await authority.server(`DNS:metrics.${product.namespace.name}.svc`);
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name: certificateSecret },
    stringData: { "ca.crt": authority.ca, "tls.crt": cert, "tls.key": key },
  };
  await product.admin(["create", "-f", "-"], JSON.stringify(secret));
  return authority.ca;
}

import type { Logger } from "@logtape/logtape";
import { fioMetricsPort, metricsPort } from "../api/ports.ts";
import type { BearerReviews } from "../metrics/bearer_reviews.ts";
import { answerScrape, type ScrapePages } from "../metrics/answer_scrape.ts";
import { type Answer, MetricsServer } from "../metrics/metrics_server.ts";
import { followCertificate } from "../metrics/serving_certificate.ts";
import type { Clock } from "../system/clock.ts";
import { CannotListen } from "../system/listen.ts";

/** How metrics are served. */
export interface ServeMetricsOptions {
  pages: ScrapePages;
  reviews: BearerReviews;
  log: Logger;
  clock: Clock;
  /** Where to listen; all interfaces where undefined. */
  address: string | undefined;
  /** Directory with tls.crt and tls.key. */
  certificateDirectory: string;
  /** Port 8383 in plain HTTP, for anybody. */
  plain: boolean;
}

const remedy =
  "metrics are served as soon as the Secret file-integrity-operator-serving-cert has a certificate, or in plain " +
  "HTTP with --plain-metrics";

/** Pages that say in the log when they can't be made. */
function loggedPages(pages: ScrapePages, log: Logger): ScrapePages {
  return Object.fromEntries(
    Object.entries(pages).map(([path, page]) => [path, async () => {
      try {
        return await page();
      } catch (error) {
        const stack = error instanceof Error ? error.stack : undefined;
        log.error("{path} could not be made: {problem}", { path, problem: String(error), stack });
        throw error;
      }
    }]),
  );
}

/**
 * Serves metrics until the signal aborts: on two ports over TLS, for callers whose token may get the path, as soon as
 * there is a certificate; where plain metrics are asked for, on port 8383 in plain HTTP for anybody, at once. Rejects
 * with `CannotListen`.
 */
export async function serveMetrics(
  options: ServeMetricsOptions,
  signal: AbortSignal,
): Promise<void> {
  const { reviews, log, clock, address, certificateDirectory, plain } = options;
  const pages = loggedPages(options.pages, log);
  await using servers = new AsyncDisposableStack();
  const failed = new AbortController();
  let secured: MetricsServer[] | undefined;
  const open: Answer = answerScrape(pages);
  const closed: Answer = answerScrape(pages, (token, path) => reviews.review(token, path));
  if (plain) {
    servers.use(
      await MetricsServer.start({
        ...{ address, port: metricsPort, certificate: undefined, answer: open },
      }),
    );
  }
  const ports = plain ? [fioMetricsPort] : [metricsPort, fioMetricsPort];
  let error: CannotListen | undefined;
  await followCertificate(certificateDirectory, {
    use: async (certificate) => {
      if (secured !== undefined) {
        for (const server of secured) server.renew(certificate);
        log.info("Metrics are served with another certificate from now on");
        return;
      }
      await using starting = new AsyncDisposableStack(); // all of them, or none
      const started: MetricsServer[] = [];
      try {
        for (const port of ports) {
          const server = await MetricsServer.start({ address, port, certificate, answer: closed });
          started.push(starting.use(server));
        }
      } catch (cannotListen) {
        if (!(cannotListen instanceof CannotListen)) throw cannotListen;
        error = cannotListen;
        failed.abort();
        return;
      }
      servers.use(starting.move());
      secured = started;
      log.info("Metrics are served on {ports}", { ports: ports.join(" and ") });
    },
    problem: (text) => {
      const properties = { problem: text, remedy };
      if (secured !== undefined) {
        log.warn("The certificate for metrics stays the one before: {problem}", properties);
      } else if (/^there is no/.test(text)) {
        log.info("Metrics are not served over TLS yet: {problem}; {remedy}", properties);
      } else log.warn("Metrics are not served over TLS: {problem}; {remedy}", properties);
    },
    expired: (since) =>
      log.warn(
        "The certificate for metrics has expired on {since}: whoever scrapes refuses it; renew the one in the Secret " +
          "file-integrity-operator-serving-cert",
        { since: since.toISOString() },
      ),
  }, { clock, signal: AbortSignal.any([signal, failed.signal]) });
  if (error !== undefined) throw error;
}

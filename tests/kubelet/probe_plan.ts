/** The probes of a container's spec. */
import type { HTTPGetAction, HTTPHeader, Probe } from "kubernetes-types/core/v1.d.ts";
import type { HttpTarget } from "./http_probe.ts";
import type { Container } from "./kinds.ts";
import { NotSupported } from "./not_supported.ts";
import type { Thresholds } from "./threshold.ts";

/** What a probe is for. */
export type ProbeKind = "startup" | "readiness" | "liveness";

/** A probe with all that its spec leaves to the defaults of Kubernetes; times in milliseconds. */
export interface ProbePlan extends Thresholds {
  kind: ProbeKind;
  target: HttpTarget;
  initialDelay: number;
  period: number;
  timeout: number;
  /** Until a container that fails it is killed; the pod's own time where absent. */
  grace?: number;
}

function portNumber(kind: ProbeKind, port: number | string, { name, ports }: Container): number {
  if (typeof port === "number") return port;
  const found = (ports ?? []).find((one) => one.name === port);
  if (found !== undefined) return found.containerPort;
  throw new NotSupported(
    `Cannot ask the ${kind}Probe of the container ${name}: it has no port named ${port}`,
  );
}

function headers(wanted: readonly HTTPHeader[]): HttpTarget["headers"] {
  const usual = { "user-agent": "kube-probe/1.36", accept: "*/*" };
  const given: Record<string, string | string[]> = {};
  for (const { name, value } of wanted) {
    const before = given[name.toLowerCase()];
    given[name.toLowerCase()] = before === undefined ? value : [before, value].flat();
  }
  return { ...usual, ...given };
}

function target(
  kind: ProbeKind,
  action: HTTPGetAction,
  container: Container,
  address: string,
): HttpTarget {
  const { scheme = "HTTP", host, path = "/", port, httpHeaders = [] } = action;
  return {
    scheme: scheme === "HTTPS" ? "https" : "http",
    host: host || address,
    port: portNumber(kind, port, container),
    path: path.startsWith("/") ? path : `/${path}`,
    headers: headers(httpHeaders),
  };
}

function plan(kind: ProbeKind, probe: Probe, container: Container, address: string): ProbePlan {
  const { httpGet, terminationGracePeriodSeconds: grace } = probe;
  if (httpGet === undefined) {
    const [asked] = ["exec", "tcpSocket", "grpc"].filter((name) => name in probe);
    throw new NotSupported(
      `Cannot ask the ${kind}Probe of the container ${container.name} by ${asked ?? "nothing"}: ` +
        "the test's kubelet knows httpGet alone",
    );
  }
  return {
    kind,
    target: target(kind, httpGet, container, address),
    initialDelay: (probe.initialDelaySeconds ?? 0) * 1_000,
    period: (probe.periodSeconds ?? 10) * 1_000,
    timeout: (probe.timeoutSeconds ?? 1) * 1_000,
    successes: probe.successThreshold ?? 1,
    failures: probe.failureThreshold ?? 3,
    ...grace !== undefined && { grace: grace * 1_000 },
  };
}

/**
 * The container's probes, to be asked at the pod's address; throws `NotSupported` for those that the test's kubelet
 * can't ask.
 */
export function probePlans(container: Container, address: string): ProbePlan[] {
  const probes = [
    ["startup", container.startupProbe],
    ["readiness", container.readinessProbe],
    ["liveness", container.livenessProbe],
  ] as const;
  return probes.flatMap(([kind, probe]) =>
    probe === undefined ? [] : [plan(kind, probe, container, address)]
  );
}

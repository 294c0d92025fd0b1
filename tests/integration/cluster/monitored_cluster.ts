/** A cluster of a test's own on which prometheus-operator's kinds come and go, and what tells Prometheus of the operator. */

import { type LogRecord, reset } from "@logtape/logtape";
import { recordedLog } from "../../recorded_log.ts";
import { parse } from "@std/yaml";
import type { KubeClient } from "../../../src/kube/kube_client.ts";
import { type MonitoringParts, runMonitoring } from "../../../src/operator/monitoring.ts";
import { auditEnd, auditEntries, type AuditEntry } from "../../cluster/audit_log.ts";
import { untilServed } from "../../cluster/served_definitions.ts";
import type { TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";
import { directClient } from "../kube/direct_client.ts";
import { HurriedClock } from "../kube/hurried_clock.ts";
import { untilFound } from "../until_found.ts";
import { type OwnControlPlane, ownControlPlane } from "./own_control_plane.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const samples = new URL("../../samples/prometheus-operator/", import.meta.url);
const waitSeconds = 180;

// A minute is a second: it is looked every second, and listed every ten.
const speed = 60;

const discovery = "/apis/monitoring.coreos.com/v1";

/** The kinds of prometheus-operator that there are to come. */
export type MonitoringKind = "prometheusrules" | "servicemonitors";

/** A call of the operator: verb, plural, name; or the path of a discovery. */
export type MonitoringCall = string;

/** The cluster, with one namespace of an installation. */
export class MonitoredCluster implements AsyncDisposable {
  readonly log: LogRecord[] = [];
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;
  #client: KubeClient | undefined;

  private constructor(
    readonly plane: OwnControlPlane,
    readonly namespace: TestNamespace & AsyncDisposable,
  ) {}

  /** Starts it, without any of the kinds. */
  static async start(besides: TestCluster): Promise<MonitoredCluster> {
    const plane = await ownControlPlane(besides);
    const namespace = await plane.cluster.namespace("monitoring");
    return new MonitoredCluster(plane, namespace);
  }

  get cluster(): TestCluster {
    return this.plane.cluster;
  }

  /** Begins to tell Prometheus of the operator, as the operator's account. */
  async begin(parts: Partial<MonitoringParts> = {}): Promise<void> {
    const log = await recordedLog(this.log);
    this.#client = await directClient(this.cluster, this.namespace);
    this.#stop = new AbortController();
    this.#running = runMonitoring({
      api: this.#client,
      clock: new HurriedClock(speed),
      random: Math.random,
      log,
      namespace: this.namespace.name,
      hasCertificateAuthority: () => false,
      plainMetrics: false,
      ...parts,
    }, this.#stop.signal);
  }

  /** Ends it, and waits until it has ended. */
  async end(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
    this.#client?.[Symbol.dispose]();
    this.#client = undefined;
  }

  /** What it has said at a level, or above "info" where none is given. */
  said(...levels: string[]): string[] {
    const wanted = levels.length > 0 ? levels : ["warning", "error", "fatal"];
    return this.log.filter(({ level }) => wanted.includes(level))
      .map(({ message }) => message.join(""));
  }

  /** Runs kubectl as the cluster's admin in the namespace; throws where it fails. */
  async kubectl(args: string[], input?: unknown): Promise<string> {
    const { code, stdout, stderr } = await this.cluster.kubectl(args, {
      namespace: this.namespace.name,
      ...(input !== undefined && { stdin: JSON.stringify(input) }),
    });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Defines a kind; `change` may make another version of the definition. */
  async define(kind: MonitoringKind, change: (definition: Any) => void = () => {}): Promise<void> {
    const definition = parse(await Deno.readTextFile(new URL(`${kind}.yaml`, samples)));
    change(definition);
    await this.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], definition);
    await untilServed((args) => this.cluster.kubectl(args), [`${kind}.monitoring.coreos.com`]);
  }

  /** Takes a kind away, with its objects. */
  async undefine(kind: MonitoringKind): Promise<void> {
    await this.kubectl(["delete", "crd", `${kind}.monitoring.coreos.com`]);
  }

  /** Makes the Service of the metrics. */
  async createService(): Promise<void> {
    await this.kubectl(["create", "-f", "-"], {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "metrics", labels: { name: "file-integrity-operator" } },
      spec: {
        selector: { name: "file-integrity-operator" },
        ports: [{ name: "metrics", port: 8383 }, { name: "metrics-fio", port: 8585 }],
      },
    });
  }

  /** An object; undefined where it, or its kind, is not there. */
  async get(kind: string, name: string): Promise<Any> {
    const { code, stdout } = await this.cluster.kubectl(
      ["get", kind, name, "-o", "json", "--ignore-not-found"],
      { namespace: this.namespace.name },
    );
    return code !== 0 || stdout.trim() === "" ? undefined : JSON.parse(stdout);
  }

  /** Waits until something holds; what it gives is given. Throws with `what` when it never does. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return await untilFound(what, look, {
      ...{ seconds: waitSeconds, pause: 50 },
      described: () =>
        Promise.resolve(
          this.log.map(({ level, message }) => `${level}: ${message.join("")}`).join("\n"),
        ),
    });
  }

  /** Waits for an object that fulfils a condition. */
  async untilObject(
    kind: string,
    name: string,
    what: string,
    condition: (object: Any) => boolean = () => true,
  ): Promise<Any> {
    return await this.until(`${kind} ${name} ${what}`, async () => {
      const object = await this.get(kind, name);
      return object !== undefined && condition(object) && object;
    });
  }

  /** Waits until the API server, which follows roles and bindings itself, no longer lets the operator do something. */
  async untilForbidden(verb: string, what: string): Promise<void> {
    const user = `system:serviceaccount:${this.namespace.name}:file-integrity-operator`;
    const as = [`--as=${user}`, "--as-group=system:authenticated"];
    await this.until(`the operator may not ${verb} ${what}`, async () => {
      const { stdout } = await this.cluster.kubectl(["auth", "can-i", verb, what, ...as], {
        namespace: this.namespace.name,
      });
      return stdout.trim() === "no";
    });
  }

  /** Where the audit log ends now. */
  async now(): Promise<number> {
    return await auditEnd(this.cluster.auditLog);
  }

  /** What was asked for in the operator's name since then. */
  async asked(from: number): Promise<MonitoringCall[]> {
    const { entries } = await auditEntries(this.cluster.auditLog, from);
    const user = `system:serviceaccount:${this.namespace.name}:file-integrity-operator`;
    return entries.filter((entry: AuditEntry) =>
      entry.user.username === user && entry.stage === "ResponseComplete"
    ).map(({ verb, objectRef, requestURI }: AuditEntry) =>
      objectRef === undefined
        ? requestURI
        : [verb, objectRef.resource, objectRef.name].filter(Boolean).join(" ")
    );
  }

  /** Waits until it was looked for the kinds so many times, and gives what was asked for meanwhile. */
  async looks(times: number, from?: number): Promise<MonitoringCall[]> {
    const since = from ?? await this.now();
    return await this.until(`it was looked ${times} times`, async () => {
      const calls = await this.asked(since);
      return calls.filter((call) => call === discovery).length >= times && calls;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end();
      await reset();
    } finally {
      await this.plane[Symbol.asyncDispose]();
    }
  }
}

/** Calls without those that find out which kinds there are. */
export const besidesDiscovery = (calls: readonly MonitoringCall[]): MonitoringCall[] =>
  calls.filter((call) => call !== discovery);

/** Calls that change something. */
export const writes = (calls: readonly MonitoringCall[]): MonitoringCall[] =>
  calls.filter((call) => /^(create|patch|update|delete) /.test(call));

/** Starts a cluster and waits until it works. */
import { AdminClient } from "./admin_client.ts";
import { makeCertificates, writeKubeconfig } from "./certificates.ts";
import { type ClusterRecord, writeRecord } from "./cluster_record.ts";
import {
  logFile,
  runDirectory,
  startComponent,
  type StartedComponent,
} from "./component_process.ts";
import {
  auditPolicy,
  type ClusterNetwork,
  type ClusterPorts,
  componentArguments,
  type ComponentName,
  loopbackNetwork,
  portNames,
  serverUrl,
} from "./components.ts";
import { endCluster, endProcesses, type Progress } from "./end_cluster.ts";
import { giveHistory } from "./etcd_history.ts";
import { freePorts } from "./free_ports.ts";
import { installApi } from "./install_api.ts";
import { programNames, type Programs } from "./programs.ts";
import type { ProcessIdentity } from "./process_identity.ts";

/** What cluster to start, and how. */
export interface StartOptions {
  name: string;
  home: string;
  programs: Programs;
  /** Those that end it, for a cluster of a test run. */
  owners?: ProcessIdentity[];
  /** Whether our CRDs and manifests are installed. */
  api: boolean;
  /** How long the API server may take to be ready, in seconds; as long as each step, 120, by default. */
  readyDeadline?: number;
  /** Ports to try first, instead of free ones. */
  ports?: ClusterPorts;
  /** `loopbackNetwork` by default. */
  network?: ClusterNetwork;
  progress: Progress;
  /** When it fires, what was started is ended again. */
  signal: AbortSignal;
}

/** A component that ended while it was waited for. */
class ComponentEnded extends Error {
  override name = "ComponentEnded";
  /** Whether another program has its port. */
  readonly portTaken: boolean;

  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

const attempts = 3;
const lastLines = 15;

async function endOfLog(home: string, name: ComponentName): Promise<string> {
  const text = await Deno.readTextFile(logFile(home, name)).catch(() => "");
  return text.trimEnd().split("\n").slice(-lastLines).join("\n");
}

/** The components of one attempt. */
class Attempt {
  readonly #options: StartOptions;
  readonly #ports: ClusterPorts;
  readonly #components: StartedComponent[] = [];
  readonly #ended: Promise<never>[] = [];

  constructor(options: StartOptions, ports: ClusterPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  start(name: ComponentName): void {
    const { home, programs, network } = this.#options;
    const args = componentArguments(name, `${home}/state`, this.#ports, network);
    const component = startComponent(home, name, programs.paths[name], args);
    this.#components.push(component);
    const ended = this.#failure(component);
    ended.catch(() => {}); // it is of interest only while something is waited for
    this.#ended.push(ended);
  }

  /** Ends the components. */
  async end(): Promise<void> {
    await endProcesses(this.#options.home, () => {});
    await Promise.all(this.#components.map((component) => component.wait()));
  }

  /** Waits for work; throws when a component ends or the signal fires before it is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      if (signal.aborted) abort();
      return await Promise.race([work, aborted.promise, ...this.#ended]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Waits until a probe succeeds; throws as `during` does, and when the time is over. */
  async until(what: string, probe: () => Promise<boolean>, deadline = 120): Promise<void> {
    const { home } = this.#options;
    const end = performance.now() + deadline * 1000;
    while (!await this.during(probe())) {
      if (performance.now() > end) {
        const log = await endOfLog(home, "kube-apiserver");
        throw new Error(
          `Cannot start the cluster: after ${deadline} s still no sign that ${what}; the kube-apiserver's log ends:\n${log}`,
        );
      }
      await this.#pause(100);
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, milliseconds);
    try {
      await this.during(over.promise);
    } finally {
      clearTimeout(timer);
    }
  }

  async #failure({ name, ended }: StartedComponent): Promise<never> {
    const { code, signal } = await ended;
    const log = await endOfLog(this.#options.home, name);
    const how = signal === null ? `exit code ${code}` : signal;
    const portTaken = /address already in use/i.test(log);
    throw new ComponentEnded(
      `Cannot start the cluster: ${name} (${
        this.#options.programs.paths[name]
      }) ended with ${how} while starting; its log ends:\n${log || "(it is empty)"}`,
      portTaken,
    );
  }
}

async function prepare(options: StartOptions): Promise<void> {
  const { home, programs, network = loopbackNetwork } = options;
  for (const directory of ["pki", "log"]) {
    await Deno.mkdir(`${home}/state/${directory}`, { recursive: true, mode: 0o700 });
  }
  await Deno.mkdir(`${home}/bin`);
  for (const name of programNames) {
    await Deno.symlink(programs.paths[name], `${home}/bin/${name}`);
  }
  await makeCertificates(`${home}/state/pki`, network.serviceAddress);
  await Deno.writeTextFile(`${home}/state/audit-policy.yaml`, auditPolicy);
}

async function writeKubeconfigs(home: string, server: string): Promise<void> {
  const pki = `${home}/state/pki`;
  await writeKubeconfig(`${home}/admin.kubeconfig`, { pki, client: "admin", server });
  for (const client of ["controller-manager", "scheduler"]) {
    await writeKubeconfig(`${pki}/${client}.kubeconfig`, { pki, client, server });
  }
}

function somePorts(): ClusterPorts {
  const free = freePorts(portNames.length);
  return Object.fromEntries(
    portNames.map((name, at) => [name, free[at]]),
  ) as unknown as ClusterPorts;
}

/** That a namespace gets what pods need says that the controllers work; `/readyz` does not. */
async function controllersWork(attempt: Attempt, client: AdminClient): Promise<void> {
  const name = `start-${crypto.randomUUID().slice(0, 8)}`;
  const path = `/api/v1/namespaces/${name}`;
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await attempt.until("a namespace can be created", async () => {
    const { code } = await client.call("/api/v1/namespaces", namespace).catch(() => ({ code: 0 }));
    return code === 201 || code === 409;
  });
  await attempt.until("a new namespace gets its ServiceAccount and its ConfigMap", async () => {
    return await client.finds(`${path}/serviceaccounts/default`) &&
      await client.finds(`${path}/configmaps/kube-root-ca.crt`);
  });
  await attempt.until("the namespace can be deleted", async () => {
    const { code } = await client.call(path, undefined, "DELETE").catch(() => ({ code: 0 }));
    // It goes in its own time; an earlier call may have been heard though its answer was not.
    return [200, 202, 404, 409].includes(code);
  });
}

async function start(
  attempt: Attempt,
  { home, api, programs, readyDeadline, signal }: StartOptions,
  ports: ClusterPorts,
  say: Progress,
): Promise<void> {
  attempt.start("etcd");
  await attempt.until("etcd serves", () => giveHistory(ports.etcd));
  attempt.start("kube-apiserver");
  using client = await AdminClient.open(serverUrl(ports), `${home}/state/pki`);
  await attempt.until("kube-apiserver is ready", () => client.finds("/readyz"), readyDeadline);
  say(`kube-apiserver is ready at ${serverUrl(ports)}`);
  attempt.start("kube-controller-manager");
  attempt.start("kube-scheduler");
  await controllersWork(attempt, client);
  say("Controllers work");
  const health = `https://127.0.0.1:${ports.scheduler}/healthz`;
  await attempt.until("kube-scheduler is healthy", () => client.finds(health));
  say("kube-scheduler is healthy");
  if (!api) return;
  await attempt.during(installApi({ home, program: programs.paths.kubectl, signal }));
  say("CRDs and manifests are installed");
}

async function startOnce(options: StartOptions, ports: ClusterPorts, say: Progress): Promise<void> {
  const { home } = options;
  await Deno.remove(`${home}/state/etcd`, { recursive: true }).catch(() => {});
  await Deno.mkdir(runDirectory(home), { recursive: true });
  await writeKubeconfigs(home, serverUrl(ports));
  const attempt = new Attempt(options, ports);
  try {
    await start(attempt, options, ports, say);
  } catch (cause) {
    await attempt.end();
    throw cause;
  }
}

/** Starts the components, on other ports when another program was faster to take them. */
async function startOnFreePorts(
  options: StartOptions,
  record: ClusterRecord,
  say: Progress,
): Promise<ClusterRecord> {
  for (let attempt = 1;; attempt++) {
    const ports = attempt === 1 && options.ports || somePorts();
    const tried = { ...record, ports };
    await writeRecord(options.home, tried);
    try {
      await startOnce(options, ports, say);
      return tried;
    } catch (cause) {
      if (!(cause instanceof ComponentEnded && cause.portTaken)) throw cause;
      if (attempt === attempts) {
        throw new Error(
          `Cannot start the cluster: its ports were taken by other programs in each of ${attempts} attempts; try again`,
          { cause },
        );
      }
      say("A port was taken by another program: trying others");
    }
  }
}

/**
 * Starts a cluster in `home`, which does not exist, and gives its record once its controllers work. Whoever calls
 * this has locked the cluster. When it fails nothing is left, neither processes nor files; the error holds the end
 * of the log that matters.
 */
export async function startCluster(options: StartOptions): Promise<ClusterRecord> {
  const { name, home, programs, owners, progress, signal } = options;
  const began = performance.now();
  const say = (text: string): void =>
    progress(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  const record: ClusterRecord = {
    name,
    created: Temporal.Now.instant().round("second").toString(),
    version: programs.version,
    ready: false,
    ...owners && { owners },
  };
  try {
    signal.throwIfAborted();
    await Deno.mkdir(home, { recursive: true, mode: 0o700 });
    await writeRecord(home, record);
    await prepare(options);
    say("Certificates are made");
    const started = { ...await startOnFreePorts(options, record, say), ready: true };
    await writeRecord(home, started);
    return started;
  } catch (cause) {
    await endCluster(home, () => {});
    throw cause;
  }
}

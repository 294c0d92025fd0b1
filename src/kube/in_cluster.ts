import { type MonotonicClock, systemClock } from "../system/clock.ts";
import { bearer } from "./bearer_token.ts";
import type { Connection } from "./connection.ts";
import { HttpClientSource } from "./http_client_source.ts";
import { KubeError } from "./kube_error.ts";
import { notCapable } from "./not_capable.ts";
import { isPem, RereadFile } from "./reread_file.ts";
import { trustOnlyGivenAuthorities } from "./trust.ts";

/** Where the credentials of a pod's ServiceAccount are. */
export const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What stands in for a pod's surroundings. */
export interface InClusterOptions {
  /** Holds `token` and `ca.crt`; default `serviceAccountDirectory`. */
  directory?: string;
  /** Reads an environment variable; default `Deno.env.get`. */
  env?: (name: string) => string | undefined;
  clock?: MonotonicClock;
  /** Default `trustOnlyGivenAuthorities`. */
  trust?: () => void;
}

const remedy = "run in a pod whose automountServiceAccountToken is not false, or give a kubeconfig";

function serverAddress(env: (name: string) => string | undefined): string {
  const host = env("KUBERNETES_SERVICE_HOST");
  const port = env("KUBERNETES_SERVICE_PORT") || "443";
  if (!host) {
    throw new KubeError(
      "network",
      `Cannot find the API server: KUBERNETES_SERVICE_HOST is not set; ${remedy}`,
    );
  }
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

class InClusterConnection implements Connection {
  readonly #token: RereadFile;
  readonly #ca: RereadFile;
  readonly #clients = new HttpClientSource();

  constructor(readonly server: string, directory: string, clock: MonotonicClock) {
    this.#token = new RereadFile(`${directory}/token`, clock);
    this.#ca = new RereadFile(`${directory}/ca.crt`, clock, isPem);
  }

  async http(): Promise<Deno.HttpClient> {
    return this.#clients.client({ ca: await read(this.#ca, "the cluster's authorities") });
  }

  async authorization(): Promise<string> {
    return bearer(await read(this.#token, "the ServiceAccount's token"), `in ${this.#token.path}`);
  }

  refresh(): Promise<void> {
    this.#token.expire();
    this.#ca.expire();
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.#clients[Symbol.dispose]();
  }
}

async function read(file: RereadFile, what: string): Promise<string> {
  try {
    return await file.text();
  } catch (cause) {
    const action = `Cannot read ${what} from ${file.path}`;
    if (cause instanceof Deno.errors.NotCapable) throw notCapable(action, cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError("unauthorized", `${action}: ${why}; ${remedy}`, { cause });
  }
}

/**
 * The connection that the kubelet gives every pod. Token and authorities are read again at most a minute after they
 * changed. Rejects with "network" outside of a pod, with "unauthorized" where the credentials can't be read, and with
 * "not-capable" where the process may not read them.
 */
export async function inClusterConnection(options: InClusterOptions = {}): Promise<Connection> {
  const {
    directory = serviceAccountDirectory,
    clock = systemClock,
    trust = trustOnlyGivenAuthorities,
  } = options;
  const env = options.env ?? ((name) => Deno.env.get(name));
  let server;
  try {
    server = serverAddress(env);
    trust();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw notCapable("Cannot connect to the API server", cause);
  }
  const connection = new InClusterConnection(server, directory, clock);
  try {
    await connection.authorization();
    await connection.http();
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

import type { Cluster } from "@kubernetes/client-node";
import { type MonotonicClock, systemClock } from "../system/clock.ts";
import type { Connection } from "./connection.ts";
import type { Credentials, Source } from "./credentials.ts";
import { HttpClientSource } from "./http_client_source.ts";
import { KubeError } from "./kube_error.ts";
import { kubeconfigEntries, kubeconfigPaths, type Placed } from "./kubeconfig_files.ts";
import { sourceOf, userCredentials } from "./kubeconfig_user.ts";
import { notCapable } from "./not_capable.ts";
import { withoutSecrets } from "../system/secrets.ts";
import { trustOnlyGivenAuthorities } from "./trust.ts";

/** Which kubeconfig, and what stands in for the machine. */
export interface KubeconfigOptions {
  /** The file; default those of KUBECONFIG, else ~/.kube/config. */
  path?: string;
  /** Default: the current one. */
  context?: string;
  /** Reads an environment variable; default `Deno.env.get`. */
  env?: (name: string) => string | undefined;
  clock?: MonotonicClock;
  /** Default `trustOnlyGivenAuthorities`. Not called where the kubeconfig relies on the usual authorities. */
  trust?: () => void;
}

/** A connection that a kubeconfig describes. */
export interface KubeconfigConnection extends Connection {
  readonly context: string;
  /** The context's namespace. */
  readonly namespace: string | undefined;
}

interface Parts {
  server: string;
  ca: Source | undefined;
  credentials: Credentials;
  proxy: Deno.Proxy | undefined;
  context: string;
  namespace: string | undefined;
}

class KubeconfigFileConnection implements KubeconfigConnection {
  readonly server: string;
  readonly context: string;
  readonly namespace: string | undefined;
  readonly #parts: Parts;
  readonly #clients: HttpClientSource;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.server = parts.server;
    this.context = parts.context;
    this.namespace = parts.namespace;
    this.#clients = new HttpClientSource(parts.proxy);
  }

  async http(): Promise<Deno.HttpClient> {
    const { ca, credentials } = this.#parts;
    const material = await readable(async () => ({
      ...ca === undefined ? {} : { ca: "text" in ca ? ca.text : await ca.file.text() },
      ...await credentials.certificate(),
    }));
    return this.#clients.client(material);
  }

  authorization(): Promise<string | undefined> {
    return readable(() => this.#parts.credentials.authorization());
  }

  refresh(): Promise<void> {
    const { ca, credentials } = this.#parts;
    if (ca !== undefined && "file" in ca) ca.file.expire();
    credentials.expire();
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.#clients[Symbol.dispose]();
    this.#parts.credentials[Symbol.dispose]();
  }
}

/** Turns what Deno says of a file into a `KubeError`. */
async function readable<R>(read: () => Promise<R>): Promise<R> {
  const action = "Cannot read a file that the kubeconfig names";
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof KubeError) throw cause;
    if (cause instanceof Deno.errors.NotCapable) throw notCapable(action, cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError("unauthorized", `${action}: ${why}; log in again`, { cause });
  }
}

const refuse = (cluster: string, why: string): KubeError =>
  new KubeError("protocol", `Cannot use the cluster ${cluster} of the kubeconfig: ${why}`);

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function checkedServer({ name, server, skipTLSVerify, tlsServerName }: Cluster): string {
  if (skipTLSVerify) {
    throw refuse(
      name,
      "it sets insecure-skip-tls-verify, with which anybody could be the API server; " +
        "remove that and give certificate-authority",
    );
  }
  if (tlsServerName) {
    throw refuse(
      name,
      "it sets tls-server-name, which Deno can't do; give a server address that its certificate has",
    );
  }
  const url = URL.parse(server);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw refuse(
      name,
      `${JSON.stringify(withoutSecrets(server))} is no address of a server; begin it with https://`,
    );
  }
  if (url.protocol === "http:" && !loopback.test(url.hostname)) {
    throw refuse(name, "its address is not https, so that anybody could read the token; use https");
  }
  return server;
}

function proxyOf({ name, proxyUrl }: Cluster): Deno.Proxy | undefined {
  if (!proxyUrl) return undefined;
  const url = URL.parse(proxyUrl);
  const transport = url?.protocol.replace(":", "");
  if (url === null || transport !== "http" && transport !== "https" && transport !== "socks5") {
    throw refuse(name, "its proxy-url is neither http, https nor socks5; use one of them");
  }
  const { username, password } = url;
  url.username = url.password = "";
  if (username === "") return { transport, url: url.href };
  let basicAuth;
  try {
    basicAuth = {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    };
  } catch {
    throw refuse(name, "its proxy-url has a % that begins no escape; write it as %25");
  }
  return { transport, url: url.href, basicAuth };
}

function entry<T>(of: Map<string, Placed<T>>, what: string, name: string | undefined): Placed<T> {
  const found = of.get(name ?? "");
  if (found !== undefined) return found;
  const known = [...of.keys()].join(", ") || "none";
  throw new KubeError(
    "unauthorized",
    `Cannot find the ${what} ${JSON.stringify(name ?? "")} in the kubeconfig; it has: ${known}`,
  );
}

/**
 * The connection that a kubeconfig describes: contexts, client certificates, tokens, plugins, OpenID Connect, proxies.
 * Rejects with "unauthorized" where it lacks something, with "protocol" for what would be unsafe or Deno can't do.
 */
export async function kubeconfigConnection(
  options: KubeconfigOptions = {},
): Promise<KubeconfigConnection> {
  const { clock = systemClock, trust = trustOnlyGivenAuthorities } = options;
  const env = options.env ?? ((name) => Deno.env.get(name));
  const entries = await kubeconfigEntries(kubeconfigPaths(options.path, env));
  const { entry: context } = entry(
    entries.contexts,
    "context",
    options.context ?? entries.currentContext,
  );
  const cluster = entry(entries.clusters, "cluster", context.cluster);
  const user = context.user === undefined || context.user === ""
    ? undefined
    : entry(entries.users, "user", context.user);
  const { caData, caFile } = cluster.entry;
  const server = checkedServer(cluster.entry);
  const proxy = proxyOf(cluster.entry);
  const ca = sourceOf(caData, caFile, cluster.directory, clock);
  const { credentials, usualAuthorities } = await readable(() =>
    userCredentials(user, cluster.entry, clock)
  );
  const connection = new KubeconfigFileConnection({
    ...{ server, ca, credentials, proxy },
    context: context.name,
    namespace: context.namespace,
  });
  try {
    const relies = ca === undefined || usualAuthorities || proxy?.transport === "https";
    if (!relies && server.startsWith("https:")) trust();
    await connection.http();
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

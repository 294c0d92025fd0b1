// deno-lint-ignore-file no-console -- prints its result
/**
 * One client under load, in a process of its own: `api_load_program.ts transport|client-node CREDENTIALS SERVER NAMESPACE
 * SECONDS`. Prints one JSON object: requests a second by kind of load, and resident memory in MB.
 */
import { memoryOf } from "./process_facts.ts";

/** What is asked of both clients. */
interface Client {
  get(name: string): Promise<{ data?: Record<string, string> }>;
  patch(name: string, labels: Record<string, string>): Promise<unknown>;
}

const [which, credentials = "", server = "", namespace = "", seconds = "3"] = Deno.args;

async function transport(): Promise<Client> {
  const { inClusterConnection } = await import("../../src/kube/in_cluster.ts");
  const { KubeClient } = await import("../../src/kube/kube_client.ts");
  const { resources } = await import("../../src/kube/resource.ts");
  const { hostname, port } = new URL(server);
  const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const connection = await inClusterConnection({
    directory: credentials,
    env: (name) => environment[name as keyof typeof environment],
  });
  const client = new KubeClient(connection);
  return {
    get: (name) => client.get(resources.configMaps, { namespace, name }),
    patch: (name, labels) =>
      client.mergePatch(resources.configMaps, { namespace, name }, { metadata: { labels } }),
  };
}

async function clientNode(): Promise<Client> {
  const kubernetes = await import("@kubernetes/client-node");
  const config = new kubernetes.KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "test", server, caFile: `${credentials}/ca.crt` }],
    users: [{ name: "test", token: await Deno.readTextFile(`${credentials}/token`) }],
    contexts: [{ name: "test", cluster: "test", user: "test" }],
    currentContext: "test",
  });
  const core = config.makeApiClient(kubernetes.CoreV1Api);
  const merge = kubernetes.setHeaderOptions("Content-Type", kubernetes.PatchStrategy.MergePatch);
  return {
    get: (name) => core.readNamespacedConfigMap({ namespace, name }),
    patch: (name, labels) =>
      core.patchNamespacedConfigMap({ namespace, name, body: { metadata: { labels } } }, merge),
  };
}

/** Runs `call` in `lanes` at once for a while and gives calls a second. */
async function rate(
  lanes: number,
  call: (lane: number, turn: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  const end = start + Number(seconds) * 1000;
  let calls = 0;
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    while (performance.now() < end) {
      await call(lane, calls);
      calls++;
    }
  }));
  return calls / ((performance.now() - start) / 1000);
}

const client = await (which === "client-node" ? clientNode() : transport());
const started = (await memoryOf(Deno.pid)).rss;
for (let turn = 0; turn < 100; turn++) await client.get("load-0");
const idle = (await memoryOf(Deno.pid)).rss;
const result = {
  started,
  idle,
  get: await rate(1, () => client.get("load-0")),
  getMany: await rate(32, (lane) => client.get(`load-${lane}`)),
  patch: await rate(1, (_, turn) => client.patch("load-0", { turn: String(turn) })),
  patchMany: await rate(32, (lane, turn) => client.patch(`load-${lane}`, { turn: String(turn) })),
  after: 0,
};
result.after = (await memoryOf(Deno.pid)).rss;
console.log(JSON.stringify(result));
Deno.exit(0);

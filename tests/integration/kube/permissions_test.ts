import { assertEquals } from "@std/assert";
import { resources } from "../../../src/kube/resource.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { directClient } from "./direct_client.ts";
import { configMap } from "./proxied_client.ts";

interface Answer {
  items?: number;
  kind?: string;
  message?: string;
  attempts: number;
}

/** Runs the program with these permissions, and with nothing else in its environment. */
async function list(
  { server }: TestCluster,
  { name }: TestNamespace,
  directory: string,
  flags: string[],
): Promise<Answer> {
  const { hostname, port } = new URL(server);
  const program = new URL("list_program.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--frozen", ...flags, program, directory, name],
    cwd: new URL("../../..", import.meta.url).pathname,
    clearEnv: true,
    env: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      HOME: Deno.env.get("HOME") ?? "",
      PATH: Deno.env.get("PATH") ?? "",
      ...environment("DENO_DIR"),
    },
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  assertEquals([code, text(stderr)], [0, ""]);
  return JSON.parse(text(stdout));
}

function environment(name: string): Record<string, string> {
  const value = Deno.env.get(name);
  return value === undefined ? {} : { [name]: value };
}

clusterTest(
  "a pod's client needs its API server, its directory and three variables",
  async (cluster) => {
    await using namespace = await cluster.namespace("permissions");
    const directory = await namespace.credentials("operator");
    using client = await directClient(cluster, namespace);
    await client.create(resources.configMaps, configMap(namespace, "one"));
    const { host } = new URL(cluster.server);
    const variables = "KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,DENO_TLS_CA_STORE";
    const flags = {
      net: `--allow-net=${host}`,
      read: `--allow-read=${directory}`,
      env: `--allow-env=${variables}`,
    };
    const allowed = (given: Partial<typeof flags>): Promise<Answer> =>
      list(cluster, namespace, directory, Object.values(given));
    assertEquals(await allowed(flags), { items: 1, attempts: 1 });
    const { net, read, env } = flags;
    const refused: [Partial<typeof flags>, Answer][] = [
      [{ read, env }, {
        kind: "not-capable",
        message:
          `Cannot list configmaps in namespace ${namespace.name}: this process is not permitted to; ` +
          `run it with --allow-net=${host}`,
        attempts: 1,
      }],
      [{ net, env }, {
        kind: "not-capable",
        message:
          `Cannot read the ServiceAccount's token from ${directory}/token: this process is not ` +
          `permitted to; run it with --allow-read=${directory}/token`,
        attempts: 0,
      }],
      [{ net, read }, {
        kind: "not-capable",
        message: "Cannot connect to the API server: this process is not permitted to; " +
          "run it with --allow-env=KUBERNETES_SERVICE_HOST",
        attempts: 0,
      }],
      [{ ...flags, env: env.replace(",DENO_TLS_CA_STORE", "") }, {
        kind: "not-capable",
        message: "Cannot connect to the API server: this process is not permitted to; " +
          "run it with --allow-env=DENO_TLS_CA_STORE",
        attempts: 0,
      }],
    ];
    for (const [given, answer] of refused) assertEquals(await allowed(given), answer);
  },
);

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { Connection } from "../../../src/kube/connection.ts";
import { inClusterConnection } from "../../../src/kube/in_cluster.ts";
import { type CallReport, KubeClient } from "../../../src/kube/kube_client.ts";
import { KubeError } from "../../../src/kube/kube_error.ts";
import { resources } from "../../../src/kube/resource.ts";
import type { MonotonicClock } from "../../../src/system/clock.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import { SimulatedClock } from "../../kube/simulated_clock.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { listenAgain } from "./listen_again.ts";
import { configMap } from "./proxied_client.ts";

const { configMaps } = resources;

function inPod(
  server: string,
  directory: string,
  clock: MonotonicClock = new SimulatedClock(),
): Promise<Connection> {
  const { hostname, port } = new URL(server);
  const env: Record<string, string> = {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  };
  return inClusterConnection({ directory, env: (name) => env[name], clock });
}

/** As the kubelet replaces a file: what is in its place is the old one or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

async function kubectl(cluster: TestCluster, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  assertEquals(code, 0, stderr);
  return stdout.trim();
}

clusterTest("a token that is replaced is used within a minute", async (cluster) => {
  await using namespace = await cluster.namespace("credentials");
  const directory = await namespace.credentials("daemon");
  const clock = new SimulatedClock();
  using client = new KubeClient(await inPod(cluster.server, directory, clock));
  const list = (): Promise<unknown> => client.list(configMaps, { namespace: namespace.name });
  const refused = await assertRejects(list, KubeError);
  assert(refused.message.includes("file-integrity-daemon"), refused.message);
  await replaceFile(`${directory}/token`, await namespace.token("operator"));
  await clock.advance(59_999);
  await assertRejects(list, KubeError, "file-integrity-daemon");
  await clock.advance(1);
  await list();
  // While it is being replaced there may be none, or half a file system.
  await Deno.remove(`${directory}/token`);
  await clock.advance(60_000);
  await list();
  await Deno.writeTextFile(`${directory}/token`, "");
  await clock.advance(60_000);
  await list();
  await replaceFile(`${directory}/token`, await namespace.token("daemon"));
  await clock.advance(60_000);
  await assertRejects(list, KubeError, "file-integrity-daemon");
});

clusterTest(
  "a token that the server takes no longer is replaced within the call",
  async (cluster) => {
    await using namespace = await cluster.namespace("credentials");
    const directory = await namespace.credentials("operator");
    const bound = ["--namespace", namespace.name, "create"];
    await kubectl(cluster, ...bound, "secret", "generic", "bound");
    const token = await kubectl(
      cluster,
      ...[...bound, "token", "file-integrity-operator"],
      ...["--bound-object-kind", "Secret", "--bound-object-name", "bound"],
    );
    await replaceFile(`${directory}/token`, token);
    const reports: CallReport[] = [];
    // The clock stands: it is not a minute that brings the new token.
    using client = new KubeClient(await inPod(cluster.server, directory), {
      report: (report) => reports.push(report),
    });
    const list = (): Promise<unknown> => client.list(configMaps, { namespace: namespace.name });
    await list();
    await kubectl(cluster, "--namespace", namespace.name, "delete", "secret", "bound");
    await replaceFile(`${directory}/token`, await namespace.token("operator"));
    // The server remembers for some seconds that it took the old one.
    const giveUp = AbortSignal.timeout(60_000);
    while (reports.at(-1)?.attempts === 1) {
      giveUp.throwIfAborted();
      await list();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertEquals([reports.at(-1)?.outcome, reports.at(-1)?.attempts], ["ok", 2]);
    await client.create(configMaps, configMap(namespace, "one"));
    assertEquals(reports.at(-1)?.attempts, 1);
  },
);

clusterTest("credentials that stay refused are tried twice, and not shown", async (cluster) => {
  await using namespace = await cluster.namespace("credentials");
  const directory = await namespace.credentials("operator");
  const secret = "not-a-token-but-a-secret";
  await Deno.writeTextFile(`${directory}/token`, secret);
  const reports: CallReport[] = [];
  using client = new KubeClient(await inPod(cluster.server, directory), {
    report: (report) => reports.push(report),
  });
  const error = await assertRejects(
    () => client.create(configMaps, configMap(namespace, "one")),
    KubeError,
  );
  assertEquals([error.kind, error.code, reports[0]?.attempts], ["unauthorized", 401, 2]);
  assert(error.message.includes("the credentials are missing, expired, or another cluster's"));
  assertEquals(Deno.inspect(error, { depth: 10 }).includes(secret), false);

  await Deno.writeTextFile(`${directory}/token`, `${secret}\nand-more`);
  const unfit = await assertRejects(() => client.list(configMaps), KubeError);
  assertEquals(unfit.kind, "unauthorized");
  assertEquals(Deno.inspect(unfit, { depth: 10 }).includes(secret), false);
});

clusterTest("authorities that are replaced are trusted without a restart", async (cluster) => {
  await using namespace = await cluster.namespace("credentials");
  const directory = await namespace.credentials("operator");
  const options = { namespace: namespace.name };
  const clock = new SimulatedClock();
  const reports: CallReport[] = [];
  const first = await FaultProxy.start(cluster);
  const { port, server, authority: old } = first;
  await replaceFile(`${directory}/ca.crt`, old.ca);
  using client = new KubeClient(await inPod(server, directory, clock), {
    report: (report) => reports.push(report),
  });
  const { metadata } = await client.list(configMaps, options);
  const events = client.watch(configMaps, {
    ...options,
    resourceVersion: metadata.resourceVersion ?? "",
  });
  // Both authorities, as while a cluster changes them: the calls under way are not disturbed.
  const event = events.next();
  await replaceFile(`${directory}/ca.crt`, `${old.ca}\n${cluster.ca}`);
  await clock.advance(60_000);
  await client.create(configMaps, configMap(namespace, "one"));
  const { value } = await event;
  assert(value?.type === "ADDED");
  await events.return();
  await first[Symbol.asyncDispose]();

  await using second = await listenAgain(() => FaultProxy.start(cluster, port));
  const refused = await assertRejects(() => client.list(configMaps, options), KubeError);
  assertEquals([refused.kind, reports.at(-1)?.attempts], ["network", 2]);
  assert(refused.message.includes("invalid peer certificate"), refused.message);
  assert(refused.message.includes("check that the address is this cluster's"), refused.message);
  assertEquals(second.seen, []);
  await replaceFile(`${directory}/ca.crt`, second.authority.ca);
  await client.list(configMaps, options); // at once: a certificate that is refused is looked at again
  assertEquals(reports.at(-1)?.attempts, 2);
  await Deno.writeTextFile(`${directory}/ca.crt`, "half a certif");
  await clock.advance(60_000);
  await client.list(configMaps, options);
});

clusterTest("a pod without credentials says what is missing", async (cluster) => {
  const directory = await Deno.makeTempDir();
  try {
    const none = await assertRejects(() => inPod(cluster.server, directory), KubeError);
    assertEquals(none.kind, "unauthorized");
    assert(
      none.message.startsWith(
        `Cannot read the ServiceAccount's token from ${directory}/token: No such file`,
      ),
      none.message,
    );
    assert(none.message.includes("automountServiceAccountToken"), none.message);
    assertInstanceOf(none.cause, Deno.errors.NotFound);
    const outside = await assertRejects(
      () => inClusterConnection({ directory, env: () => undefined }),
      KubeError,
      "KUBERNETES_SERVICE_HOST is not set",
    );
    assertEquals(outside.kind, "network");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

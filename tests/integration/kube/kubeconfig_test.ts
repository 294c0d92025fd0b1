import { assert, assertEquals, assertRejects } from "@std/assert";
import { stringify } from "@std/yaml";
import { KubeClient, type KubeClientOptions } from "../../../src/kube/kube_client.ts";
import { kubeconfigConnection, type KubeconfigOptions } from "../../../src/kube/kubeconfig.ts";
import { KubeError } from "../../../src/kube/kube_error.ts";
import { tokenEnd } from "../../../src/kube/oidc_credentials.ts";
import { resources } from "../../../src/kube/resource.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import { SimulatedClock } from "../../kube/simulated_clock.ts";
import { ThrowawayAuthority } from "../throwaway_authority.ts";
import { HttpProxy } from "./http_proxy.ts";

const { configMaps, nodeStatuses } = resources;

type Fields = Record<string, unknown>;

interface Parts {
  cluster: TestCluster;
  namespace: TestNamespace;
  directory: string;
  clock: SimulatedClock;
  /** Writes a kubeconfig with these users, and a context of the same name for each. */
  write(users: Record<string, Fields>, more?: { cluster?: Fields; file?: string }): Promise<string>;
  open(options?: KubeconfigOptions, client?: KubeClientOptions): Promise<KubeClient>;
  /** Whom the API server takes the client for. */
  account(client: KubeClient): Promise<string>;
}

function kubeconfigTest(name: string, run: (parts: Parts) => Promise<void>): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("kubeconfig");
    const directory = await Deno.makeTempDir();
    const clock = new SimulatedClock();
    clock.offset = Date.now();
    const path = `${directory}/config`;
    try {
      await run({
        ...{ cluster, namespace, directory, clock },
        write: async (users, { cluster: more = {}, file = path } = {}) => {
          const names = Object.keys(users);
          const text = stringify({
            apiVersion: "v1",
            kind: "Config",
            clusters: [{
              name: "test",
              cluster: { server: cluster.server, ...trusted(cluster), ...more },
            }],
            users: names.map((name) => ({ name, user: users[name] })),
            contexts: names.map((user) => ({
              name: user,
              context: { cluster: "test", user, namespace: `of-${user}` },
            })),
            "current-context": names[0],
          });
          await Deno.writeTextFile(file, text);
          return file;
        },
        open: async (options = {}, client = {}) =>
          new KubeClient(await kubeconfigConnection({ path, clock, ...options }), client),
        account: async (client) => {
          const error = await client.list(configMaps, { namespace: "default" }).then(
            () => undefined,
            (error) => error,
          );
          return /User "(?:system:serviceaccount:[^:]*:file-integrity-)?(\w+)"/.exec(String(error))
            ?.[1] ??
            String(error);
        },
      });
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

function trusted({ ca }: TestCluster): Fields {
  return { "certificate-authority-data": btoa(ca) };
}

/** A client certificate of an account, signed by the cluster. */
async function certificate(
  { cluster }: Parts,
  account: "operator" | "daemon",
): Promise<{ cert: string; key: string }> {
  const pki = `${cluster.home}/state/pki`;
  const authority = new ThrowawayAuthority({
    cert: cluster.ca,
    key: await Deno.readTextFile(`${pki}/ca.key`),
  });
  return await authority.client(`/CN=${account}`);
}

async function script(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

kubeconfigTest("contexts choose the cluster, the user and the namespace", async (parts) => {
  const { namespace, write, open, account } = parts;
  const path = await write({
    operator: { token: await namespace.token("operator") },
    daemon: { token: await namespace.token("daemon") },
  });
  using current = await open();
  assertEquals(await account(current), "operator");
  using other = await open({ context: "daemon" });
  assertEquals(await account(other), "daemon");
  using connection = await kubeconfigConnection({ path, context: "daemon" });
  assertEquals([connection.context, connection.namespace], ["daemon", "of-daemon"]);
  const unknown = await assertRejects(() => open({ context: "nobody" }), KubeError);
  assertEquals(
    unknown.message,
    'Cannot find the context "nobody" in the kubeconfig; it has: operator, daemon',
  );
});

kubeconfigTest("several files are one kubeconfig, and the first one goes before", async (parts) => {
  const { namespace, write, open, account, directory } = parts;
  const [first, second] = [`${directory}/first`, `${directory}/second`];
  await write({ shared: { token: await namespace.token("operator") } }, { file: first });
  await write({
    shared: { token: await namespace.token("daemon") },
    daemon: { token: await namespace.token("daemon") },
  }, { file: second });
  const env = (name: string): string | undefined =>
    name === "KUBECONFIG" ? `${first}:${directory}/missing:${second}` : undefined;
  const kubeconfig = { env, path: undefined } as unknown as KubeconfigOptions;
  using current = await open(kubeconfig);
  assertEquals(await account(current), "operator");
  using other = await open({ ...kubeconfig, context: "daemon" });
  assertEquals(await account(other), "daemon");
  const home = await open({ ...kubeconfig, env: (name) => name === "HOME" ? directory : undefined })
    .catch((error) => error);
  assert(String(home).includes(`Cannot read the kubeconfig ${directory}/.kube/config`), `${home}`);
});

kubeconfigTest(
  "a token in a file is read again",
  async ({ namespace, write, open, account, directory, clock }) => {
    await Deno.writeTextFile(`${directory}/token`, `${await namespace.token("operator")}\n`);
    await write({ file: { tokenFile: "token" } });
    using client = await open();
    assertEquals(await account(client), "operator");
    await Deno.writeTextFile(`${directory}/token`, await namespace.token("daemon"));
    assertEquals(await account(client), "operator");
    await clock.advance(60_000);
    assertEquals(await account(client), "daemon");
  },
);

kubeconfigTest("client certificates say who calls, from data and from files", async (parts) => {
  const { write, open, account, directory, clock } = parts;
  const operator = await certificate(parts, "operator");
  const daemon = await certificate(parts, "daemon");
  await Deno.mkdir(`${directory}/pki`);
  await Deno.writeTextFile(`${directory}/pki/own.crt`, daemon.cert);
  await Deno.writeTextFile(`${directory}/pki/own.key`, daemon.key);
  await Deno.writeTextFile(`${directory}/pki/ca.crt`, parts.cluster.ca);
  await write({
    data: {
      "client-certificate-data": btoa(operator.cert),
      "client-key-data": btoa(operator.key),
    },
    files: { "client-certificate": "pki/own.crt", "client-key": "pki/own.key" },
  }, { cluster: { "certificate-authority": "pki/ca.crt", "certificate-authority-data": null } });
  using data = await open();
  assertEquals(await account(data), "operator");
  using files = await open({ context: "files" });
  assertEquals(await account(files), "daemon");
  await Deno.writeTextFile(`${directory}/pki/own.crt`, operator.cert);
  await Deno.writeTextFile(`${directory}/pki/own.key`, operator.key);
  await clock.advance(60_000);
  assertEquals(await account(files), "operator");
});

kubeconfigTest("a plugin's token is used until it expires, then renewed", async (parts) => {
  const { namespace, write, open, account, directory } = parts;
  await Deno.writeTextFile(`${directory}/token`, await namespace.token("operator"));
  // As plugins are: it counts its runs, and tells what it was told.
  await script(
    `${directory}/plugin`,
    `cd "$(dirname "$0")"
echo run >> runs
printf '%s' "$KUBERNETES_EXEC_INFO" > info
[ "$1 $GREETING" = "--for cluster" ] || { echo "bad arguments" >&2; exit 3; }
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"%s}}' \\
  "$(cat token)" "$(cat expiry 2>/dev/null)"`,
  );
  const runs = async (): Promise<number> =>
    (await Deno.readTextFile(`${directory}/runs`)).trim().split("\n").length;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "./plugin",
    args: ["--for"],
    env: [{ name: "GREETING", value: "cluster" }],
    provideClusterInfo: true,
    interactiveMode: "Never",
  };
  await write({ plugin: { exec } });
  using client = await open();
  assertEquals(await Promise.all([account(client), account(client), account(client)]), [
    "operator",
    "operator",
    "operator",
  ]);
  assertEquals(await runs(), 1);
  const info = JSON.parse(await Deno.readTextFile(`${directory}/info`));
  assertEquals([info.kind, info.apiVersion, info.spec.interactive, info.spec.cluster.server], [
    "ExecCredential",
    exec.apiVersion,
    false,
    parts.cluster.server,
  ]);

  // Refused by the server: asked for once more, within the call.
  await Deno.writeTextFile(`${directory}/token`, "refused");
  using refused = await open();
  await Deno.writeTextFile(`${directory}/token`, await namespace.token("daemon"));
  assertEquals(await runs(), 2);
  assertEquals(await account(refused), "daemon");
  assertEquals(await runs(), 3);

  // Expired: a new one for each call, as each is expired when it comes.
  const expired = `,"expirationTimestamp":"${new Date(Date.now() - 1000).toISOString()}"`;
  await Deno.writeTextFile(`${directory}/expiry`, expired);
  await Deno.writeTextFile(`${directory}/token`, await namespace.token("operator"));
  using renewed = await open();
  assertEquals(await account(renewed), "operator");
  await Deno.writeTextFile(`${directory}/token`, await namespace.token("daemon"));
  const later = new Date(Date.now() + 3_600_000).toISOString();
  await Deno.writeTextFile(`${directory}/expiry`, `,"expirationTimestamp":"${later}"`);
  assertEquals(await account(renewed), "daemon");
  const before = await runs();
  assertEquals(await account(renewed), "daemon");
  assertEquals(await runs(), before);
});

kubeconfigTest("a plugin may give a client certificate", async (parts) => {
  const { write, open, account, directory } = parts;
  const { cert, key } = await certificate(parts, "operator");
  const credential = {
    kind: "ExecCredential",
    apiVersion: "client.authentication.k8s.io/v1",
    status: { clientCertificateData: cert, clientKeyData: key },
  };
  await Deno.writeTextFile(`${directory}/credential.json`, JSON.stringify(credential));
  const { apiVersion } = credential;
  await write({
    plugin: { exec: { apiVersion, command: "cat", args: [`${directory}/credential.json`] } },
  });
  using client = await open();
  assertEquals(await account(client), "operator");
});

kubeconfigTest("a plugin that fails says what to do, and shows no token", async (parts) => {
  const { write, open, directory } = parts;
  const apiVersion = "client.authentication.k8s.io/v1";
  const user = (command: string): Fields => ({
    exec: { apiVersion, command, installHint: "Install it" },
  });
  await script(`${directory}/failing`, "echo 'You are not logged in' >&2; exit 1");
  await script(`${directory}/talking`, "echo secret-token-without-json");
  await script(`${directory}/silent`, `echo '{"kind":"ExecCredential","status":{}}'`);
  await write({
    failing: user("./failing"),
    talking: user("./talking"),
    silent: user("./silent"),
    missing: user("no-such-plugin-anywhere"),
  });
  const expected = {
    failing: "from the plugin ./failing: You are not logged in; Install it",
    talking: "from the plugin ./talking: it gave no ExecCredential; Install it",
    silent: "from the plugin ./silent: it gave neither a token nor a certificate",
    missing: "from the plugin no-such-plugin-anywhere: ",
  };
  for (const [context, words] of Object.entries(expected)) {
    const error = await assertRejects(
      async () => {
        using client = await open({ context });
        await client.list(configMaps);
      },
      KubeError,
      words,
    );
    assertEquals(error.kind, "unauthorized");
    assertEquals(Deno.inspect(error, { depth: 10 }).includes("secret-token"), false);
  }
});

kubeconfigTest(
  "an OpenID Connect token is renewed before it ends, and after a refusal",
  async (parts) => {
    const { namespace, write, open, account, clock, directory } = parts;
    const authority = await ThrowawayAuthority.make("issuer");
    const forms: URLSearchParams[] = [];
    const hour = 3_600_000;
    let idToken = await namespace.token("operator");
    clock.offset = (tokenEnd(idToken) ?? 0) - hour; // it was made just now, however long that took
    await using issuer = Deno.serve({
      ...await authority.server(),
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, async (request) => {
      const { pathname, origin } = new URL(request.url);
      if (pathname === "/realm/.well-known/openid-configuration") {
        return Response.json({
          issuer: `${origin}/realm`,
          token_endpoint: `${origin}/realm/token`,
        });
      }
      forms.push(new URLSearchParams(await request.text()));
      return Response.json({ id_token: idToken, refresh_token: `refresh-${forms.length + 1}` });
    });
    const claims = btoa(JSON.stringify({ exp: 1 })).replaceAll("=", "");
    await Deno.writeTextFile(`${directory}/issuer.crt`, authority.ca);
    await write({
      person: {
        "auth-provider": {
          name: "oidc",
          config: {
            "idp-issuer-url": `https://127.0.0.1:${issuer.addr.port}/realm`,
            "idp-certificate-authority": "issuer.crt",
            "client-id": "product",
            "client-secret": "s&cret",
            "id-token": `e30.${claims}.x`,
            "refresh-token": "refresh-1",
          },
        },
      },
    });
    using client = await open();
    assertEquals(await Promise.all([account(client), account(client)]), ["operator", "operator"]);
    assertEquals(forms.map((form) => Object.fromEntries(form)), [{
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: "product",
      client_secret: "s&cret",
    }]);
    idToken = await namespace.token("daemon");
    await clock.advance(hour - 11_000);
    assertEquals(await account(client), "operator", "it is good for an hour");
    await clock.advance(1_000);
    assertEquals(await account(client), "daemon");
    assertEquals(forms.at(-1)?.get("refresh_token"), "refresh-2");
    idToken = "refused";
    await clock.advance(hour);
    const error = await assertRejects(() => client.list(nodeStatuses), KubeError);
    assertEquals([error.kind, error.code], ["unauthorized", 401]);
    assertEquals(forms.length, 4, "once as it ended, once as it was refused");
    await issuer.shutdown();
    // In less time than there is before a second attempt: what the first one met is told.
    using late = await open({}, { clock, deadline: 10 });
    const gone = await assertRejects(() => late.list(nodeStatuses), KubeError);
    assertEquals(gone.kind, "network");
    assert(
      gone.message.startsWith("Cannot renew the token of user person at https://"),
      gone.message,
    );
  },
);

kubeconfigTest(
  "a proxy that the kubeconfig names is used",
  async ({ cluster, namespace, write, open, account }) => {
    await using proxy = new HttpProxy();
    const user = { proxied: { token: await namespace.token("operator") } };
    await write(user, { cluster: { "proxy-url": `http://me:p%40ss@${proxy.address}` } });
    using client = await open();
    assertEquals(await account(client), "operator");
    assertEquals(proxy.asked[0], {
      target: new URL(cluster.server).host,
      authorization: `Basic ${btoa("me:p@ss")}`,
    });
  },
);

kubeconfigTest("a server of another authority is refused", async ({ namespace, write, open }) => {
  const other = await ThrowawayAuthority.make("other");
  const user = { one: { token: await namespace.token("operator") } };
  await write(user, { cluster: { "certificate-authority-data": btoa(other.ca) } });
  using client = await open();
  const error = await assertRejects(() => client.list(configMaps), KubeError);
  assertEquals(error.kind, "network");
  assert(error.message.includes("check that the address is this cluster's"), error.message);
});

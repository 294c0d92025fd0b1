/** No secret comes into the log, wherever it was written down and in whatever way a call fails. */

import { configure, getLogger, type LogRecord, reset } from "@logtape/logtape";
import { assert, assertEquals } from "@std/assert";
import { ApiHealth } from "../../src/daemon/api_health.ts";
import type { Connection } from "../../src/kube/connection.ts";
import { inClusterConnection } from "../../src/kube/in_cluster.ts";
import { KubeClient } from "../../src/kube/kube_client.ts";
import { kubeconfigConnection } from "../../src/kube/kubeconfig.ts";
import { resources } from "../../src/kube/resource.ts";
import { logLine } from "../../src/system/log_line.ts";
import { start } from "../cli/program.ts";
import { ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { EchoingServer } from "./echoing_server.ts";

/** A secret of a form by which nobody could tell it. */
const secret = (name: string): string =>
  `${name}-${crypto.randomUUID().slice(0, 13)}`.replaceAll("-", "z");

type Fields = Record<string, unknown>;

/** What a test logs, in both formats, as the program would have written it. */
class WrittenLog implements AsyncDisposable {
  text = "";
  readonly logger = getLogger(["test", "secrets"]);

  static async make(): Promise<WrittenLog> {
    const made = new WrittenLog();
    const take = (record: LogRecord): void => {
      made.text += `${logLine(record, "text")}\n${logLine(record, "json")}\n`;
    };
    await configure({
      reset: true,
      sinks: { written: take },
      loggers: [
        { category: ["test", "secrets"], lowestLevel: "debug", sinks: ["written"] },
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["written"] },
      ],
    });
    return made;
  }

  /** Logs an error in each way in which the program logs what failed. */
  failed(error: unknown): void {
    const health = new ApiHealth(this.logger);
    health.failed("read", error);
    health.failed("read", error);
    const problem = error instanceof Error ? error.message : String(error);
    const stack = error instanceof Error ? error.stack : undefined;
    this.logger.error("FileIntegrity {name} is tried again: {problem}", { problem, stack });
    this.logger.error("{error}", { error });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await reset();
  }
}

/** None of these, nor any form in which they are sent. */
function assertHidden(text: string, secrets: readonly string[]): void {
  for (const one of secrets) {
    for (const form of [one, btoa(one), encodeURIComponent(one)]) {
      const at = text.indexOf(form);
      assertEquals(
        at < 0 ? "" : text.slice(Math.max(0, at - 200), at + 100),
        "",
        `${form} was logged`,
      );
    }
  }
}

/** Calls of every kind, each of which is to fail, or to bring nothing. */
async function callEverything(connection: Connection, log: WrittenLog): Promise<void> {
  using client = new KubeClient(connection, { deadline: 150 });
  const address = { namespace: "ns", name: "a" };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: address };
  const { configMaps } = resources;
  const watch = async (): Promise<void> => {
    const events = client.watch(configMaps, { namespace: "ns", resourceVersion: "1" });
    for await (const _ of events) break;
  };
  const calls = [
    () => client.get(configMaps, address),
    () => client.list(configMaps, { namespace: "ns" }),
    () => client.create(configMaps, object),
    () => client.replace(configMaps, object),
    () => client.mergePatch(configMaps, address, { data: {} }),
    () => client.delete(configMaps, address),
    watch,
  ];
  await Promise.all(calls.map((call) => call().catch((error: unknown) => log.failed(error))));
}

function kubeconfig(cluster: Fields, user: Fields): string {
  return JSON.stringify({
    ...{ "apiVersion": "v1", "kind": "Config", "current-context": "c" },
    "clusters": [{ name: "c", cluster }],
    "users": [{ name: "u", user }],
    "contexts": [{ name: "c", context: { cluster: "c", user: "u" } }],
  });
}

interface Case {
  cluster?: Fields;
  user?: Fields;
  secrets: string[];
  /** Whether the server gets to see them. */
  sent: boolean;
}

Deno.test("no credential of a kubeconfig is logged, whatever fails", async () => {
  const directory = await Deno.makeTempDir();
  await using log = await WrittenLog.make();
  const authority = await ThrowawayAuthority.make();
  const host = loopbackAddress();
  await using plain = new EchoingServer(host);
  await using tls = new EchoingServer(host, await authority.server(`IP:${host}`));
  await using proxy = new EchoingServer(host);
  const client = await authority.client("/CN=somebody");
  const [token, inFile, password, proxied, inUrl, given, refresh, mine] = [
    ...["token", "file", "password", "proxy", "url", "plugin", "refresh", "client"].map(secret),
  ] as [string, string, string, string, string, string, string, string];
  await Deno.writeTextFile(`${directory}/token`, `${inFile}\n`);
  const plugin = `${directory}/plugin`;
  const answer = {
    ...{ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential" },
    status: { token: given },
  };
  await Deno.writeTextFile(plugin, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, {
    mode: 0o755,
  });
  const broken = `${directory}/broken`;
  await Deno.writeTextFile(broken, `#!/bin/sh\necho '{"token":"${given}"'\nexit 1\n`, {
    mode: 0o755,
  });
  const exec = (command: string): Fields => ({
    exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never" },
  });
  const http = `http://${plain.address}`;
  const secure = {
    server: `https://${tls.address}`,
    "certificate-authority-data": btoa(authority.ca),
  };
  const keyLines = client.key.split("\n").filter((line) => line.length > 20);
  const cases: Record<string, Case> = {
    "a token": { user: { token }, secrets: [token], sent: true },
    "a token in a file": {
      user: { tokenFile: `${directory}/token` },
      secrets: [inFile],
      sent: true,
    },
    "a password": {
      user: { username: "me", password },
      secrets: [password, `me:${password}`],
      sent: true,
    },
    "a plugin's token": { user: exec(plugin), secrets: [given], sent: true },
    "a plugin that fails": { user: exec(broken), secrets: [given], sent: false },
    "a token over TLS": { cluster: secure, user: { token }, secrets: [token], sent: true },
    "a server that is not trusted": {
      cluster: { ...secure, "certificate-authority-data": btoa(client.cert) },
      user: { token },
      secrets: [token],
      sent: false,
    },
    "a server that is away": {
      cluster: { server: `https://${loopbackAddress()}:6443` },
      user: { token },
      secrets: [token],
      sent: false,
    },
    "a client's key": {
      cluster: secure,
      user: { "client-certificate-data": btoa(client.cert), "client-key-data": btoa(client.key) },
      secrets: keyLines,
      sent: false,
    },
    "a proxy's password, by HTTP": {
      cluster: { server: http, "proxy-url": `http://me:${proxied}@${proxy.address}` },
      user: { token },
      secrets: [proxied, `me:${proxied}`, token],
      sent: true,
    },
    "a proxy's password, by CONNECT": {
      cluster: { ...secure, "proxy-url": `http://me:${proxied}@${proxy.address}` },
      user: { token },
      secrets: [proxied, `me:${proxied}`, token],
      sent: false,
    },
    "a proxy that is away": {
      cluster: { ...secure, "proxy-url": `socks5://me:${proxied}@${loopbackAddress()}:1080` },
      user: { token },
      secrets: [proxied, `me:${proxied}`, token],
      sent: false,
    },
    "a server's address with a password": {
      cluster: { server: `http://me:${inUrl}@${plain.address}` },
      user: {},
      secrets: [inUrl, `me:${inUrl}`],
      sent: true,
    },
    "OpenID Connect": {
      cluster: secure,
      user: {
        "auth-provider": {
          name: "oidc",
          config: {
            "idp-issuer-url": `https://me:${inUrl}@${tls.address}`,
            "idp-certificate-authority-data": btoa(authority.ca),
            ...{ "client-id": "id", "client-secret": mine, "refresh-token": refresh },
            "id-token": `eyJhbGciOiJSUzI1NiJ9.${btoa('{"exp":1}')}.${token}`,
          },
        },
      },
      secrets: [inUrl, mine, refresh, token],
      sent: false,
    },
  };
  try {
    for (
      const [what, { cluster = { server: http }, user = {}, secrets, sent }] of Object.entries(
        cases,
      )
    ) {
      for (const server of [plain, tls, proxy]) server.seen.clear();
      log.text = "";
      const path = `${directory}/config`;
      await Deno.writeTextFile(path, kubeconfig(cluster, user));
      // Where nothing is answered, it does not matter how.
      for (const way of sent ? EchoingServer.ways : EchoingServer.ways.slice(0, 1)) {
        for (const server of [plain, tls, proxy]) server.way = way;
        try {
          const connection = await kubeconfigConnection({ path, trust: () => {} });
          await callEverything(connection, log);
        } catch (error) {
          log.failed(error);
        }
      }
      const seen = [plain, tls, proxy].flatMap((server) => [...server.seen]).join();
      const last = secrets.at(-1) ?? "";
      assertEquals(sent, seen.includes(last) || seen.includes(btoa(last)), `${what}: ${seen}`);
      assert(log.text !== "", what);
      assertHidden(log.text, secrets);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the token of a ServiceAccount is not logged, whatever fails", async () => {
  const directory = await Deno.makeTempDir();
  await using log = await WrittenLog.make();
  const authority = await ThrowawayAuthority.make();
  const address = loopbackAddress();
  await using server = new EchoingServer(address, await authority.server(`IP:${address}`));
  const [host = "", port = ""] = server.address.split(":");
  const env: Record<string, string> = {
    ...{ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port },
  };
  const token = secret("account");
  const open = (): Promise<Connection> =>
    inClusterConnection({ directory, env: (name) => env[name], trust: () => {} });
  try {
    await Deno.writeTextFile(`${directory}/ca.crt`, authority.ca);
    // As no token is: it can stand in no header.
    await Deno.writeTextFile(`${directory}/token`, `${token}\n${token}`);
    await open().catch((error: unknown) => log.failed(error));
    assert(log.text.includes("Cannot use the token"), log.text);
    await Deno.writeTextFile(`${directory}/token`, token);
    for (const way of EchoingServer.ways) {
      server.way = way;
      await callEverything(await open(), log);
    }
    await Deno.writeTextFile(`${directory}/ca.crt`, "none");
    await open().catch((error: unknown) => log.failed(error));
    assert([...server.seen].join().includes(token));
    assertHidden(log.text, [token]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("an operator that can't use its kubeconfig, or is refused, says nothing of what is in it", async () => {
  const directory = await Deno.makeTempDir();
  const token = secret("token");
  const address = loopbackAddress();
  await using server = new EchoingServer(address);
  server.way = "500 as Status";
  const http = { server: `http://${server.address}` };
  const configs: Record<string, string> = {
    "no YAML": `users:\n- name: u\n  user: {token: "${token}", [\n`,
    "no token": kubeconfig(http, { token: `${token} ${token}` }),
    "no key": kubeconfig(http, {
      "client-certificate-data": btoa(token),
      "client-key-data": token,
    }),
    "no address": kubeconfig({ server: `htps://me:${token}@${server.address}` }, {}),
    "no proxy": kubeconfig({ ...http, "proxy-url": `ftp://me:${token}@proxy:1` }, {}),
    "no escape": kubeconfig({ ...http, "proxy-url": `http://me:%zz${token}@proxy:1` }, {}),
    "refused": kubeconfig(http, { token }),
  };
  try {
    for (const [name, text] of Object.entries(configs)) {
      const path = `${directory}/${name.replace(" ", "-")}`;
      await Deno.writeTextFile(path, text);
      await using operator = await start([
        ...["operator", "--namespace=here", "--image=image", "--debug", `--kubeconfig=${path}`],
        `--bind-address=${loopbackAddress()}`,
      ]);
      if (name === "refused" || name === "no token") {
        await operator.until("it is refused", ({ stderr }) => /Lease could not be/.test(stderr));
        operator.kill("SIGTERM");
      }
      const { stdout, stderr } = await operator.end();
      assert(/"level":"(error|warn)","message":"[^"]*Cannot /.test(stderr), `${name}: ${stderr}`);
      assertHidden(stdout + stderr, [token]);
    }
    assertEquals([...server.seen], [`Bearer ${token}`]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

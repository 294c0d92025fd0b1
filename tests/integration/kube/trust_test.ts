import { assertEquals } from "@std/assert";
import { ThrowawayAuthority } from "../throwaway_authority.ts";

interface Servers {
  cluster: string;
  other: string;
  directory: string;
}

/** Two servers: one of the cluster's authority, and one of an authority that the machine trusts. */
async function withServers(run: (servers: Servers) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const authorities = {
    cluster: await ThrowawayAuthority.make("cluster"),
    other: await ThrowawayAuthority.make("public"),
  };
  const serve = async (name: "cluster" | "other"): Promise<Deno.HttpServer<Deno.NetAddr>> => {
    await Deno.writeTextFile(`${directory}/${name}.crt`, authorities[name].ca);
    const keys = await authorities[name].server();
    const place = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    return Deno.serve({ ...place, ...keys }, () => new Response("accepted"));
  };
  try {
    await using cluster = await serve("cluster");
    await using other = await serve("other");
    await run({
      cluster: `https://127.0.0.1:${cluster.addr.port}/`,
      other: `https://127.0.0.1:${other.addr.port}/`,
      directory,
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function run(
  { directory }: Servers,
  env: Record<string, string>,
  ...steps: string[]
): Promise<string[]> {
  const program = new URL("trust_program.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet", "--frozen", "--allow-net=127.0.0.1"],
      ...[`--allow-read=${directory}`, "--allow-env=DENO_TLS_CA_STORE"],
      ...[program, `${directory}/cluster.crt`, ...steps],
    ],
    cwd: new URL("../../..", import.meta.url).pathname,
    env: { SSL_CERT_FILE: `${directory}/other.crt`, SSL_CERT_DIR: "/nonexistent", ...env },
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  return new TextDecoder().decode(stdout).trim().split("\n");
}

const machine = { DENO_TLS_CA_STORE: "system" };

Deno.test("an authority of the machine is trusted beside the cluster's, unless that is ruled out", async () => {
  await withServers(async (servers) => {
    const { cluster, other } = servers;
    const both = ["given", cluster, "given", other];
    assertEquals(await run(servers, machine, ...both), ["given: accepted", "given: accepted"]);
    assertEquals(await run(servers, machine, "trust", ...both), [
      "given: accepted",
      "given: refused",
    ]);
    assertEquals(await run(servers, machine, "trust", "given", other, "given", cluster), [
      "given: refused",
      "given: accepted",
    ]);
    assertEquals(await run(servers, machine, "trust", "default", other, "default", cluster), [
      "default: refused",
      "default: refused",
    ]);
    // From the environment of the process, the same.
    assertEquals(await run(servers, { DENO_TLS_CA_STORE: "" }, ...both), [
      "given: accepted",
      "given: refused",
    ]);
  });
});

Deno.test("trust is limited before the first connection, or not at all", async () => {
  await withServers(async (servers) => {
    const { cluster, other } = servers;
    assertEquals(
      await run(servers, machine, "default", other, "trust", "given", other, "given", cluster),
      ["default: accepted", "given: accepted", "given: accepted"],
    );
  });
});

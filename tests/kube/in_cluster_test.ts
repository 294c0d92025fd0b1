import { assert, assertEquals, assertRejects } from "@std/assert";
import { inClusterConnection } from "../../src/kube/in_cluster.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import { notCapable } from "../../src/kube/not_capable.ts";
import { isPem, RereadFile } from "../../src/kube/reread_file.ts";
import { ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { SimulatedClock } from "./simulated_clock.ts";

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

Deno.test("the server's address comes from the pod's environment", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/token`, "token\n");
    await Deno.writeTextFile(`${directory}/ca.crt`, (await ThrowawayAuthority.make()).ca);
    const server = async (values: Record<string, string>): Promise<string> => {
      const env = (name: string): string | undefined => values[name];
      let limited = 0;
      using connection = await inClusterConnection({ directory, env, trust: () => void limited++ });
      assertEquals(limited, 1);
      assertEquals(await connection.authorization(), "Bearer token");
      return connection.server;
    };
    const variables = (host: string, port: string): Record<string, string> => ({
      KUBERNETES_SERVICE_HOST: host,
      KUBERNETES_SERVICE_PORT: port,
    });
    assertEquals(await server(variables("10.0.0.1", "6443")), "https://10.0.0.1:6443");
    assertEquals(await server(variables("fd00::1", "443")), "https://[fd00::1]:443");
    assertEquals(await server({ KUBERNETES_SERVICE_HOST: "a.example" }), "https://a.example:443");
  });
});

Deno.test("a file that is replaced is read again, once a minute or when asked to", async () => {
  await withDirectory(async (directory) => {
    const clock = new SimulatedClock();
    const path = `${directory}/file`;
    const file = new RereadFile(path, clock, isPem);
    await assertRejects(() => file.text(), Deno.errors.NotFound);
    await Deno.writeTextFile(path, `${pem}\n`);
    assertEquals(await file.text(), pem.trim());
    await Deno.writeTextFile(path, `# new\n${pem}`);
    await clock.advance(59_999);
    assertEquals(await file.text(), pem.trim());
    await clock.advance(1);
    assertEquals(await file.text(), `# new\n${pem}`.trim());
    for (const unfit of ["", "   ", pem.slice(0, 40), `${pem}${pem.slice(0, 30)}`]) {
      await Deno.writeTextFile(path, unfit);
      file.expire();
      assertEquals(await file.text(), `# new\n${pem}`.trim());
    }
    await Deno.remove(path);
    file.expire();
    assertEquals(await file.text(), `# new\n${pem}`.trim());
    await Deno.writeTextFile(path, pem);
    assertEquals(await file.text(), pem.trim(), "as soon as it is there again");
  });
});

Deno.test("an unfit file that was never read is an error", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/token`, "");
    await Deno.writeTextFile(`${directory}/ca.crt`, pem);
    const error = await assertRejects(
      () => inClusterConnection({ directory, env: () => "1", trust: () => {} }),
      KubeError,
    );
    assertEquals(error.kind, "unauthorized");
    assert(error.message.includes("it is empty, or not complete"), error.message);
  });
});

Deno.test("a missing permission is named by its flag", () => {
  const cases: [string, string][] = [
    [
      'Requires net access to "10.0.0.1:443", run again with the --allow-net flag',
      "--allow-net=10.0.0.1:443",
    ],
    ['Requires read access to "/a b", run again with the --allow-read flag', "--allow-read=/a b"],
    ["Requires env access, run again with the --allow-env flag", "--allow-env"],
  ];
  for (const [message, flag] of cases) {
    const cause = new Deno.errors.NotCapable(message);
    const error = notCapable("Cannot do it", cause);
    assertEquals(
      [error.kind, error.message, error.cause],
      ["not-capable", `Cannot do it: this process is not permitted to; run it with ${flag}`, cause],
    );
  }
});

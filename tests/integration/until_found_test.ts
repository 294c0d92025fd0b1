import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { clusterTest, type TestCluster } from "../cluster/test_cluster.ts";
import { untilFound } from "./until_found.ts";

const kubectl = async (cluster: TestCluster, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await cluster.kubectl(["get", "namespace", "-o=name", ...args]);
  if (code !== 0) throw new Error(`kubectl: ${stderr}`);
  return stdout.trim();
};

const patience = { seconds: 60, pause: 1, described: () => Promise.resolve("this is how it is") };

function listener(): Deno.TcpListener & { server: string } {
  const made = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return Object.assign(made, { server: `--server=https://127.0.0.1:${made.addr.port}` });
}

clusterTest(
  "until found: after a look that the API server did not answer comes another one",
  async (cluster) => {
    using silent = listener();
    const closed = listener();
    closed.close();
    const looks = [[closed.server], [silent.server, "--request-timeout=1s"], []];
    const look = async (): Promise<string> =>
      await kubectl(cluster, "default", ...looks.shift() ?? []);
    assertEquals(await untilFound("it is there", look, patience), "namespace/default");
    assertEquals(looks, []);
  },
);

clusterTest("until found: any answer but the wanted one is thrown at once", async (cluster) => {
  const looks = ["not-there", "default"];
  const error = await assertRejects(
    () => untilFound("it is there", () => kubectl(cluster, looks.shift() ?? ""), patience),
    Error,
  );
  assertStringIncludes(error.message, "Error from server (NotFound)");
  assertEquals(looks, ["default"]);
});

clusterTest(
  "until found: whoever waited in vain is told how things stand, and what had no answer",
  async (cluster) => {
    const closed = listener();
    closed.close();
    const error = await assertRejects(
      () =>
        untilFound("it is there", () => kubectl(cluster, "default", closed.server), {
          ...patience,
          seconds: 0,
        }),
      Error,
    );
    assertEquals(error.message, "Waited 0 s until it is there; there is:\nthis is how it is");
    assertStringIncludes(String(error.cause), " was refused");
  },
);

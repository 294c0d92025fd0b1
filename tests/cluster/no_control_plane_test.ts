import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePorts } from "./free_ports.ts";
import { ownClusterHome } from "./own_cluster_home.ts";

const root = new URL("../..", import.meta.url).pathname;
const unit = "tests/base/line_splitter_test.ts";
const integration = "tests/integration/cluster/audit_log_test.ts";

interface Output {
  code: number;
  said: string;
  totals: string;
}

/** A test run on a machine that has what the other tests need, but no Go, no control plane and no way to get one. */
async function run(env: Record<string, string>, ...args: string[]): Promise<Output> {
  await using home = await ownClusterHome();
  const [port] = freePorts(1);
  const bin = `${home.path}/bin`;
  await Deno.mkdir(bin);
  for (const name of ["jq", "setfacl", "getfacl", "setfattr", "getfattr", "busybox", "sh"]) {
    for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
      const path = `${directory}/${name}`;
      if (!await Deno.stat(path).then(() => true, () => false)) continue;
      await Deno.symlink(path, `${bin}/${name}`);
      break;
    }
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "-A", "--quiet", "tests/run.ts", ...args],
    cwd: root,
    env: {
      PATH: bin,
      KUBEBUILDER_ASSETS: "",
      FIO_TEST_CLUSTER: "",
      FIO_CLUSTER_ENVTEST_INDEX: `http://127.0.0.1:${port}/index.yaml`,
      FIO_CLUSTER_DOWNLOADS: `http://127.0.0.1:${port}/release`,
      ...env,
    },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const lines = text(stdout).trimEnd().split("\n");
  return { code, said: text(stderr), totals: lines.at(-1) ?? "" };
}

Deno.test("without a control plane the rest runs, and what did not is said and counted", async () => {
  const { code, said, totals } = await run({ CI: "" }, unit, integration);
  assertEquals(code, 0, said);
  assertMatch(totals, /^[1-9]\d* passed, 0 failed, 2 skipped$/);
  assertStringIncludes(said, "THE INTEGRATION TESTS DO NOT RUN");
  assertStringIncludes(said, "No Kubernetes control plane can be had");
  assertStringIncludes(said, "There is no usable go on PATH");
  assertStringIncludes(said, "Cannot download http://127.0.0.1:");
});

Deno.test("without a control plane a run fails where CI=true", async () => {
  const { code, said, totals } = await run({ CI: "true" }, unit, integration);
  assertEquals(code, 1);
  assertMatch(totals, /^[1-9]\d* passed, 0 failed, 2 skipped$/);
  assertStringIncludes(said, "Tests were skipped, which counts as a failure where CI=true");
});

Deno.test("without a control plane a filter counts what it chose, and not what it left out", async () => {
  const chosen = await run({ CI: "true" }, unit, integration, "--filter", "/audit log says|cut/");
  assertEquals([chosen.code, chosen.totals], [1, "1 passed, 0 failed, 1 skipped"], chosen.said);
  const other = await run({ CI: "true" }, unit, integration, "--filter", "cut");
  assertEquals([other.code, other.totals], [0, "1 passed, 0 failed"], other.said);
  assertEquals(other.said.includes("THE INTEGRATION TESTS DO NOT RUN"), false);
});

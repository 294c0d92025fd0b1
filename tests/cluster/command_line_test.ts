import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePorts } from "./free_ports.ts";
import { ownClusterHome } from "./own_cluster_home.ts";

const program = new URL("main.ts", import.meta.url).pathname;

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

async function cluster(args: string[], env: Record<string, string> = {}): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "-A", "--quiet", program, ...args],
    env,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("cluster --help says all there is, on stdout", async () => {
  const { code, stdout, stderr } = await cluster(["--help"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  for (
    const word of ["up", "down", "status", "kubeconfig", "--raw", "--bare", "--all", "-o json"]
  ) {
    assertStringIncludes(stdout, word);
  }
  assertMatch(stdout, /^ {2}down .*where there is none, that is said and is no failure$/m);
  assertMatch(stdout, /1 for a failure \(also: "status NAME" or "kubeconfig" of a cluster that/);
});

Deno.test("cluster: a wrong command line is refused with 64 and the reason", async () => {
  const cases: [string[], string][] = [
    [[], "Say what to do"],
    [["upp"], 'There is no "upp"'],
    [["up", "a", "b"], '"b" is too much'],
    [["up", "A"], '"A" can\'t be the name of a cluster'],
    [["up", "../x"], "can't be the name of a cluster"],
    [["up", "test-run-x"], "are for test runs"],
    [["up", "--raw"], '"up" has no --raw'],
    [["status", "-o", "yaml"], '"yaml" is no form of output'],
    [["down", "a", "--all"], "Give either a name or --all"],
    [["up", "--force"], "--force"],
  ];
  const outputs = await Promise.all(cases.map(([args]) => cluster(args)));
  for (const [at, { code, stdout, stderr }] of outputs.entries()) {
    const [args, message] = cases[at] ?? [[], ""];
    assertEquals({ args, code, stdout }, { args, code: 64, stdout: "" });
    assertStringIncludes(stderr, message);
    assertStringIncludes(stderr, "deno task cluster --help");
  }
});

Deno.test("cluster: where there is none, each command says so", async () => {
  await using home = await ownClusterHome();
  const [table, json, one, down, kubeconfig] = await Promise.all([
    cluster(["status"]),
    cluster(["status", "-o", "json"]),
    cluster(["status", "default"]),
    cluster(["down"]),
    cluster(["kubeconfig", "other"]),
  ]);
  assertEquals([table.code, table.stdout], [0, "There is no cluster\n"]);
  assertEquals([json.code, json.stdout], [0, "[]\n"]);
  assertEquals(one.code, 1);
  assertEquals([down.code, down.stderr], [0, "There is no cluster default\n"]);
  assertEquals(await Array.fromAsync(Deno.readDir(`${home.path}/clusters`)), []);
  assertEquals([kubeconfig.code, kubeconfig.stdout], [1, ""]);
  assertStringIncludes(kubeconfig.stderr, 'there is none; "deno task cluster up other" starts it');
});

Deno.test("cluster up: one message names all ways to get the programs, and why each failed", async () => {
  await using home = await ownClusterHome();
  const [port] = freePorts(1);
  const assets = `${home.path}/assets`;
  await Deno.mkdir(assets);
  const old = '#!/bin/sh\necho "Kubernetes v1.31.0"\n';
  await Deno.writeTextFile(`${assets}/kube-apiserver`, old, { mode: 0o755 });
  await Deno.writeTextFile(`${assets}/etcd`, "#!/bin/sh\necho broken >&2; exit 3\n", {
    mode: 0o755,
  });
  const { code, stdout, stderr } = await cluster(["up"], {
    PATH: "/nonexistent",
    KUBEBUILDER_ASSETS: assets,
    FIO_CLUSTER_ENVTEST_INDEX: `http://127.0.0.1:${port}/index.yaml`,
    FIO_CLUSTER_DOWNLOADS: `http://127.0.0.1:${port}/release`,
  });
  assertEquals([code, stdout], [1, ""]);
  for (
    const words of [
      "No Kubernetes control plane can be had",
      `KUBEBUILDER_ASSETS (${assets}) and PATH`,
      "kube-apiserver 1.31.0 of KUBEBUILDER_ASSETS is not used: it is older than 1.32",
      `etcd of KUBEBUILDER_ASSETS is not used: "${assets}/etcd --version" ended with 3: broken`,
      "There is no usable go on PATH",
      `Cannot download http://127.0.0.1:${port}/index.yaml: `,
      "name it in KUBEBUILDER_ASSETS",
      "Install Go",
      "FIO_CLUSTER_DOWNLOADS",
    ]
  ) assertStringIncludes(stderr, words);
  assert(stderr.split("\n").length < 25, stderr);
});

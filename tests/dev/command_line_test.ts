import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { operatorOptions } from "../../src/system/operator_options.ts";
import { help, readCommandLine, UsageError } from "./command_line.ts";

const program = new URL("main.ts", import.meta.url).pathname;

async function dev(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "-A", "--quiet", program, ...args],
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("dev --help names every option, the operator's too", async () => {
  const { code, stdout, stderr } = await dev("--help");
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: `${help}\n`, stderr: "" });
  for (const { name } of Object.values(operatorOptions)) assertStringIncludes(help, `--${name}`);
  for (const name of ["cluster", "nodes", "node-prefix", "node-label", "watch-dir"]) {
    assertStringIncludes(help, `--${name}`);
  }
});

Deno.test("dev --help says that a test cluster's kubeconfig means that cluster", () => {
  const [, paragraph] = /^(On the test cluster [^]*?)\n\n/m.exec(help) ?? [];
  assertMatch(paragraph ?? "", /KUBECONFIG or\s+~\/\.kube\/config is that of a test cluster/);
});

Deno.test("dev: a wrong command line is refused with 64, and nothing is started", async () => {
  const { code, stdout, stderr } = await dev("--namespaces=x");
  assertEquals({ code, stdout }, { code: 64, stdout: "" });
  assertStringIncludes(stderr, 'Unknown option "--namespaces"');
  assertStringIncludes(stderr, "deno task dev --help");
});

Deno.test("dev: what contradicts itself is refused", () => {
  for (
    const [args, said] of [
      [["--cluster", "--kubeconfig=x"], "--cluster is the test cluster"],
      [["--context", "x", "--cluster"], "--cluster is the test cluster"],
      [["--nodes=0"], "a whole number from 1 to 20"],
      [["--namespace=A"], "the name of a namespace"],
    ] as const
  ) assertThrows(() => readCommandLine(args), UsageError, said);
});

Deno.test("dev: options are the operator's and its own", () => {
  const command = readCommandLine(["--image", "x", "--nodes=2", "--debug"]);
  assert(command !== undefined);
  const { image, nodes, debug, cluster, logFormat } = command;
  assertEquals({ image, nodes, debug, cluster, logFormat }, {
    ...{ image: "x", nodes: 2, debug: true, cluster: false },
    logFormat: "text", // for people; the operator's own default is for a cluster's logs
  });
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { daemonArguments, type DaemonFlags } from "../../src/api/daemon_flags.ts";
import { parseClusterCommandLine } from "../../src/cli/cluster_command_line.ts";
import { daemonOptions } from "../../src/system/daemon_options.ts";
import { operatorOptions } from "../../src/system/operator_options.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { run } from "./program.ts";

const digest = `sha256:${"0a".repeat(32)}`;

const flags: DaemonFlags = {
  fileIntegrity: "worker-fileintegrity",
  uid: "5f0d3a0e-0d6e-4c66-a5d2-3f1c7e0ad1f9",
  namespace: "openshift-file-integrity",
  configDigest: digest,
  interval: 900,
  maxBackups: 5,
  initialDelay: 0,
  debug: false,
  workers: 2,
};

function faultsOf(args: readonly string[]): string[] {
  const parsed = parseClusterCommandLine(args);
  assert(parsed !== undefined && "faults" in parsed, JSON.stringify(parsed));
  return parsed.faults;
}

Deno.test("property: the daemon understands what the operator writes", () => {
  const names = fc.stringMatching(/^[a-z]([-a-z0-9]{0,20}[a-z0-9])?$/);
  const arbitrary: fc.Arbitrary<DaemonFlags> = fc.record({
    fileIntegrity: names,
    uid: fc.uuid(),
    namespace: names,
    configDigest: fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
    interval: fc.integer({ min: 10, max: 315_360_000 }),
    maxBackups: fc.integer({ min: 0, max: 10_000 }),
    initialDelay: fc.integer({ min: 0, max: 315_360_000 }),
    debug: fc.boolean(),
    workers: fc.integer({ min: 0, max: 64 }),
  });
  fc.assert(fc.property(arbitrary, (flags) => {
    assertEquals(parseClusterCommandLine(daemonArguments(flags)), {
      line: {
        command: "daemon",
        ...flags,
        root: "/hostroot",
        configDir: "/config",
        timeout: 21_600,
        logFormat: "json",
      },
    });
  }));
});

Deno.test("options for development, in either form", () => {
  const more = ["--root", "/", "--state-dir=/s", "--log-format", "text", "--timeout=60"];
  const parsed = parseClusterCommandLine([...daemonArguments(flags), ...more, "--context=a=b"]);
  assert(parsed !== undefined && "line" in parsed && parsed.line.command === "daemon");
  const { root, stateDir, logFormat, timeout, context } = parsed.line;
  assertEquals({ root, stateDir, logFormat, timeout, context }, {
    root: "/",
    stateDir: "/s",
    logFormat: "text",
    timeout: 60,
    context: "a=b",
  });
});

Deno.test("the operator needs no option", () => {
  const certDir = "/var/run/secrets/serving-cert";
  const defaults = {
    command: "operator",
    logFormat: "json",
    certDir,
    plainMetrics: false,
  } as const;
  assertEquals(parseClusterCommandLine(["operator"]), { line: { ...defaults, debug: false } });
  assertEquals(parseClusterCommandLine(["operator", "--debug", "--image=registry/x:1"]), {
    line: { ...defaults, debug: true, image: "registry/x:1" },
  });
});

Deno.test("everything that is wrong is said at once, with the remedy", () => {
  assertEquals(faultsOf(["daemon"]).length, 9);
  const given = daemonArguments(flags).filter((one) => !/--(interval|debug|uid)=/.test(one));
  assertEquals(
    faultsOf([...given, "--interval=soon", "--debug=yes", "--oops", "extra", "-x"]),
    [
      '--interval: "soon" is not a whole number from 1 to 315360000: give --interval=SECONDS',
      '--debug: "yes" is not true or false: give --debug=true|false',
      'Unknown option "--oops": remove it; daemon --help lists those that there are',
      'Unexpected argument "extra": remove it, or write it as --OPTION=VALUE',
      'Unknown option "-x": remove it; daemon --help lists those that there are',
    ],
  );
  assertEquals(faultsOf(["operator", "--debug=true", "--image=", "--image=b", "--aide"]), [
    "--debug takes no value: write --debug alone, or leave it out",
    "--image has no value: give --image=IMAGE",
    "--image is given more than once: give it once, as --image=IMAGE",
    "--aide has no value: give --aide=PATH",
  ]);
  const wrong: [string, string][] = [
    ["--namespace=a.b", "the name of a namespace"],
    ["--file-integrity=A", "the name of an object"],
    ["--config-digest=sha256:0", "sha256: and 64 hexadecimal digits"],
    ["--max-backups=-1", "a whole number from 0 to 10000"],
    ["--workers=1e1", "a whole number from 0 to 64"],
    ["--log-format=xml", "json or text"],
  ];
  for (const [option, expected] of wrong) {
    const [name = ""] = option.split("=");
    const others = daemonArguments(flags).filter((one) => !one.startsWith(`${name}=`));
    const [fault = "", ...more] = faultsOf([...others, option]);
    assertEquals(more, []);
    assert(fault.startsWith(`${name}: `) && fault.includes(`is not ${expected}: give`), fault);
  }
});

Deno.test("a path of an unset variable does not mean the directory where one happens to be", () => {
  assertEquals(faultsOf([...daemonArguments(flags), "--root="]), [
    "--root has no value: give --root=DIR",
  ]);
});

Deno.test("other subcommands and questions for help are left to the usual parser", () => {
  for (const args of [[], ["scan"], ["--help"], ["daemon", "-h"], ["operator", "--help"]]) {
    assertEquals(parseClusterCommandLine(args), undefined, args.join(" "));
  }
});

Deno.test("help and completions have every option of the tables", async () => {
  for (
    const [command, table] of Object.entries({ daemon: daemonOptions, operator: operatorOptions })
  ) {
    const { code, stdout } = await run([command, "--help"], { asProduct: true });
    assertEquals(code, 0);
    const completed = await run(["completion", "bash", command, "--"]);
    for (const { name, description } of Object.values(table)) {
      assert(stdout.includes(`  --${name}`), `--${name} in ${stdout}`);
      assert(stdout.replaceAll(/\s+/g, " ").includes(description), `${description} in ${stdout}`);
      assert(completed.stdout.includes(`--${name}`), `--${name} in ${completed.stdout}`);
    }
  }
});

Deno.test("a wrong command line is 64, and so is a daemon that knows no node", async () => {
  const { code, stderr } = await run(["daemon", "--oops"], { asProduct: true });
  assertEquals([code, stderr.split("\n").length], [64, 11], stderr);
  const nameless = await run(daemonArguments(flags), { asProduct: true, env: { NODE_NAME: "" } });
  assertEquals([nameless.code, nameless.stderr], [
    64,
    "Error: NODE_NAME is not set: set it to the name of the node, in a pod from spec.nodeName\n",
  ]);
  const odd = await run([...daemonArguments(flags), '--state-dir=/a"b'], {
    env: { NODE_NAME: "Node_1" },
  });
  assertEquals(odd.code, 64);
  assertEquals(odd.stderr.trim().split("\n").length, 2, odd.stderr);
});

Deno.test("outside of a cluster the daemon says what it lacks, and ends with 2", async () => {
  const { code, stderr } = await run(daemonArguments(flags), {
    asProduct: true,
    env: { NODE_NAME: "node-1", KUBERNETES_SERVICE_HOST: "", BIND_ADDRESS: loopbackAddress() },
  });
  assertEquals(code, 2, stderr);
  const last = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
  assertEquals(last.level, "error");
  assert(last.message.includes("KUBERNETES_SERVICE_HOST is not set"), stderr);
});

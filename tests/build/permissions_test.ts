import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  engineFlagOf,
  PathNotGrantable,
  permissionFlags,
  permissions,
  subcommandOf,
  unionFlags,
} from "../../src/build/permissions.ts";
import { findProgram } from "../../src/node/find_program.ts";
import { isAddress } from "../../src/system/ip_address.ts";
import { toolsPath } from "../setup/tools.ts";
import { likeAddresses } from "../system/like_addresses.ts";
import { permissionCases, permissionFunctions } from "../../src/build/permission_script.ts";

const found: Record<string, string> = { aide: "/usr/bin/aide", chrt: "/usr/bin/chrt" };
const flags = (
  args: string[],
  programs: Record<string, string> = found,
  env: Record<string, string> = {},
): string[] =>
  permissionFlags(subcommandOf(args), args, {
    find: (program) => programs[program],
    env: (name) => env[name],
  });

Deno.test("permissions: scan reads everything, writes to its state directory, runs AIDE", () => {
  assertEquals(flags(["scan", "-f", "fi.yaml", "--state-dir", "/srv/a b"]), [
    "--allow-read",
    "--allow-write=/srv/a b",
    "--allow-run=/usr/bin/aide,/usr/bin/chrt",
    "--allow-env=PATH",
    "--allow-sys=hostname,uid",
  ]);
  assertEquals(flags(["scan"])[1], "--allow-write=/var/lib/file-integrity");
  assertEquals(flags(["scan", "--state-dir=/a", "--state-dir=/b"])[1], "--allow-write=/b");
});

Deno.test("permissions: --aide takes the place of the AIDE on PATH", () => {
  const run = flags(["scan", "--aide=/opt/aide", "--once"])[2];
  assertEquals(run, "--allow-run=/opt/aide,/usr/bin/chrt");
});

Deno.test("permissions: a missing program is named where Debian has it", () => {
  assertEquals(flags(["scan"], {})[2], "--allow-run=/usr/bin/aide,/usr/bin/chrt");
});

Deno.test("permissions: config reads the named file, and only check runs AIDE", () => {
  assertEquals(flags(["config", "default"]), []);
  assertEquals(flags(["config", "convert", "-o", "text", "my aide.conf"]), [
    "--allow-read=text,my aide.conf",
  ]);
  assertEquals(flags(["config", "check", "a.conf"]), [
    "--allow-read=a.conf,/usr/bin/aide",
    "--allow-run=/usr/bin/aide",
    "--allow-env=PATH",
  ]);
  assertEquals(flags(["config", "convert", "-"]), []);
});

Deno.test("permissions: help, versions and unknown subcommands get none", () => {
  for (const args of [[], ["--version"], ["config"], ["scanner"], ["toString"], ["constructor"]]) {
    assertEquals(flags(args), [], args.join(" "));
  }
});

const inPod = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" };

Deno.test("permissions: the daemon scans as scan does, and calls the pod's API server", () => {
  assertEquals(flags(["daemon", "--interval=900"], found, inPod), [
    "--allow-read",
    "--allow-write=/hostroot/var/lib/file-integrity",
    "--allow-run=/usr/bin/aide,/usr/bin/chrt",
    "--allow-net=10.96.0.1:6443,[::]:8081,0.0.0.0:8081",
    "--allow-env=PATH,NODE_NAME,BIND_ADDRESS,KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,DENO_TLS_CA_STORE,HOME,KUBECONFIG",
    "--allow-sys=uid",
  ]);
});

Deno.test("permissions: the operator writes no file", () => {
  assertEquals(flags(["operator", "--aide=/opt/aide"], found, inPod), [
    "--allow-read",
    "--allow-run=/opt/aide",
    "--allow-net=10.96.0.1:6443,[::]:8081,0.0.0.0:8081,[::]:8383,0.0.0.0:8383,[::]:8585,0.0.0.0:8585",
    "--allow-env=PATH,WATCH_NAMESPACE,POD_NAMESPACE,POD_NAME,RELATED_IMAGE_OPERATOR,BIND_ADDRESS,KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,DENO_TLS_CA_STORE,HOME,KUBECONFIG",
  ]);
});

Deno.test("permissions: the network is the pod's API server, or what a kubeconfig names", () => {
  const net = (args: string[], env: Record<string, string> = {}): string[] =>
    flags(args, found, env).filter((flag) => /^--(allow-net|ignore)/.test(flag));
  for (const [command, ports] of [["daemon", [8081]], ["operator", [8081, 8383, 8585]]] as const) {
    const own = ports.map((port) => `127.0.0.9:${port}`).join(",");
    const at = { BIND_ADDRESS: "127.0.0.9" };
    assertEquals(net([command], at), [`--allow-net=${own}`]);
    assertEquals(net([command], { ...at, KUBERNETES_SERVICE_HOST: "" }), [`--allow-net=${own}`]);
    assertEquals(net([command], { ...at, KUBERNETES_SERVICE_HOST: "api" }), [
      `--allow-net=api:443,${own}`,
    ]);
    const six = { ...at, KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "" };
    assertEquals(net([command], six), [`--allow-net=[fd00::1]:443,${own}`]);
    for (const option of ["--kubeconfig=x", "--context=y"]) {
      assertEquals(net([command, option], inPod), ["--allow-net", "--ignore-env"]);
    }
    assertEquals(net([command, "--kubeconfig", "x"]), ["--allow-net", "--ignore-env"]);
    assertEquals(net([command, "--kubeconfigs", "x"], { ...inPod, ...at }), [
      `--allow-net=10.96.0.1:6443,${own}`,
    ]);
    assertThrows(() => net([command], { KUBERNETES_SERVICE_HOST: "a,b" }), PathNotGrantable);
  }
});

Deno.test("permissions: it listens where the option says, else where the variable does, else everywhere", () => {
  const net = (args: string[], env: Record<string, string> = {}): string[] =>
    flags(["daemon", ...args], found, env).filter((flag) => flag.startsWith("--allow-net"));
  const everywhere = ["--allow-net=[::]:8081,0.0.0.0:8081"];
  assertEquals(net([]), everywhere);
  assertEquals(net([], { BIND_ADDRESS: "" }), everywhere);
  assertEquals(net(["--bind-address", "::1"], { BIND_ADDRESS: "127.0.0.1" }), [
    "--allow-net=[::1]:8081",
  ]);
  assertEquals(net(["--bind-address=127.0.0.2", "--bind-address=127.0.0.3"]), [
    "--allow-net=127.0.0.3:8081",
  ]);
  // What is no address is not granted; the program says so.
  for (const wrong of ["localhost", "127.0.0.1:80", "1.2.3", ":::", "127.0.0.1,0.0.0.0", "-"]) {
    assertEquals(net([`--bind-address=${wrong}`]), []);
    assertEquals(net([], { BIND_ADDRESS: wrong, ...inPod }), ["--allow-net=10.96.0.1:6443"]);
  }
});

Deno.test("permissions: no other subcommand gets the network, and none FFI or everything", () => {
  for (const args of [["scan"], ["config", "check", "x"], ["config", "convert", "x"]]) {
    const given = flags([...args, "--kubeconfig=x"], found, inPod);
    assertEquals(given.filter((flag) => /net|ffi|import|all$|write$|run$/.test(flag)), []);
  }
  for (const command of ["daemon", "operator"]) {
    const given = flags([command, "--kubeconfig=x"], found, inPod);
    assertEquals(given.filter((flag) => /ffi|import|all$|write$|run$/.test(flag)), []);
  }
});

Deno.test("permissions: a path that would be read as two is refused", () => {
  assertThrows(() => flags(["scan", "--state-dir=/srv,/"]), PathNotGrantable, '"/srv,/"');
  assertThrows(() => flags(["scan", "--aide", ""]), PathNotGrantable);
  assertThrows(() => flags(["config", "convert", "a,b"]), PathNotGrantable);
});

Deno.test("permissions: a compiled binary holds the union", () => {
  assertEquals(unionFlags(), [
    "--allow-read",
    "--allow-write",
    "--allow-run",
    "--allow-net",
    "--ignore-env",
    "--allow-env=PATH,NODE_NAME,BIND_ADDRESS,KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,DENO_TLS_CA_STORE,HOME,KUBECONFIG,WATCH_NAMESPACE,POD_NAMESPACE,POD_NAME,RELATED_IMAGE_OPERATOR",
    "--allow-sys=hostname,uid",
  ]);
});

Deno.test("permissions: the operator alone does without V8's optimizing compilers", () => {
  const flagged = [...Object.keys(permissions), undefined].map(engineFlagOf);
  assertEquals(
    new Set(flagged),
    new Set([
      "--v8-flags=--optimize-for-size",
      "--v8-flags=--optimize-for-size,--max-opt=1",
    ]),
  );
  assertEquals(engineFlagOf("operator"), "--v8-flags=--optimize-for-size,--max-opt=1");
  assertEquals(flagged.filter((flag) => flag === engineFlagOf("operator")).length, 1);
});

async function scriptFlags(
  shell: string[],
  args: string[],
  env: Record<string, string>,
): Promise<string[]> {
  const script = `set -u
fail() { printf '%s\\n' "$1" >&2; exit "$2"; }
${permissionFunctions}
${permissionCases()}
for flag in "$engine" \${allow_read:+"$allow_read"} \${allow_write:+"$allow_write"} \${allow_run:+"$allow_run"} \\
  \${allow_net:+"$allow_net"} \${ignore_env:+"$ignore_env"} \${allow_env:+"$allow_env"} \${allow_sys:+"$allow_sys"}
do printf '%s\\0' "$flag"; done
`;
  const { code, stdout } = await new Deno.Command("/usr/bin/env", {
    args: [...shell, "-c", script, "sh", ...args],
    clearEnv: true,
    env,
    stderr: "null",
  }).output();
  if (code !== 0) return [`exit ${code}`];
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

const commandLines: string[][] = [
  [],
  ["--version"],
  ["scan"],
  ["scan", "--help"],
  ["scan", "--state-dir", "/srv/a b'c\"$d`e\\f"],
  ["scan", "--state-dir=/a", "--once", "--state-dir", "-"],
  ["scan", "--state-dir"],
  ["scan", "--state-dir=*", "--aide=/opt/x y/aide"],
  ["scan", "--aide", "a\nb"],
  ["scan", "--aide", ""],
  ["scan", "--state-dir=/a,/"],
  ["config"],
  ["config", "default"],
  ["config", "convert", "a b", "-x", "*", "--", "~"],
  ["config", "convert", "-"],
  ["config", "convert", ""],
  ["config", "convert", "a,b"],
  ["config", "check", "x", "--aide", "/opt/aide"],
  ["config check", "x"],
  ["scan default", "x"],
  ["daemon"],
  ["daemon", "--state-dir=/s", "--aide", "/opt/aide", "--interval=9"],
  ["daemon", "--kubeconfig"],
  ["daemon", "--context=a b*"],
  ["operator", "--kubeconfigs=x", "--kubeconfig x"],
  ["operator", "--aide", "/opt/aide", "--kubeconfig", "x"],
  ["operator", "--bind-address", "127.0.0.9"],
  ["daemon", "--bind-address=fd00::1", "--bind-address"],
  ["daemon", "--bind-address=::ffff:127.0.0.1"],
  ["daemon", "--bind-address="],
];

const environments: Record<string, string>[] = [
  {},
  inPod,
  { KUBERNETES_SERVICE_HOST: "fd00::1" },
  { KUBERNETES_SERVICE_HOST: "", KUBERNETES_SERVICE_PORT: "443" },
  { KUBERNETES_SERVICE_HOST: "a,b*", KUBERNETES_SERVICE_PORT: "443" },
  { KUBERNETES_SERVICE_HOST: "a b*", KUBERNETES_SERVICE_PORT: "4 3" },
  { BIND_ADDRESS: "::", ...inPod },
  { BIND_ADDRESS: "127.0.0.1" },
  { BIND_ADDRESS: "127.0.0.1\n0.0.0.0" },
  { BIND_ADDRESS: "1::2::3" },
  { BIND_ADDRESS: "* [::]", ...inPod },
];

const shells = [["dash"], ["busybox", "sh"], ["bash", "--posix"]];

for (const shell of shells) {
  Deno.test(`permissions: the packed script grants the same, with the same flags of V8, in ${shell.join(" ")}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      for (const name of ["aide", "chrt"]) {
        await Deno.writeTextFile(`${directory}/${name}`, "#!/bin/sh\n", { mode: 0o755 });
      }
      const programs = { aide: `${directory}/aide`, chrt: `${directory}/chrt` };
      const path = `${directory}:${await toolsPath()}`;
      const inCluster = commandLines.filter(([first]) =>
        first === "daemon" || first === "operator"
      );
      const cases = [
        ...commandLines.map((args) => ({ args, env: inPod })),
        ...inCluster.flatMap((args) => environments.map((env) => ({ args, env }))),
      ];
      for (const { args, env } of cases) {
        let expected: string[];
        try {
          expected = [engineFlagOf(subcommandOf(args)), ...flags(args, programs, env)];
        } catch (cause) {
          if (!(cause instanceof PathNotGrantable)) throw cause;
          expected = ["exit 64"];
        }
        const given = await scriptFlags(shell, args, { PATH: path, ...env });
        assertEquals(given, expected, JSON.stringify([args, env]));
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

for (const shell of shells) {
  Deno.test(`permissions: what is an IP address is one in ${shell.join(" ")} too, without any other program`, async () => {
    const texts = fc.sample(likeAddresses, 3_000).filter((text) => !text.includes("\0"));
    const script = `set -u
${permissionFunctions}
for text; do if is_address "$text"; then echo true; else echo false; fi; done`;
    const [program = "", ...args] = shell;
    const path = await toolsPath();
    const found = await findProgram(program, path);
    const { stdout } = await new Deno.Command(found ?? program, {
      args: [...args, "-c", script, "sh", ...texts],
      clearEnv: true,
      env: { PATH: "/nowhere" },
    }).output();
    const said = new TextDecoder().decode(stdout).trim().split("\n");
    const different = texts.filter((text, at) => said[at] !== `${isAddress(text)}`);
    assertEquals([said.length, different], [texts.length, []]);
  });
}

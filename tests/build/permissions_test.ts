import { assertEquals, assertThrows } from "@std/assert";
import {
  PathNotGrantable,
  permissionFlags,
  subcommandOf,
  unionFlags,
} from "../../src/build/permissions.ts";
import { toolsPath } from "../setup/tools.ts";
import { permissionCases, permissionFunctions } from "../../src/build/permission_script.ts";

const found: Record<string, string> = { aide: "/usr/bin/aide", chrt: "/usr/bin/chrt" };
const flags = (args: string[], programs: Record<string, string> = found): string[] =>
  permissionFlags(subcommandOf(args), args, (program) => programs[program]);

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

Deno.test("permissions: no subcommand gets the network, FFI or everything", () => {
  for (const args of [["scan"], ["config", "check", "x"], ["config", "convert", "x"]]) {
    assertEquals(flags(args).filter((flag) => /net|ffi|import|all$|write$|run$/.test(flag)), []);
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
    "--allow-env=PATH",
    "--allow-sys=hostname,uid",
  ]);
});

async function scriptFlags(shell: string[], args: string[], path: string): Promise<string[]> {
  const script = `set -u
fail() { printf '%s\\n' "$1" >&2; exit "$2"; }
${permissionFunctions}
${permissionCases()}
for flag in \${allow_read:+"$allow_read"} \${allow_write:+"$allow_write"} \${allow_run:+"$allow_run"} \\
  \${allow_env:+"$allow_env"} \${allow_sys:+"$allow_sys"}
do printf '%s\\0' "$flag"; done
`;
  const { code, stdout } = await new Deno.Command("/usr/bin/env", {
    args: [...shell, "-c", script, "sh", ...args],
    env: { PATH: path },
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
];

for (const shell of [["dash"], ["busybox", "sh"], ["bash", "--posix"]]) {
  Deno.test(`permissions: the packed script grants the same, in ${shell.join(" ")}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      for (const name of ["aide", "chrt"]) {
        await Deno.writeTextFile(`${directory}/${name}`, "#!/bin/sh\n", { mode: 0o755 });
      }
      const programs = { aide: `${directory}/aide`, chrt: `${directory}/chrt` };
      const path = `${directory}:${await toolsPath()}`;
      for (const args of commandLines) {
        let expected: string[];
        try {
          expected = flags(args, programs);
        } catch (cause) {
          if (!(cause instanceof PathNotGrantable)) throw cause;
          expected = ["exit 64"];
        }
        assertEquals(await scriptFlags(shell, args, path), expected, JSON.stringify(args));
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

import { assert, assertEquals, assertMatch } from "@std/assert";
import { aideBinaries, aideRun } from "../aide_binaries.ts";
import { testWithEachAide } from "../node/test_host.ts";
import { run } from "./program.ts";

const binaries = await aideBinaries();
const configs = new URL("../aide/configs/", import.meta.url).pathname;
const dialects = [
  "rhel7.conf",
  "rhel9.conf",
  "debian_bullseye.conf",
  "openshift_custom.conf",
  "crlf.conf",
];
const newest = ["--aide", binaries[1]?.path ?? ""];

async function configCheck(aide: string, text: string): Promise<{ code: number; said: string }> {
  const { code, stderrText } = await aideRun(aide, ["--config=-", "--config-check"], {
    stdin: text,
  });
  return { code, said: stderrText };
}

testWithEachAide(
  "config default is a configuration that AIDE takes",
  binaries,
  async ({ path }) => {
    const { code, stdout, stderr } = await run(["config", "default"], { asProduct: true });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(await configCheck(path, stdout), { code: 0, said: "" });
  },
);

for (const name of dialects) {
  Deno.test(`config convert makes ${name} a configuration that every AIDE takes, and converts no further`, async () => {
    const { code, stdout, stderr } = await run(["config", "convert", configs + name], {
      asProduct: true,
    });
    assertEquals(code, 0, stderr);
    for (const line of stderr.trimEnd().split("\n")) {
      assert(line.startsWith(`${configs}${name}:`) || line.startsWith("    "), line);
    }
    for (const { path } of binaries) assertEquals((await configCheck(path, stdout)).code, 0, path);
    const again = await run(["config", "convert", "-"], { stdin: stdout });
    assertEquals(again.stdout, stdout);
  });
}

testWithEachAide(
  "AIDE itself refuses those dialects unconverted: the conversion is needed",
  binaries,
  async ({ path }) => {
    const refused = await Promise.all(dialects.map(async (name) => {
      return (await configCheck(path, await Deno.readTextFile(configs + name))).code !== 0;
    }));
    assert(refused.filter((one) => one).length >= 2, refused.join(" "));
  },
);

Deno.test("config convert names every change with its line, before and after", async () => {
  const { stdout, stderr } = await run(["config", "convert", "-"], {
    stdin: "database=file:/x\n/etc R\n",
  });
  assertEquals(stdout.split("\n").slice(0, 2), [
    "# taken out: database=file:/x",
    "/hostroot/etc R",
  ]);
  assertMatch(
    stderr,
    /^standard input:1: changed: .*\n {4}- database=file:\/x\n {4}\+ # taken out/m,
  );
  assertMatch(stderr, /^standard input:2: changed: .*\n {4}- \/etc R\n {4}\+ \/hostroot\/etc R$/m);
});

const refusals: Readonly<Record<string, { text: string | Uint8Array; said: RegExp }>> = {
  "a program to run": { text: "/etc R\n@@x_include /tmp/x\n", said: /:2: error: / },
  "nothing at all": { text: "", said: /error: / },
  "bytes": { text: new Uint8Array([0xff, 0xfe]), said: /Error: standard input is not UTF-8 text/ },
  "what only AIDE knows": { text: "/etc/[a-z R\n", said: /:1: error: / },
};

for (const [what, { text, said }] of Object.entries(refusals)) {
  Deno.test(`config check refuses with 65: ${what}`, async () => {
    const args = ["config", "check", "-", ...newest];
    const { code, stdout, stderr } = await run(args, { stdin: text, asProduct: true });
    assertEquals(code, 65);
    assertMatch(stdout + stderr, said);
  });
}

Deno.test("config convert refuses with 65, on standard error alone", async () => {
  for (const args of [["-"], ["/nonexistent/aide.conf"]]) {
    const { code, stdout, stderr } = await run(["config", "convert", ...args], { stdin: "!!!\n" });
    assertEquals({ code, stdout }, { code: 65, stdout: "" });
    assertMatch(stderr, /error: |can't be read/);
  }
});

Deno.test("config check says the same as text and as JSON", async () => {
  const stdin = "database=file:/x\n/etc R\n";
  const args = ["config", "check", "-", ...newest];
  const text = await run(args, { stdin, asProduct: true });
  assertEquals({ code: text.code, stderr: text.stderr }, { code: 0, stderr: "" });
  assertEquals(text.stdout.trimEnd().split("\n").at(-1), "standard input: accepted");
  const json = await run([...args, "-o", "json"], { stdin });
  const { source, accepted, checkedByAide, findings } = JSON.parse(json.stdout);
  assertEquals({ code: json.code, source, accepted, checkedByAide }, {
    code: 0,
    source: "standard input",
    accepted: true,
    checkedByAide: true,
  });
  for (const { line, message } of findings) {
    const where = line === undefined ? "standard input" : `standard input:${line}`;
    assert(text.stdout.includes(`${where}: changed: ${message}\n`), text.stdout);
  }
  // No line of the text, and so without a number: what was added to it.
  assertEquals(findings.map(({ line }: { line?: number }) => line), [1, 2, undefined]);
  assertMatch(
    text.stdout,
    /^standard input: changed: .*\n {4}\+ @@define DBDIR .*\n(?: {4}\+ .*\n){4} {4}\+ report_url=/m,
  );
  const refused = await run([...args, "-o", "json"], { stdin: "/etc R\n@@x_include /x\n" });
  assertEquals(refused.code, 65);
  const { accepted: taken, findings: [first] } = JSON.parse(refused.stdout);
  assertEquals([taken, first.severity, first.line], [false, "fault", 2]);
});

Deno.test("config check without AIDE, or with one that is too old, leaves AIDE's own check out and says so", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/aide`, "#!/bin/sh\necho AIDE 0.16.2\n", { mode: 0o755 });
    const { code, stdout } = await run(["config", "check", "-"], {
      stdin: "/etc R\n",
      env: { PATH: directory },
    });
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /accepted \(.*\/aide is AIDE 0\.16\.2, which is older than 0\.18: its own check was left out\)$/m,
    );
    const named = await run(["config", "check", "-", "--aide", `${directory}/aide`], {
      stdin: "/etc R\n",
    });
    assertEquals(named.code, 64);
    assert(named.stderr.includes("older than 0.18"), named.stderr);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("config check shows nothing of a configuration raw", async () => {
  const stdin = "/etc R\n/a\x1b]0;owned\x07 R\n\x1b[2J=1\n";
  for (const command of ["check", "convert"]) {
    const { code, stdout, stderr } = await run(["config", command, "-"], { stdin });
    assertEquals(code, 65);
    assert(!(stdout + stderr).includes("\x1b"), JSON.stringify(stdout + stderr));
  }
});

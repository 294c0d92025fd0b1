import { assert, assertEquals, assertMatch } from "@std/assert";
import { documentedSample, run, shell } from "./program.ts";

const input = ["-f", documentedSample];

/** Command lines that are wrong, and what must be said about each. */
const wrong: readonly { args: string[]; said: RegExp }[] = [
  { args: [], said: /No subcommand\. Give scan, config, operator or daemon/ },
  { args: ["frobnicate"], said: /Unexpected option or subcommand: `frobnicate`/ },
  { args: ["scna"], said: /Did you mean `scan`\?/ },
  { args: ["help", "foo"], said: /"foo"[^]*: use one of scan, config, operator, daemon, compl/ },
  { args: ["foo", "--help"], said: /"foo"[^]*: use one of scan, config, operator, daemon, compl/ },
  { args: ["help", "config", "foo"], said: /"foo"[^]*: use one of default, convert, check/ },
  { args: ["config", "foo", "-h"], said: /"foo"[^]*: use one of default, convert, check/ },
  { args: ["help", "scan", "foo"], said: /scan has no subcommands: leave out "foo"/ },
  { args: ["config"], said: /No subcommand\. Give default, convert or check/ },
  { args: ["config", "chekc", "x"], said: /Did you mean `check`\?/ },
  { args: ["config", "check"], said: /Expected a `FILE`/ },
  { args: ["config", "convert", "a", "b"], said: /"b"/ },
  { args: ["scan"], said: /No input\. Name the file with the FileIntegrity with `-f`/ },
  { args: ["scan", "-f"], said: /`-f` requires `FILE`/ },
  { args: ["scan", ...input, "--oncee"], said: /Did you mean[^]*`--once`/ },
  { args: ["scan", ...input, "extra"], said: /"extra"/ },
  { args: ["scan", ...input, "-o", "xml"], said: /one of "table", "yaml", and "json"/ },
  { args: ["scan", ...input, "--workers", "99"], said: /`--workers`[^]*64/ },
  { args: ["scan", ...input, "--timeout", "soon"], said: /`--timeout`[^]*"soon"/ },
  { args: ["scan", ...input, "--root="], said: /`--root`: Expected a `DIR`, found an empty text/ },
  { args: ["scan", ...input, "--root=a", "--root=b"], said: /`--root`[^]*multiple times/ },
  { args: ["scan", ...input, "--root", "/a\nb"], said: /--root: .*character in "\/a\\012b"/ },
  { args: ["scan", ...input, "--state-dir", 'a"b'], said: /--state-dir: .*can't express the "/ },
  { args: ["scan", ...input, "--node", "Node_1"], said: /"Node_1"[^]*--node/ },
  { args: ["scan", ...input, "--node", "a".repeat(254)], said: /253/ },
  { args: ["scan", ...input, "--with-config-maps"], said: /add -o yaml or -o json/ },
  {
    args: ["config", "check", documentedSample, "--aide", "/bin/true"],
    said: /--aide: \/bin\/true/,
  },
];

for (const { args, said } of wrong) {
  const short = args.map((arg) => arg === documentedSample ? "FILE" : arg.slice(0, 20));
  Deno.test(`bad usage is 64, with the remedy: ${JSON.stringify(short.join(" "))}`, async () => {
    const { code, stdout, stderr } = await run(args);
    assertEquals(code, 64, stderr);
    assertEquals(stdout, "");
    assertMatch(stderr, said);
    assert(stderr.includes("Error: "), stderr);
    const foreign = args[0] === "scan" ? "config check" : "scan -f";
    const chosen = ["scan", "config"].includes(args[0] ?? "");
    assert(!chosen || !stderr.includes(foreign), `usage of another subcommand: ${stderr}`);
  });
}

Deno.test("bad usage and bad input leave no state behind", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const state = ["--state-dir", `${directory}/state`];
    await run(["scan", ...input, ...state, "--node", "Node_1"], { asProduct: true });
    await run(["scan", "-f", "/dev/null", ...state], { asProduct: true });
    assertEquals(await Array.fromAsync(Deno.readDir(directory)), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("--help of everything says what it does, on standard output", async () => {
  const help = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args, { asProduct: true });
    assertEquals({ code, stderr }, { code: 0, stderr: "" }, args.join(" "));
    return stdout;
  };
  const all = await help("--help");
  for (const word of ["scan", "config", "--version", "completion"]) assert(all.includes(word), all);
  const scan = await help("scan", "--help");
  for (const option of ["-f", "--root", "--state-dir", "--node", "--once", "--re-init", "-o"]) {
    assert(scan.includes(`  ${option}`), `${option} in ${scan}`);
  }
  assert(/0 Succeeded, 1 Failed, 2 Errored, 64 bad usage, 65 bad input/.test(scan), scan);
  assertEquals(await help("help", "scan"), scan);
  assertEquals(await help("help"), all);
  assert((await help("help", "config", "check")).includes("config check"));
  assert((await help("help", "completion")).includes("completion"));
  assert((await help("config", "check", "FILE", "--help")).includes("config check"));
  assert((await help("config", "--help")).includes("convert"));
  for (const name of ["default", "convert", "check"]) {
    assert((await help("config", name, "--help")).includes(`config ${name}`), name);
  }
});

Deno.test("--version is one line with the version", async () => {
  const { code, stdout } = await run(["--version"], { asProduct: true });
  assertEquals(code, 0);
  assertMatch(stdout, /^\d+\.\d+\.\d+ \(run from source\)\n$/);
});

Deno.test("completions are a script that bash takes, and complete options", async () => {
  const script = await shell(`set -o pipefail; "$@" | bash -n`, ["completion", "bash"]);
  assertEquals(script, { code: 0, stdout: "", stderr: "" });
  const { stdout } = await run(["completion", "bash", "scan", "--st"]);
  assert(stdout.includes("--state-dir"), stdout);
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { gatedAide } from "./gated_aide.ts";
import { onTerminal, type Running, start } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const newest = (await aideBinaries())[1]?.path ?? "";

// deno-lint-ignore no-control-regex
const plainTable = /^NAME [^\x1b]*$/;

/** A host that has a baseline and a change, and whose AIDE waits at its start. */
async function waiting(): Promise<{ host: ScanHost; args: string[]; release(): Promise<void> }> {
  const host = await ScanHost.make(newest);
  await host.takeBaseline();
  await host.append();
  const gated = await gatedAide(host, true);
  const args = host.arguments(["--once"]).map((one) => one === newest ? gated.path : one);
  return { host, args, release: gated.release };
}

const shows = ({ stdout }: Running): boolean => stdout.includes("Checking /");

/** What a terminal shows at the end of what was written to it: lines, of which "clear to the end" leaves nothing. */
function shown(written: string): string[] {
  return written.split("\r\n").map((line) => line.split("\r\x1b[K").at(-1) ?? "");
}

Deno.test("on a terminal a run of AIDE shows its progress, and leaves nothing of it behind", async () => {
  const { host, args, release } = await waiting();
  await using _ = host;
  await using running = await onTerminal(`stty cols 60; "$@"`, args);
  await running.until("progress", shows);
  await release();
  const { code, stdout } = await running.end();
  assertEquals(code, 1, stdout);
  const progress = stdout.split("\r\x1b[K").slice(1).filter((text) => text.includes("Checking /"));
  for (const text of progress) assert(text.length < 60, `would be wrapped: ${text}`);
  const lines = shown(stdout);
  assert(!lines.some((line) => line.includes("Checking /")), lines.join("\n"));
  assertEquals(lines.filter((line) => /^\d{4}-\S+Z (INFO|WARN) /.test(line)).length, 4);
  const table = lines.findIndex((line) => line.startsWith("NAME "));
  assert(lines[table + 1]?.endsWith("Failed"), lines.join("\n"));
  const failed = lines.findIndex((line) => line.includes("WARN  Failed: 0 added, 1 changed"));
  assert(failed >= 0 && failed < table, "the log comes before the result that it is about");
});

Deno.test("results in a file, progress on the terminal", async () => {
  const { host, args, release } = await waiting();
  await using _ = host;
  await using running = await onTerminal(`"$@" > "${host.directory}/results"`, args);
  await running.until("progress", shows);
  await release();
  assertEquals((await running.end()).code, 1);
  assertMatch(await Deno.readTextFile(`${host.directory}/results`), plainTable);
});

Deno.test("that a baseline is taken is said as it begins, where standard error is no terminal too", async () => {
  await using host = await ScanHost.make(newest);
  const gated = await gatedAide(host, true);
  const args = host.arguments(["--once"]).map((one) => one === newest ? gated.path : one);
  await using running = await start(args);
  await gated.begun();
  const line = / INFO {2}Taking the baseline of (.*)\n/;
  await running.until("what it does", ({ stderr }) => line.test(stderr));
  assertEquals(line.exec(running.stderr)?.[1], host.root);
  await gated.release();
  const { code, stderr } = await running.end();
  assertEquals(code, 0, stderr);
  const again = await host.scan();
  assert(!again.stderr.includes("Taking"), again.stderr);
});

Deno.test("no progress where standard error is no terminal", async () => {
  const { host, args } = await waiting();
  await using _ = host;
  // Long enough for progress to be shown several times, were it shown.
  const slow = await host.file(
    "slow",
    `#!/bin/sh
case "$*" in *--version*) ;; *) sleep 1.7 ;; esac
exec "${newest}" "$@"
`,
  );
  await Deno.chmod(slow, 0o755);
  const slowly = args.map((one) => one.endsWith("gated-aide") ? slow : one);
  await using terminal = await onTerminal(`"$@" 2> "${host.directory}/log"`, slowly);
  const { stdout: results } = await terminal.end();
  assertMatch(results, plainTable);
  assert(!(await Deno.readTextFile(`${host.directory}/log`)).includes("\x1b"));
  await using piped = await start(slowly);
  const { stdout, stderr } = await piped.end();
  assert(!(stdout + stderr).includes("\x1b"), stderr);
  assert(!(stdout + stderr).includes("Checking"), stderr);
});

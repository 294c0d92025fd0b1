import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { documentedSample, shell } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const newest = (await aideBinaries())[1]?.path ?? "";

Deno.test("standard output that nobody reads is no crash: the verdict stays the exit status", async () => {
  await using host = await ScanHost.make(newest);
  await host.takeBaseline();
  await host.append();
  const script = `"$@" | :; exit \${PIPESTATUS[0]}`;
  const ran = await shell(script, host.arguments(["--once", "-o", "json"]));
  assertEquals(ran.code, 1, ran.stderr);
  assert(!ran.stderr.includes("Internal error"), ran.stderr);
  const first = await shell(`"$@" | head -n 1`, host.arguments(["--once", "-o", "json"]));
  assertEquals(first.stdout, "{\n");
});

Deno.test("a scan that repeats ends when nobody reads its results any more", async () => {
  await using host = await ScanHost.make(newest);
  const sample = await Deno.readTextFile(documentedSample);
  const input = await host.file(
    "input.yaml",
    sample.replace("initialDelay: 60", "initialDelay: 0"),
  );
  const ran = await shell(`"$@" | :; exit \${PIPESTATUS[0]}`, host.arguments([], input));
  assertEquals(ran.code, 0, ran.stderr);
  assert(ran.stderr.includes("Nobody reads standard output any more"), ran.stderr);
});

Deno.test("closed streams are no crash", async () => {
  await using host = await ScanHost.make(newest);
  const once = host.arguments(["--once"]);
  for (const closed of ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]) {
    const { code, stderr } = await shell(`"$@" ${closed}`, once);
    assertEquals(code, 0, `${closed}: ${stderr}`);
  }
});

Deno.test("standard output that is full is said in a sentence, and the state is kept", async () => {
  await using host = await ScanHost.make(newest);
  const { code, stderr } = await shell(`"$@" > /dev/full`, host.arguments(["--once"]));
  assertEquals(code, 2);
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  assert(last.startsWith("Error: Standard output can't be written to: No space left"), stderr);
  const { code: next, stderr: said } = await host.scan();
  assertEquals(next, 0, said);
});

Deno.test("input comes out of a pipe or a process substitution, with the product's permissions too", async () => {
  await using host = await ScanHost.make(newest);
  const product = { asProduct: true, env: { SAMPLE: documentedSample } };
  const args = (input: string): string[] => host.arguments(["--once"], input);
  const piped = await shell(`"$@" < "$SAMPLE"`, args("-"), product);
  assertEquals(piped.code, 0, piped.stderr);
  const substituted = await shell(
    `args=("$@"); for at in "\${!args[@]}"; do
       if [[ \${args[at]} == SAMPLE ]]; then place=$at; fi; done
     exec 9< <(cat "$SAMPLE"); args[place]=/dev/fd/9; exec "\${args[@]}"`,
    args("SAMPLE"),
    product,
  );
  assertEquals(substituted.code, 0, substituted.stderr);
});

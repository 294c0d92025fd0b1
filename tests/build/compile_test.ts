import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type DenortSearch, DenortUnavailable, findDenort } from "../../src/build/denort.ts";

const root = new URL("../..", import.meta.url).pathname;

async function inTemporary(action: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await action(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const search = (denoDirectory: string, found: Partial<DenortSearch> = {}): DenortSearch => ({
  variable: undefined,
  denoDirectory,
  version: "2.9.6",
  target: "x86_64-unknown-linux-gnu",
  reachable: () => Promise.resolve(false),
  ...found,
});

const zip = "dl/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip";

Deno.test("compile: denort comes from DENORT_BIN, else the cache, else the download", async () => {
  await inTemporary(async (directory) => {
    const reachable = (): Promise<boolean> => Promise.resolve(true);
    const download = await findDenort(search(directory, { reachable }));
    assert(download.from === "download" && download.url.endsWith(zip.slice(2)));
    await Deno.mkdir(`${directory}/${zip.replace(/[^/]*$/, "")}`, { recursive: true });
    await Deno.writeTextFile(`${directory}/${zip}`, "");
    const cached = { from: "cache", path: `${directory}/${zip}` } as const;
    assertEquals(await findDenort(search(directory, { reachable })), cached);
    const denort = `${directory}/denort`;
    const script = "#!/bin/sh\necho 'no program in it' >&2\nexit 1\n";
    await Deno.writeTextFile(denort, script, { mode: 0o755 });
    const variable = { from: "variable", path: denort } as const;
    assertEquals(await findDenort(search(directory, { variable: denort })), variable);
  });
});

Deno.test("compile: where denort is nowhere, the message names the three places", async () => {
  const error = await assertRejects(() => findDenort(search("/nonexistent")), DenortUnavailable);
  for (const place of ["DENORT_BIN", `/nonexistent/${zip}`, "download", "deno task pack"]) {
    assert(error.message.includes(place), `${place} in: ${error.message}`);
  }
});

Deno.test("compile: a DENORT_BIN that is missing, not a program, or all of Deno is refused", async () => {
  await inTemporary(async (directory) => {
    const refuse = (variable: string, message: string): Promise<DenortUnavailable> =>
      assertRejects(() => findDenort(search("/", { variable })), DenortUnavailable, message);
    await refuse(`${directory}/none`, "Cannot find");
    await Deno.writeTextFile(`${directory}/text`, "");
    await refuse(`${directory}/text`, "Cannot run");
    await refuse(Deno.execPath(), "full Deno program");
  });
});

async function task(env: Record<string, string>): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "compile"],
    cwd: root,
    env,
    stdin: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

async function modified(path: string): Promise<number | undefined> {
  return (await Deno.stat(path).catch(() => undefined))?.mtime?.getTime();
}

Deno.test("compile: the task makes a working binary, or ends with 69 and leaves what was there", async () => {
  const binary = `${root}dist/file-integrity-operator`;
  const before = await modified(binary);
  const { code, said } = await task({});
  if (code === 0) {
    const { stdout } = await new Deno.Command(binary, { args: ["--version"] }).output();
    assertMatch(new TextDecoder().decode(stdout), /\d+\.\d+\.\d+/);
    return;
  }
  assertEquals(code, 69, said);
  assertMatch(said, /1\..*DENORT_BIN[^]*2\..*denort-[^]*3\..*download/);
  assertEquals(await modified(binary), before);
});

Deno.test("compile: the task refuses the full Deno program as DENORT_BIN", async () => {
  const before = await modified(`${root}dist/file-integrity-operator`);
  const { code, said } = await task({ DENORT_BIN: Deno.execPath() });
  assertEquals(code, 69, said);
  assertMatch(said, /full Deno program/);
  assertEquals(await modified(`${root}dist/file-integrity-operator`), before);
});

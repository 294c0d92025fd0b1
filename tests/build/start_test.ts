import { assert, assertEquals } from "@std/assert";

const root = new URL("../..", import.meta.url).pathname;

interface Started {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(args: string[], options: Deno.CommandOptions = {}): Promise<Started> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    stdin: "null",
    ...options,
    args,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A launcher with the permissions of the task, whose program is `main` instead of the real one. */
async function withLauncher(
  main: string,
  action: (launcher: string[], directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/main.ts`, main);
    const launcher = `import { start } from "${root}src/build/start.ts";
      Deno.exit(await start(Deno.args, "${directory}/main.ts"));`;
    await Deno.writeTextFile(`${directory}/launcher.ts`, launcher);
    const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
    const [deno, ...flags] = (tasks.start.command as string).split(" ").slice(0, -1);
    assertEquals(deno, "deno");
    const args = [...flags, `--config=${root}deno.json`, `${directory}/launcher.ts`];
    await action(args, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("start: the task runs the program and passes help, streams and exit codes through", async () => {
  const help = await run(["task", "--quiet", "start", "scan", "--help"], { cwd: root });
  assertEquals(help.code, 0, help.stderr);
  assert(help.stdout.includes("--state-dir"), help.stdout);
  const usage = await run(["task", "--quiet", "start", "scan", "--no-such-option"], { cwd: root });
  assertEquals(usage.code, 64, usage.stderr);
  assertEquals(usage.stdout, "");
  const comma = await run(["task", "--quiet", "start", "scan", "--state-dir=a,b"], { cwd: root });
  assertEquals(comma.code, 64);
  assert(comma.stderr.includes('"a,b"'), comma.stderr);
});

Deno.test("start: every exit code of the program is the launcher's", async () => {
  await withLauncher("Deno.exit(Number(Deno.args[1]));", async (launcher) => {
    for (const code of [0, 1, 2, 64, 65]) {
      assertEquals((await run([...launcher, "scan", String(code)])).code, code);
    }
  });
});

Deno.test("start: stdin, arguments and the directory of the call reach the program", async () => {
  const main = `const input = await new Response(Deno.stdin.readable).text();
    console.log(JSON.stringify([Deno.cwd(), input, Deno.args]));`;
  await withLauncher(main, async (launcher, directory) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...launcher, "scan", "a b", "--x=$HOME"],
      env: { INIT_CWD: directory },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("text"));
    await writer.close();
    const { stdout } = await child.output();
    const expected = [directory, "text", ["scan", "a b", "--x=$HOME"]];
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), expected);
  });
});

Deno.test("start: scan may write to its state directory, even where that must be made, and nowhere else", async () => {
  const main = `const attempt = async (what: string, action: () => Promise<unknown>) => {
      const result = await action().then(() => "yes", (error) => error.name);
      console.log(what, result);
    };
    const [state, other] = [Deno.args[2]!, Deno.args[3]!];
    await attempt("make", () => Deno.mkdir(state, { recursive: true }));
    await attempt("write", () => Deno.writeTextFile(state + "/a", ""));
    await attempt("link", () => Deno.link(state + "/a", state + "/b"));
    await attempt("rename", () => Deno.rename(state + "/b", state + "/c"));
    await attempt("write elsewhere", () => Deno.writeTextFile(other, ""));
    await attempt("read", () => Deno.readTextFile("/etc/passwd"));
    await attempt("net", () => Deno.connect({ port: 9 }));
    await attempt("run", async () => await new Deno.Command("/bin/true").output());
    await attempt("chrt", async () => await new Deno.Command("chrt", {
      args: ["--idle", "0", "/bin/true"],
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH")! },
    }).output());
    await attempt("environment", async () => await Promise.resolve(Deno.env.get("HOME")));`;
  await withLauncher(main, async (launcher, directory) => {
    const state = `${directory}/new/state`;
    const { stdout, stderr } = await run(
      [...launcher, "scan", "--state-dir", state, `${directory}/elsewhere`],
      { env: { LD_LIBRARY_PATH: "/nonexistent" } },
    );
    assertEquals(
      stdout.trim().split("\n"),
      [
        "make yes",
        "write yes",
        "link yes",
        "rename yes",
        "write elsewhere NotCapable",
        "read yes",
        "net NotCapable",
        "run NotCapable",
        "chrt yes",
        "environment NotCapable",
      ],
      stderr,
    );
  });
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`start: ${signal} reaches the program, whose exit code stays its own`, async () => {
    const main = `Deno.addSignalListener("${signal}", () => Deno.exit(7));
      setInterval(() => {}, 1000);
      console.log("ready");`;
    await withLauncher(main, async (launcher) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [...launcher, "scan"],
        stdin: "null",
        stdout: "piped",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      child.kill(signal);
      assertEquals((await child.status).code, 7);
      await reader.cancel();
    });
  });
}

Deno.test("start: a program that a signal ends is 128 and the signal", async () => {
  const main = `console.log("ready"); setInterval(() => {}, 1000);`;
  await withLauncher(main, async (launcher) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...launcher, "scan"],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 143);
    await reader.cancel();
  });
});

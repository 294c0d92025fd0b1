import { assert, assertEquals } from "@std/assert";
import { endProcess, identify, isRunning, type ProcessIdentity } from "./process_identity.ts";

const program = new URL("test_run_program.ts", import.meta.url).pathname;

interface RunningRunner extends AsyncDisposable {
  child: Deno.ChildProcess;
  kept: ProcessIdentity;
  forgotten: ProcessIdentity;
}

async function begin(): Promise<RunningRunner> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, "processes"],
    detached: true, // a group of its own, as a shell gives to what it runs
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  const [kept, forgotten] = JSON.parse(new TextDecoder().decode(value)) as number[];
  const identities = await Promise.all([identify(kept ?? 0), identify(forgotten ?? 0)]);
  assert(identities[0] !== undefined && identities[1] !== undefined);
  return {
    child: process,
    kept: identities[0],
    forgotten: identities[1],
    [Symbol.asyncDispose]: async () => {
      for (const identity of identities) if (identity !== undefined) await endProcess(identity);
      await process.stdin.close().catch(() => {});
      await process.status;
      await reader.cancel();
    },
  };
}

async function ends(process: ProcessIdentity): Promise<boolean> {
  const deadline = performance.now() + 20_000;
  while (await isRunning(process)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  Deno.test(`what a test run started ends when ${signal} ends the run`, async () => {
    await using run = await begin();
    assert(await isRunning(run.kept));
    run.child.kill(signal);
    assertEquals((await run.child.status).signal, signal);
    assert(await ends(run.kept));
    assert(await isRunning(run.forgotten));
  });
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  Deno.test(`what a test run started ends when ${signal} ends its whole process group`, async () => {
    await using run = await begin();
    Deno.kill(-run.child.pid, signal);
    await run.child.status;
    assert(await ends(run.kept));
    assert(await isRunning(run.forgotten));
  });
}

Deno.test("what a test run started has ended when the run ends by itself", async () => {
  await using run = await begin();
  await run.child.stdin.close();
  assertEquals((await run.child.status).code, 0);
  assertEquals(await isRunning(run.kept), false);
});

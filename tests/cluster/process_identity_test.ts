import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  endProcess,
  identify,
  isRunning,
  parseStat,
  type ProcessIdentity,
} from "./process_identity.ts";

interface Running extends AsyncDisposable {
  identity: ProcessIdentity;
  child: Deno.ChildProcess;
}

/** A shell that says when it has begun, and runs until it is ended. */
async function shell(before: string): Promise<Running> {
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", `${before}; echo begun; while :; do sleep 1; done`],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  assert(!(await reader.read()).done);
  const identity = await identify(child.pid);
  assert(identity !== undefined);
  return {
    identity,
    child,
    [Symbol.asyncDispose]: async () => {
      if (await isRunning(identity)) child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

Deno.test("process identity: the name of a program may look like the end of it", () => {
  const rest = Array.from({ length: 18 }, (_, at) => `${at}`).join(" ");
  assertEquals(parseStat(`17 (a) S (b) Z ${rest} 4711 5 6\n`), {
    pid: 17,
    state: "Z",
    startTime: "4711",
  });
  assertThrows(() => parseStat("17 (sh) S 1 2"), SyntaxError);
  assertThrows(() => parseStat(""), SyntaxError);
});

Deno.test("a process that only has the number of a recorded one is not signalled", async () => {
  await using running = await shell(":");
  const { identity } = running;
  const earlier = { ...identity, startTime: String(Number(identity.startTime) - 1) };
  const beforeReboot = { ...identity, boot: "00000000-0000-0000-0000-000000000000" };
  for (const other of [earlier, beforeReboot]) {
    assertEquals(await isRunning(other), false);
    assertEquals(await endProcess(other), "gone before");
  }
  assert(await isRunning(identity));
});

Deno.test("a process ends by SIGTERM, or by SIGKILL where it does not listen", async () => {
  await using docile = await shell(":");
  assertEquals(await endProcess(docile.identity), "ended");
  assertEquals((await docile.child.status).signal, "SIGTERM");
  assertEquals(await endProcess(docile.identity), "gone before");
  await using stubborn = await shell('trap "" TERM');
  assertEquals(await endProcess(stubborn.identity, 100), "killed");
  assertEquals((await stubborn.child.status).signal, "SIGKILL");
});

Deno.test("a process that has ended without its parent's notice does not run", async () => {
  // The shell becomes a program that waits for nobody; its child stays as a zombie.
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", "sh -c 'echo $$' & exec sleep 1000"],
    stdout: "piped",
  }).spawn();
  try {
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const pid = Number(new TextDecoder().decode(value));
    const deadline = performance.now() + 10_000;
    let state = "";
    while (state !== "Z" && performance.now() < deadline) {
      state = parseStat(await Deno.readTextFile(`/proc/${pid}/stat`)).state;
    }
    assertEquals(state, "Z");
    const zombie = await identify(pid);
    assert(zombie !== undefined);
    assertEquals(await isRunning(zombie), false);
    await reader.cancel();
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

// deno-lint-ignore-file no-console -- a program that tests run
/**
 * A test run that starts something, says on stdout in a line of JSON what, and waits until its stdin ends.
 * `processes`: two processes, of which it forgets the second; it says their PIDs. `cluster`: a cluster; it says its
 * directory.
 */
import { TestRun } from "./test_run.ts";

await using run = await TestRun.begin();

async function startProcesses(): Promise<number[]> {
  const pids: number[] = [];
  for (let count = 0; count < 2; count++) {
    const child = new Deno.Command("sleep", {
      args: ["1000"],
      detached: true, // what ends this program's group does not end these
      stdin: "null",
    }).spawn();
    child.unref();
    await run.keep(child.pid);
    pids.push(child.pid);
  }
  await run.forget(pids[1] ?? 0);
  return pids;
}

const started = Deno.args[0] === "cluster"
  ? await run.startCluster(new AbortController().signal)
  : await startProcesses();
console.log(JSON.stringify(started));
await Deno.stdin.readable.pipeTo(new WritableStream());

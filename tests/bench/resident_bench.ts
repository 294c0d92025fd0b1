/** The packed program as it scans again and again: memory, wake-ups, and how soon it ends. */
import { type BenchHost, fileIntegrityYaml, type Packed, scanCommand } from "./bench_host.ts";
import { makeLongPaths } from "./host_tree.ts";
import { lines } from "./line_reader.ts";
import {
  activityBetween,
  activityOf,
  memoryOf,
  type ProcessMemory,
  resetPeak,
} from "./process_facts.ts";
import type { Table } from "./table.ts";

const gracePeriod = 20;
const settleMs = 1_000;
const idleMs = 10_000;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Reads results until one is of that condition. */
async function untilResult(results: AsyncIterator<string>, condition: string): Promise<void> {
  for (let text = "";;) {
    const { value, done } = await results.next();
    if (done) throw new Error("The repeating scan ended unasked");
    text += value;
    const last = /"lastResult": \{.*?"condition": "(\w+)"/.exec(text)?.[1];
    if (value !== "}") continue; // the end of a result
    if (last === condition) return;
    throw new Error(`A scan is ${last}, not ${condition}`);
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).size / 1e6;
}

/** Runs the packed file on a host whose baseline is there, and measures it from outside. */
export async function measureResident(
  packed: Packed,
  host: BenchHost,
  progress: (what: string) => void,
): Promise<Table[]> {
  const file = `${host.state}.yaml`;
  await Deno.writeTextFile(file, fileIntegrityYaml(gracePeriod));
  progress("60,000 files with long paths");
  const aside = `${host.root}.aside`;
  const added = await makeLongPaths(aside);
  const child = scanCommand(packed, host, file, { once: false, stdout: "piped", stderr: "null" })
    .spawn();
  const { pid } = child;
  const results = lines(child.stdout);
  const memory: [string, ProcessMemory][] = [];
  try {
    progress("first scan");
    await untilResult(results, "Succeeded");
    memory.push(["right after the first scan", await memoryOf(pid)]);
    await pause(settleMs);
    progress("between scans");
    const before = await activityOf(pid);
    const start = performance.now();
    await pause(idleMs);
    const after = await activityOf(pid);
    const activity = activityBetween(before, after);
    const seconds = (performance.now() - start) / 1000;
    memory.push(["idle, 11 s after it", await memoryOf(pid)]);
    await Deno.rename(aside, `${host.root}/usr/added`);
    await resetPeak(pid);
    progress("scan with a large report");
    await untilResult(results, "Failed");
    const logSize = await sizeOf(`${host.state}/aide.log`);
    memory.push([`right after a log of ${logSize.toFixed(0)} MB`, await memoryOf(pid)]);
    await pause(idleMs);
    memory.push(["idle, 10 s after it", await memoryOf(pid)]);
    await resetPeak(pid);
    const ended = performance.now();
    child.kill("SIGTERM");
    await child.status;
    return [
      {
        title: "Memory of the packed program (MB)",
        columns: [
          { name: "when" },
          { name: "resident", digits: 1 },
          { name: "anonymous", digits: 1 },
          { name: "peak since the line before", digits: 1 },
        ],
        rows: memory.map(([when, { rss, anonymous, peak }]) => [when, rss, anonymous, peak]),
        notes: [
          "The rest of what is resident is the program file itself, which processes share.",
          `The large report lists ${added} added entries with paths of about 1,800 characters.`,
        ],
      },
      {
        title: "The packed program between two scans",
        columns: [{ name: "what" }, { name: "figure", digits: 3 }],
        rows: [
          ["wake-ups a second, all threads", activity.wakeups / seconds],
          ["CPU, % of a core", activity.cpu / seconds * 100],
          ["threads", after.size],
          ["SIGTERM to its end, ms", performance.now() - ended],
        ],
        notes: [
          `Over ${seconds.toFixed(1)} s, beginning ${settleMs / 1000} s after a scan.`,
          "Threads that ended in that time are left out.",
        ],
      },
    ];
  } catch (cause) {
    child.kill("SIGKILL");
    await child.status;
    throw cause;
  } finally {
    await results.return(undefined);
  }
}

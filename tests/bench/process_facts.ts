/** What the kernel knows about a running process. */

/** Memory of a process, in MB (1,000,000 bytes). */
export interface ProcessMemory {
  /** Resident now. */
  rss: number;
  /** Of that, what is not backed by files. */
  anonymous: number;
  /** The most that was resident since the start, or since `resetPeak`. */
  peak: number;
}

/** Reads the memory of a process. */
export async function memoryOf(pid: number): Promise<ProcessMemory> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  const value = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) * 1024 / 1e6;
  return { rss: value("VmRSS"), anonymous: value("RssAnon"), peak: value("VmHWM") };
}

/** Memory of a process in MB, of which it has its share only where others have the same pages. */
export async function proportionalMemory(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024 / 1e6;
}

/** Makes the peak of a process start from what it has now. */
export async function resetPeak(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
}

/** What a thread has done since it started. */
export interface Activity {
  /** Times it went to sleep by itself: each is a wake-up. */
  wakeups: number;
  /** Times it was sent to sleep for others. */
  preempted: number;
  /** Seconds of processor time. */
  cpu: number;
}

/** Reads what the threads of a process have done, by their numbers. */
export async function activityOf(pid: number): Promise<Map<string, Activity>> {
  const threads = new Map<string, Activity>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const thread = `/proc/${pid}/task/${name}`;
    const status = await Deno.readTextFile(`${thread}/status`);
    const [nanoseconds] = (await Deno.readTextFile(`${thread}/schedstat`)).split(" ");
    threads.set(name, {
      wakeups: Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]),
      preempted: Number(/^nonvoluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]),
      cpu: Number(nanoseconds) / 1e9,
    });
  }
  return threads;
}

/** What the threads that are there after a while did in it. */
export function activityBetween(
  before: ReadonlyMap<string, Activity>,
  after: ReadonlyMap<string, Activity>,
): Activity {
  const none: Activity = { wakeups: 0, preempted: 0, cpu: 0 };
  const total = { ...none };
  for (const [thread, { wakeups, preempted, cpu }] of after) {
    const earlier = before.get(thread) ?? none;
    total.wakeups += wakeups - earlier.wakeups;
    total.preempted += preempted - earlier.preempted;
    total.cpu += cpu - earlier.cpu;
  }
  return total;
}

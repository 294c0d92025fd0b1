/** Doing something at the very moment at which AIDE reads a file; no timing is left to luck. */

/** The processes that this one has started and that are still there. */
async function children(): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc/self/task")) {
    const list = await Deno.readTextFile(`/proc/self/task/${name}/children`).catch(() => "");
    found.push(...list.split(" ").filter((pid) => pid !== "").map(Number));
  }
  return found;
}

/** Whether a process has read some of a file, and not yet all of it. */
async function isReading(pid: number, path: string): Promise<boolean> {
  try {
    const { size } = await Deno.stat(path);
    for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
      if (await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "") !== path) continue;
      const info = await Deno.readTextFile(`/proc/${pid}/fdinfo/${name}`).catch(() => "");
      const position = Number(/^pos:\s+(\d+)/.exec(info)?.[1] ?? 0);
      if (position > 0 && position < size) return true;
    }
  } catch {
    // the process has ended
  }
  return false;
}

async function isStopped(pid: number): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
      const status = await Deno.readTextFile(`/proc/${pid}/task/${name}/status`);
      if (!/^State:\s+[TZX]/m.test(status)) return false;
    }
  } catch {
    // the process has ended
  }
  return true;
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // it has ended
  }
}

const poll = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Not how long it may take, but when a test gives up. */
const deadlineMs = 300_000;

/**
 * Waits until a process started from here is in the middle of reading `path`, stops it there, acts, and lets it run
 * on. Gives false when `over` settles before that. The file must be large enough to be caught (`bigFile`).
 */
export async function whileHashing(
  path: string,
  act: (pid: number) => Promise<void> | void,
  over: Promise<unknown>,
): Promise<boolean> {
  const ended = { yet: false };
  const end = (): boolean => ended.yet = true;
  void over.then(end, end);
  const deadline = performance.now() + deadlineMs;
  while (!ended.yet) {
    if (performance.now() > deadline) throw new Error(`Nobody read ${path}`);
    for (const pid of await children()) {
      if (!await isReading(pid, path)) continue;
      signal(pid, "SIGSTOP");
      try {
        while (!await isStopped(pid)) await poll();
        if (!await isReading(pid, path)) continue;
        await act(pid);
        return true;
      } finally {
        signal(pid, "SIGCONT");
      }
    }
    await poll();
  }
  return false;
}

/** What is done to a process when it is in the middle of reading a file. */
export interface Caught {
  path: string;
  act(pid: number): Promise<void> | void;
}

/**
 * What came of a run of AIDE that was caught hashing a file. A run that was over before that, because this process stood
 * still or another one was in its way, is none of which a test says anything: another one is started.
 */
export async function caughtHashing<T>({ path, act }: Caught, start: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const over = start();
    const caught = await whileHashing(path, act, over);
    const outcome = await over;
    if (caught) return outcome;
    if (performance.now() > deadline) throw new Error(`Nobody was caught reading ${path}`);
  }
}

/** Bytes of a `bigFile`: AIDE reads 16 MiB at a time. */
export const bigBytes = 64 * 1024 * 1024;

/** Makes a file that takes AIDE long enough to read to be caught at it, but no room on the disk. */
export async function bigFile(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true, truncate: true });
  await file.truncate(bigBytes);
}

/** Changes some bytes of a file in place: its size stays. */
export async function tamper(path: string, text = "tampered"): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.write(new TextEncoder().encode(text));
}

/** Adds one byte to the end of a file. */
export async function grow(path: string): Promise<void> {
  await Deno.writeTextFile(path, "+", { append: true });
}

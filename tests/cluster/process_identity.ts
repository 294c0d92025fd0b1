/** Processes, told apart from later ones that got the same number. */

/** What no two processes of a machine have in common. */
export interface ProcessIdentity {
  pid: number;
  /** When it began, in clock ticks since the machine started; kept over an `exec`. */
  startTime: string;
  /** Which start of the machine that was. */
  boot: string;
}

/** Where Linux says which start of the machine this is. */
export const bootFile = "/proc/sys/kernel/random/boot_id";

/** What a line of `/proc/PID/stat` says; throws a `SyntaxError` for a text that is not one. */
export function parseStat(line: string): { pid: number; state: string; startTime: string } {
  // The name of the program stands in parentheses and may hold both blanks and parentheses.
  const rest = line.slice(line.lastIndexOf(")") + 1).trim().split(/\s+/);
  const pid = Number(/^(\d+) \(/.exec(line)?.[1]);
  const [state, startTime] = [rest[0], rest[19]];
  if (!Number.isInteger(pid) || state === undefined || !/^\d+$/.test(startTime ?? "")) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(line.slice(0, 80))} as a process's state`);
  }
  return { pid, state, startTime: startTime as string };
}

async function currentBoot(): Promise<string> {
  return (await Deno.readTextFile(bootFile)).trim();
}

async function stat(pid: number): Promise<ReturnType<typeof parseStat> | undefined> {
  try {
    return parseStat(await Deno.readTextFile(`/proc/${pid}/stat`));
  } catch {
    return undefined; // not there, or ended while it was read
  }
}

/** The identity of a process that runs now; nothing when there is none of that number. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const found = await stat(pid);
  if (found === undefined) return undefined;
  return { pid, startTime: found.startTime, boot: await currentBoot() };
}

/** Whether the very process that was identified still runs. */
export async function isRunning({ pid, startTime, boot }: ProcessIdentity): Promise<boolean> {
  const found = await stat(pid);
  if (found === undefined || found.startTime !== startTime) return false;
  if (found.state === "Z" || found.state === "X") return false; // ended, but not yet taken note of
  return boot === await currentBoot();
}

async function signal(process: ProcessIdentity, name: Deno.Signal): Promise<void> {
  if (!await isRunning(process)) return;
  try {
    Deno.kill(process.pid, name);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause; // it ended just now
  }
}

async function ended(process: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (await isRunning(process)) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/**
 * Ends a process, by SIGTERM and after `patience` milliseconds by SIGKILL, and waits until it is gone. Gives how it
 * went; throws when the process outlives even that. A process that is not the identified one is left alone.
 */
export async function endProcess(
  process: ProcessIdentity,
  patience = 10_000,
): Promise<"gone before" | "ended" | "killed"> {
  if (!await isRunning(process)) return "gone before";
  await signal(process, "SIGTERM");
  if (await ended(process, patience)) return "ended";
  await signal(process, "SIGKILL");
  if (await ended(process, 10_000)) return "killed";
  throw new Error(`Cannot end process ${process.pid}: it still runs 10 s after SIGKILL`);
}

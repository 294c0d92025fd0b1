import { parseStat } from "../cluster/process_identity.ts";

const bit = (set: string | undefined, number: number): boolean =>
  (BigInt(`0x${set ?? 0}`) >> BigInt(number) & 1n) === 1n;

const sigkill = 9;
const exiting = 2; // PF_EXITING of Linux, 0x4

async function isOver(pid: number): Promise<boolean> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s+([0-9a-f]+)/gm)];
    if (pending.some(([, signals]) => bit(signals, sigkill - 1))) return true;
    const line = await Deno.readTextFile(`/proc/${pid}/stat`);
    const flags = line.slice(line.lastIndexOf(")") + 2).split(" ")[6];
    return ["Z", "X"].includes(parseStat(line).state) || bit(Number(flags).toString(16), exiting);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (error instanceof Error && /ESRCH|No such process/.test(error.message)) return true;
    throw error;
  }
}

/** For how long the kernel may have taken a signal from a process, and not yet begun to end it. */
const between = 50;

/**
 * Whether a process does nothing of its own any more: it is gone, nobody has taken note yet of its end, or it was killed,
 * and the machine has not come to it yet.
 */
export async function hasEnded(pid: number): Promise<boolean> {
  const deadline = performance.now() + between;
  for (;;) {
    if (await isOver(pid)) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Processor time, of processes and of the machine. */

const self = 0;
const children = -1;
const libc = Deno.dlopen("libc.so.6", {
  getrusage: { parameters: ["i32", "buffer"], result: "i32" },
});

function usage(who: number): number {
  const words = new BigInt64Array(18); // struct rusage: two timevals first
  if (libc.symbols.getrusage(who, new Uint8Array(words.buffer)) !== 0) {
    throw new Error("Cannot read the processor time: getrusage failed");
  }
  const [userSeconds = 0n, userMicros = 0n, systemSeconds = 0n, systemMicros = 0n] = words;
  return Number(userSeconds + systemSeconds) + Number(userMicros + systemMicros) / 1e6;
}

/** Seconds, user and system, that this process has spent, with all its threads. */
export const ownCpu = (): number => usage(self);

/** Seconds, user and system, of all children of this process that have ended, with theirs. */
export const childrenCpu = (): number => usage(children);

/** Seconds that the processors of this machine have spent on anything, in steps of 10 ms. */
export function machineCpu(): number {
  const first = Deno.readTextFileSync("/proc/stat").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = first.split(/\s+/).slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / 100;
}

/** What a piece of work took: seconds of wall and processor time, and the cores that everything else kept busy. */
export interface Cost {
  wall: number;
  cpu: number;
  others: number;
}

/** Measures work; `cpu` gives the processor time of all that does it, read before and after. */
export async function costOf(cpu: () => number, work: () => Promise<void>): Promise<Cost> {
  const before = { machine: machineCpu(), cpu: cpu(), wall: performance.now() };
  await work();
  const wall = (performance.now() - before.wall) / 1000;
  const spent = cpu() - before.cpu;
  const others = Math.max((machineCpu() - before.machine - spent) / wall, 0);
  return { wall, cpu: spent, others };
}

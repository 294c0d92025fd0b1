/** A container that runs. */
import { type ContainerPlan, containerScript, startedMark } from "./container_script.ts";

/** How a container ended. */
export interface ContainerEnd {
  /** 128 + n for signal n. */
  exitCode: number;
  finishedAt: string;
}

// Each ends with the one before it: what the test process starts, and what that starts. So nothing outlives the test
// process, however that ends. The mounts are nobody else's, and go with the last process.
const namespaces = [
  ...["--pdeathsig", "KILL"],
  ...["unshare", "--mount", "--propagation", "private", "--uts", "--ipc", "--pid"],
  ...["--fork", "--kill-child=KILL"],
];
// What unshare says, ending with 1, where its child was killed: it can't end itself by SIGKILL in the same way.
const killed = /^unshare: sigprocmask unblock failed/;
const setpriv = "/usr/bin/setpriv";

/** Throws, saying what to do, where this process may not make containers. */
export async function checkContainersPossible(): Promise<void> {
  const args = [...namespaces, "sh", "-c", "mount -t tmpfs none /mnt"];
  const run = new Deno.Command(setpriv, { args, stdin: "null", stdout: "null", stderr: "piped" });
  const said = await run.output().then(
    ({ success, stderr }) => success ? undefined : new TextDecoder().decode(stderr).trim(),
    (error) => String(error),
  );
  if (said === undefined) return;
  throw new Error(
    "CANNOT PLAY A KUBELET: its containers are made of Linux namespaces and bind mounts, and this process may not " +
      `make them (${said}); run the tests as root with CAP_SYS_ADMIN, with setpriv and unshare of util-linux`,
  );
}

function signalled(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // it has ended
    throw error;
  }
}

/** A process, and all that it starts, in a root directory and with process numbers of its own. */
export class Container {
  readonly id: string = crypto.randomUUID();
  readonly startedAt = new Date().toISOString();
  /** Resolves when nothing of it runs any more and all that it wrote was handed over. */
  readonly ended: Promise<ContainerEnd>;
  #running = true;

  private constructor(
    /** Number of the program's process on the machine; it is 1 in the container. */
    readonly pid: number,
    ended: Promise<number>,
  ) {
    this.ended = ended.then((exitCode) => {
      this.#running = false;
      return { exitCode, finishedAt: new Date().toISOString() };
    });
  }

  /**
   * Makes a container; resolves when its program is about to run. `output` takes what it writes to stdout and stderr.
   * Rejects with what the machine said where it can't be made.
   */
  static async start(
    plan: ContainerPlan,
    output: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>,
  ): Promise<Container> {
    const child = new Deno.Command(setpriv, {
      args: [...namespaces, "sh", "-c", containerScript(plan)],
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    const said = new Response(child.stderr).text(); // ends when the program's run begins
    const started = Promise.withResolvers<number>();
    const read = readOutput(child.stdout, (pid) => started.resolve(pid), output);
    const ended = Promise.all([child.status, read]).then(async ([{ code }]) => {
      const why = (await said).trim();
      started.reject(new Error(`Cannot make the container: ${why || `it ended with ${code}`}`));
      return killed.test(why) ? 137 : code;
    });
    ended.catch(started.reject);
    return new Container(await started.promise, ended);
  }

  get running(): boolean {
    return this.#running;
  }

  /** Sends a signal to its program; false where it has ended. */
  kill(signal: Deno.Signal): boolean {
    return this.#running && signalled(this.pid, signal);
  }

  /** Numbers of all its processes on the machine, its program's first. */
  async pids(): Promise<number[]> {
    const space = (pid: number): Promise<string | undefined> =>
      Deno.readLink(`/proc/${pid}/ns/pid`).catch(() => undefined);
    const own = await space(this.pid);
    if (own === undefined || !this.#running) return [];
    const found: number[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      const pid = Number(name);
      if (Number.isInteger(pid) && pid !== this.pid && await space(pid) === own) found.push(pid);
    }
    return [this.pid, ...found.sort((a, b) => a - b)];
  }
}

/** Hands over what follows the line that says that the program starts. */
async function readOutput(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  started: (pid: number) => void,
  output: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>,
): Promise<void> {
  let head: Uint8Array<ArrayBuffer> | undefined = new Uint8Array();
  for await (const chunk of stream) {
    if (head === undefined) {
      await output(chunk);
      continue;
    }
    const joined: Uint8Array<ArrayBuffer> = new Uint8Array(head.length + chunk.length);
    joined.set(head);
    joined.set(chunk, head.length);
    const end = joined.indexOf(0x0a);
    head = end < 0 ? joined : undefined;
    if (end < 0) continue;
    const line = new TextDecoder().decode(joined.subarray(0, end));
    if (!line.startsWith(`${startedMark} `)) throw new Error(`A container began with "${line}"`);
    started(Number(line.slice(startedMark.length + 1)));
    if (end + 1 < joined.length) await output(joined.subarray(end + 1));
  }
}

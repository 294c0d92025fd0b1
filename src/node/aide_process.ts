import { type AideVersion, parseAideVersion } from "../aide/aide_version.ts";

/** How a run of AIDE ended. `aborted` and `timeout` are our doing, `missing` means that it never started. */
export type AideEnd = "exited" | "aborted" | "timeout" | "missing";

/** The end of one run of AIDE. `signal` is the one that ended it, if any. */
export interface AideOutcome {
  end: AideEnd;
  code: number;
  signal?: string;
  /** Why it could not be started. */
  why?: string;
}

/** What one run of AIDE takes. */
export interface AideRun {
  args: string[];
  /** What it reads from standard input. */
  input?: string;
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The AIDE program. */
export interface Aide {
  /** Its version; nothing when it can't be run or does not say. */
  version(signal: AbortSignal): Promise<AideVersion | undefined>;
  /** Runs it to its end, feeding its output to the sinks as it comes. Never rejects for what AIDE does. */
  run(run: AideRun): Promise<AideOutcome>;
}

/** Where AIDE is, and the program (with its arguments) that starts it at idle priority, if there is one. */
export interface AideProgram {
  path: string;
  idle: readonly string[];
}

// AIDE 0.18 ignores SIGTERM; 0.19 drops its half-written database and leaves within milliseconds.
const politeMs = 250;
// A process in an uninterruptible read does not die; nobody waits for it longer than this.
const reapMs = 400;

const environment = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

async function drain(
  stream: ReadableStream<Uint8Array>,
  sink: (chunk: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of stream) sink(chunk);
}

/** Hands over the input; a process that ended without reading it is seen by its exit. */
async function feed(child: Deno.ChildProcess, input: string): Promise<void> {
  try {
    await new Blob([input]).stream().pipeTo(child.stdin);
  } catch {
    // it did not read to the end
  }
}

function pause(milliseconds: number): { over: Promise<void>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return {
    over: promise,
    stop: () => {
      clearTimeout(timer);
      resolve();
    },
  };
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  const limit = pause(milliseconds);
  try {
    return await Promise.race([work, limit.over.then(() => undefined)]);
  } finally {
    limit.stop();
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // it ended by itself in the meantime
  }
}

/** Ends a child for certain: asked first, then killed. */
async function end<T>(child: Deno.ChildProcess, gone: Promise<T>): Promise<T | undefined> {
  kill(child, "SIGTERM");
  const left = await within(politeMs, gone);
  if (left !== undefined) return left;
  kill(child, "SIGKILL");
  return await within(reapMs, gone);
}

function spawn(program: AideProgram, args: string[]): Deno.ChildProcess {
  const [first, ...rest] = [...program.idle, program.path, ...args];
  return new Deno.Command(first ?? program.path, {
    args: rest,
    clearEnv: true,
    env: environment,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function runToEnd(program: AideProgram, run: AideRun): Promise<AideOutcome> {
  if (run.signal.aborted) return { end: "aborted", code: -1 };
  let child: Deno.ChildProcess;
  try {
    child = spawn(program, run.args);
  } catch (error) {
    return {
      end: "missing",
      code: -1,
      why: error instanceof Error ? error.message : String(error),
    };
  }
  const gone = Promise.all([
    child.status,
    feed(child, run.input ?? ""),
    drain(child.stdout, run.stdout),
    drain(child.stderr, run.stderr),
  ]).then(([status]) => status);
  const stop = Promise.withResolvers<"aborted">();
  const abort = (): void => stop.resolve("aborted");
  run.signal.addEventListener("abort", abort);
  const limit = pause(run.timeoutMs);
  try {
    const first = await Promise.race([
      gone,
      stop.promise,
      limit.over.then(() => "timeout" as const),
    ]);
    const status = typeof first === "string" ? await end(child, gone) : first;
    return {
      end: typeof first === "string" ? first : "exited",
      code: status?.code ?? -1,
      ...(status?.signal ? { signal: status.signal } : {}),
    };
  } finally {
    limit.stop();
    run.signal.removeEventListener("abort", abort);
  }
}

const versionTimeoutMs = 60_000;
const versionBytes = 64 * 1024;

async function version(
  program: AideProgram,
  signal: AbortSignal,
): Promise<AideVersion | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  const take = (chunk: Uint8Array): void => {
    if (text.length < versionBytes) text += decoder.decode(chunk, { stream: true });
  };
  // Not at idle priority: on a busy machine these few milliseconds would be long in coming, and AIDE taken for missing.
  // 0.17 and older print it to stderr.
  const outcome = await runToEnd({ path: program.path, idle: [] }, {
    args: ["--version"],
    stdout: take,
    stderr: take,
    timeoutMs: versionTimeoutMs,
    signal,
  });
  return outcome.end === "exited" ? parseAideVersion(text) : undefined;
}

/** The AIDE program at that place, each run of it in a clean environment, each scan at idle priority. */
export function aideProgram(program: AideProgram): Aide {
  return { version: (signal) => version(program, signal), run: (run) => runToEnd(program, run) };
}

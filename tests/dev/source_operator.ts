/** The operator, run from source. */
import { endProcess, identify } from "../cluster/process_identity.ts";
import type { TestRun } from "../cluster/test_run.ts";
import { startArguments } from "../../src/build/start.ts";

/** What an operator needs to run. */
export interface SourceOperatorOptions {
  /** Its arguments behind `operator`. */
  args: readonly string[];
  /** All its variables. */
  environment: Readonly<Record<string, string>>;
  /** Ends it, should this process be killed. */
  run: TestRun;
  /** Takes the lines of its log, and what becomes of it. */
  say(line: string): void;
}

interface Running {
  pid: number;
  ended: Promise<void>;
}

/** One operator at a time, as a process with exactly the permissions that it has in a cluster. */
export class SourceOperator implements AsyncDisposable {
  readonly #options: SourceOperatorOptions;
  #running: Running | undefined;
  #stopping = false;

  constructor(options: SourceOperatorOptions) {
    this.#options = options;
  }

  /** Starts it. */
  async start(): Promise<void> {
    const { args, environment, run } = this.#options;
    const child = new Deno.Command(Deno.execPath(), {
      args: await startArguments(["operator", ...args]),
      env: { ...environment, DENO_NO_UPDATE_CHECK: "1" },
      clearEnv: true,
      detached: true, // Ctrl-C in this terminal is not for it: its end has its place in an order
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#stopping = false;
    const ended = this.#follow(child);
    this.#running = { pid: child.pid, ended };
    await run.keep(child.pid);
  }

  async #follow(child: Deno.ChildProcess): Promise<void> {
    const { run, say } = this.#options;
    let rest = "";
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) say(`operator: ${line}`);
    }
    if (rest !== "") say(`operator: ${rest}`);
    const { code } = await child.status;
    await run.forget(child.pid);
    if (!this.#stopping) {
      say(`The operator ended with ${code}: it is started again when a source file changes`);
    }
  }

  /** Has it end by SIGTERM, on which it gives its Lease back; by SIGKILL only where it does not within 10 s. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#stopping = true;
    const process = await identify(running.pid);
    if (process !== undefined && await endProcess(process) === "killed") {
      this.#options.say("The operator did not end by SIGTERM within 10 s: it was killed");
    }
    await running.ended;
    this.#running = undefined;
  }

  /** Ends it and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

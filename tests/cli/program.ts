/** Runs the program as its users do: as a process, with arguments, streams, signals and an exit status. */

const root = new URL("../..", import.meta.url).pathname;

/** The documentation's own FileIntegrity and its ConfigMap. */
export const documentedSample = `${root}manifests/samples/worker-fileintegrity.yaml`;

/**
 * How long any of these tests waits for anything that a program says, or for its end, before it fails. AIDE runs at idle
 * priority: on a busy machine it gets a hundredth of a processor, or less.
 */
const deadlineMs = 300_000;

/** How long a program lives at most, so that a test fails as well that waits for something else of it. */
const lifeMs = 1_200_000;

/** How a run of the program differs from the normal. */
export interface RunOptions {
  cwd?: string;
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  /** With exactly the permissions that the product has, through its own launcher. */
  asProduct?: boolean;
}

/** What a run of the program left. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function command(options: RunOptions): Promise<string[]> {
  if (!options.asProduct) {
    const program = `${root}src/main.ts`;
    return ["run", "--quiet", "-A", "--no-check", `--config=${root}deno.json`, program];
  }
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const words = (tasks.start.command as string).split(" ");
  const launcher = `${root}${words.at(-1)}`;
  return [...words.slice(1, -1), `--config=${root}deno.json`, launcher];
}

/** A program that is running. Its output is collected as it comes, and can be waited for. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #decoder = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  readonly #read: Promise<unknown>;
  readonly #life: ReturnType<typeof setTimeout>;
  readonly #asProduct: boolean;
  #waiting: (() => void)[] = [];
  #ended = false;
  stdout = "";
  stderr = "";

  constructor(program: string, args: string[], options: RunOptions) {
    this.#child = new Deno.Command(program, {
      args,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { NO_COLOR: "1", ...options.env },
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#life = setTimeout(() => this.kill("SIGKILL"), lifeMs);
    this.#asProduct = options.asProduct ?? false;
    this.#read = Promise.all([this.#collect("stdout"), this.#collect("stderr")]).then(() => {
      this.#ended = true;
      this.#wake();
    });
    if (options.stdin !== undefined) void this.#feed(options.stdin);
  }

  async #feed(input: string | Uint8Array): Promise<void> {
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    // It may end without reading its input.
    await new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeTo(this.#child.stdin)
      .catch(() => {});
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    for await (const chunk of this.#child[name]) {
      this[name] += this.#decoder[name].decode(chunk, { stream: true });
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until what it has said fulfils a condition; throws when it ends, or the deadline comes, before it does. */
  async until(what: string, condition: (said: Running) => boolean): Promise<void> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.#wake();
    }, deadlineMs);
    try {
      while (!condition(this)) {
        if (this.#ended || late) {
          const end = late ? `Waited ${deadlineMs / 1000} s until` : "It ended before";
          throw new Error(`${end} ${what}:\n${this.stdout}\n${this.stderr}`);
        }
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // it has ended
    }
  }

  /** Waits for its end; it is killed where that takes longer than `patienceMs`. */
  async end(patienceMs = deadlineMs): Promise<Ran> {
    const deadline = setTimeout(() => this.kill("SIGKILL"), patienceMs);
    const { code } = await this.#child.status;
    await this.#read;
    clearTimeout(deadline);
    clearTimeout(this.#life);
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A launcher that is killed would leave the program behind.
    this.kill(this.#asProduct ? "SIGTERM" : "SIGKILL");
    await this.end();
  }
}

/** Starts the program. */
export async function start(args: readonly string[], options: RunOptions = {}): Promise<Running> {
  return new Running(Deno.execPath(), [...await command(options), ...args], options);
}

/** Runs the program to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return await (await start(args, options)).end();
}

/** Runs a shell script, in which `"$@"` is the program with the arguments. */
export async function shell(
  script: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const words = [Deno.execPath(), ...await command(options), ...args];
  return await new Running("bash", ["-c", script, "bash", ...words], options).end();
}

/** Runs a shell script on a terminal of its own, in which `"$@"` is the program with the arguments. */
export async function onTerminal(script: string, args: readonly string[]): Promise<Running> {
  const words = [Deno.execPath(), ...await command({}), ...args];
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const options = { env: { SHELL: "/bin/bash" } };
  return new Running("script", ["-qec", `set -- ${quoted}; ${script}`, "/dev/null"], options);
}

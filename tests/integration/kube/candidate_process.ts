/** A candidate of an election in a process of its own. */

const program = new URL("candidate_program.ts", import.meta.url).pathname;
const root = new URL("../../..", import.meta.url).pathname;

/** A running `candidate_program.ts`. */
export class CandidateProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  #arrived = Promise.withResolvers<void>();
  #over = false;
  /** What it printed. */
  readonly said: string[] = [];

  constructor(server: string, credentials: string, namespace: string, readonly identity: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--frozen", program, server, credentials, namespace, identity],
      ...{ cwd: root, stdin: "null", stdout: "piped", stderr: "inherit" },
    }).spawn();
    this.#read = this.#listen();
  }

  async #listen(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.said.push(...lines);
      this.#wake();
    }
    this.#over = true;
    this.#wake();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  /** Waits until it has said `line`; throws when it ends before, or takes too long. */
  async until(line: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const wrong = (): Error =>
      new Error(`${this.identity} did not say "${line}", but: ${this.said.join(", ")}`);
    const timer = setTimeout(() => late.reject(wrong()), 180_000);
    try {
      while (!this.said.includes(line)) {
        if (this.#over) throw wrong();
        await Promise.race([this.#arrived.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async end(): Promise<void> {
    await this.#child.status;
    await this.#read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.end();
  }
}

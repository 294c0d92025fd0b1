/** `deno task dev` as a process of a test. */
import { identify, isRunning, type ProcessIdentity } from "../../cluster/process_identity.ts";
import type { TestCluster } from "../../cluster/test_cluster.ts";
import { untilFound } from "../until_found.ts";

const program = new URL("../../dev/main.ts", import.meta.url).pathname;
const patience = 120_000;

async function parents(): Promise<Map<number, number[]>> {
  const children = new Map<number, number[]>();
  for await (const { name } of Deno.readDir("/proc")) {
    const stat = /^\d+$/.test(name) &&
      await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    if (!stat) continue;
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  return children;
}

/** A run of it. */
export class DevProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  /** What it wrote so far to stdout, and to stderr. */
  out = "";
  err = "";
  #over = false;

  constructor(cluster: TestCluster, args: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--frozen", "--quiet", program, ...args],
      env: { FIO_TEST_CLUSTER: cluster.home },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    const follow = async (
      stream: ReadableStream<Uint8Array<ArrayBuffer>>,
      take: (text: string) => void,
    ): Promise<void> => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
    };
    this.#read = Promise.all([
      follow(this.#child.stdout, (text) => this.out += text),
      follow(this.#child.stderr, (text) => this.err += text),
    ]).then(() => this.#over = true);
  }

  /** Waits until `look` finds something. */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const wrote = (): string => `it wrote:\n${this.out}\n${this.err}`;
    return await untilFound(what, async () => {
      const found = await look();
      if (found === undefined && this.#over) {
        throw new Error(`Never comes that ${what}; ${wrote()}`);
      }
      return found;
    }, { seconds: patience / 1_000, pause: 100, described: () => Promise.resolve(wrote()) });
  }

  /** Everything that it started and that runs, itself included. */
  async processes(): Promise<ProcessIdentity[]> {
    const children = await parents();
    const found: ProcessIdentity[] = [];
    const wanted = [this.#child.pid];
    for (const pid of wanted) {
      wanted.push(...children.get(pid) ?? []);
      const process = await identify(pid);
      if (process !== undefined && await isRunning(process)) found.push(process);
    }
    return found;
  }

  /** Sends SIGTERM and gives the exit status. */
  async end(): Promise<number> {
    this.#child.kill("SIGTERM");
    return await this.ended();
  }

  /** Waits until it has ended, by itself where nobody sent it a signal, and gives the exit status. */
  async ended(): Promise<number> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`It does not end; it wrote:\n${this.out}\n${this.err}`)),
      patience,
    );
    try {
      const { code } = await Promise.race([this.#child.status, late.promise]);
      await this.#read;
      return code;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#read;
  }
}
